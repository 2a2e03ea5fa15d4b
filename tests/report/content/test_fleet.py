"""What is shown of a run over a fleet."""

from rolesync.model.fleet import AccountStatus, FleetVerdict, Night
from rolesync.report.content.fleet import (
    CSV_COLUMNS,
    changes_sentence,
    csv_rows,
    night_json,
    night_sentence,
    night_tables,
    night_title,
)
from tests.fleet.tools import plan, result

A = AccountStatus
NIGHT = Night(
    "district",
    "r1",
    "sync",
    (
        result("a", plan=plan(additions=3, removals=1, held=2)),
        result("b", A.EMPTY, plan=plan()),
        result("c", A.UNREACHABLE, message="no\nanswer", hint="wait"),
        result("d", A.DIED, attempt=2),
    ),
    {"old": "merged"},
)


def test_the_verdict_is_one_word_and_the_numbers_one_sentence() -> None:
    assert night_title(NIGHT) == "INCOMPLETE"
    sentence = "fleet district, 4 accounts: 1 died, 1 unreachable, 1 done, 1 without changes, 1 not enabled"
    assert night_sentence(NIGHT) == sentence
    assert changes_sentence(NIGHT) == "1 removal, 3 additions, 2 held"
    assert night_title(Night("f", "r", "plan", (result("a", A.PLANNED),), {})) == "COMPLETE"
    assert night_title(Night("f", "r", "sync", (), {}, stopped="x")) == "STOPPED"
    assert night_title(Night("f", "r", "sync", (), {}, verdicts=(FleetVerdict("r", "m", "h"),))) == "BLOCKED"


def test_accounts_that_need_a_look_come_first() -> None:
    attention, changed, disabled = night_tables(NIGHT)
    assert [row.account for row in attention.rows(None)] == ["d", "c"]
    assert [row.account for row in changed.rows(None)] == ["a"]
    assert list(disabled.rows(None)) == [("old", "merged")]
    cells = [[column.value(row) for column in attention.columns] for row in attention.rows(None)]
    assert cells[1] == ["c", "unreachable", "", "no\\nanswer > wait"]
    assert [[column.value(row) for column in disabled.columns] for row in disabled.rows(1)] == [["old", "merged"]]


def test_programs_get_every_account() -> None:
    rows = list(csv_rows(NIGHT))
    assert rows[0] == ("a", "done", "", 3, 1, 2, 0.0, 1, "", "")
    assert {len(row) for row in rows} == {len(CSV_COLUMNS)}
    value = night_json(NIGHT)
    assert value["counts"] == {"done": 1, "empty": 1, "unreachable": 1, "died": 1}
    assert [account["status"] for account in value["accounts"]] == ["done", "empty", "unreachable", "died"]
