"""What is shown of a run over a fleet."""

from dataclasses import replace

from rolesync.model.fleet import AccountStatus, FleetVerdict, Night
from rolesync.model.runs import RoleChanges
from rolesync.report.content.fleet import (
    CSV_COLUMNS,
    attention_title,
    changes_sentence,
    csv_rows,
    durations,
    night_count_rows,
    night_json,
    night_sentence,
    night_tables,
    night_title,
    verdict_rows,
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
        result("c", A.UNREACHABLE, message="no\nanswer", hint="wait", seconds=61.0),
        result("d", A.DIED, attempt=2),
    ),
    {"old": "merged"},
)


def test_the_verdict_is_one_word_and_the_numbers_one_sentence() -> None:
    assert night_title(NIGHT) == "INCOMPLETE"
    sentence = "fleet district, 4 accounts: 1 died, 1 unreachable, 1 done, 1 without changes, 1 not enabled"
    assert night_sentence(NIGHT) == sentence
    assert changes_sentence(NIGHT) == "done: 1 removal, 3 additions, 2 held"
    assert night_title(Night("f", "r", "plan", (result("a", A.PLANNED),), {})) == "COMPLETE"
    assert night_title(Night("f", "r", "sync", (), {}, stopped="x")) == "STOPPED"
    assert night_title(Night("f", "r", "sync", (), {}, verdicts=(FleetVerdict("r", "m", "h"),))) == "BLOCKED"


def test_only_what_was_done_counts_as_done() -> None:
    planned = plan(additions=2, removals=1, held=4)
    changes = (RoleChanges("Admin", 2, 1, 2, 0),)
    results = (
        result("done", plan=planned, changes=(RoleChanges("Admin", 2, 1, 2, 1),)),
        result("partly", A.INCOMPLETE, plan=planned, changes=changes),
        result("again", plan=planned, changes=(RoleChanges("Admin"),), already_applied="r0"),
        result("rest", plan=planned, changes=(RoleChanges("Admin", 0, 1, 0, 1, done_before=2),)),
        result("waits", A.WAITING, plan=planned),
        result("lost", A.DIED, plan=planned),
    )
    night = Night("district", "r1", "apply", results, {})
    assert (
        changes_sentence(night) == "done: 2 removals, 4 additions, 4 not done, 3 perhaps done, 2 done before, 24 held"
    )
    assert night_sentence(night).endswith(": 1 died, 1 incomplete, 1 waiting for approval, 2 done, 1 already applied")
    assert changes_sentence(replace(night, command="plan")) == "planned: 5 removals, 8 additions, 24 held"


def test_a_repeated_apply_counts_nothing_as_done() -> None:
    again = result("a", plan=plan(additions=2), message="already applied", already_applied="r0")
    night = Night("district", "r1", "apply", (again,), {})
    assert night_sentence(night) == "fleet district, 1 account: 1 already applied"
    assert changes_sentence(night) == "done: 0 removals, 0 additions, 0 held"
    assert attention_title(night) == "No account needs a look"
    assert [table.size for table in night_tables(night)] == [0, 0, 0]


def test_changes_of_blocked_plans_are_not_planned() -> None:
    results = (result("a", A.PLANNED, plan=plan(additions=2)), result("b", A.BLOCKED, plan=plan(removals=9, held=1)))
    night = Night("district", "r1", "plan", results, {})
    assert changes_sentence(night) == "planned: 0 removals, 2 additions, 9 blocked, 1 held"


def test_a_check_plans_nothing() -> None:
    assert changes_sentence(Night("district", "r1", "check", (result("a"),), {})) == ""


def test_accounts_that_need_a_look_come_first() -> None:
    attention, changed, disabled = night_tables(NIGHT)
    assert [row.account for row in attention.rows(None)] == ["d", "c"]
    assert [row.account for row in changed.rows(None)] == ["a"]
    assert list(disabled.rows(None)) == [("old", "merged")]
    (_, row) = attention.rows(None)
    narrow = [column.value(row) for column in attention.narrow_columns]
    assert narrow == ["c", "unreachable", "", "no\\nanswer > wait"]
    wide = [column.value(row) for column in attention.wide_columns]
    assert wide == ["c", "unreachable", "", "no\\nanswer", "wait", "1 min"]
    assert [column.key for column in changed.wide_columns] == ["account", "status", "changes", "time"]
    assert [[column.value(row) for column in disabled.columns] for row in disabled.rows(1)] == [["old", "merged"]]


def test_programs_get_every_account() -> None:
    assert night_json(replace(NIGHT, unrecorded="disk full"))["unrecorded"] == "disk full"
    rows = list(csv_rows(NIGHT))
    assert rows[0] == ("a", "done", "", 3, 1, 2, 0.0, 1, "", "", 3, 1)
    assert {len(row) for row in rows} == {len(CSV_COLUMNS)}
    value = night_json(NIGHT)
    assert value["counts"] == {"done": 1, "empty": 1, "unreachable": 1, "died": 1}
    assert [account["status"] for account in value["accounts"]] == ["done", "empty", "unreachable", "died"]


def test_the_page_counts_first_what_needs_a_look() -> None:
    assert attention_title(NIGHT) == "2 accounts need a look"
    assert attention_title(replace(NIGHT, results=NIGHT.results[:2])) == "No account needs a look"
    assert night_count_rows(NIGHT)[:2] == [("died", 1), ("unreachable", 1)]
    assert night_count_rows(NIGHT)[-1] == ("not enabled", 1)


def test_how_long_it_took_is_known_once_it_has_ended() -> None:
    assert durations(NIGHT) == ["slowest account: c, 1 min"]
    ended = replace(NIGHT, started_at="2026-11-29T02:00:00+00:00", finished_at="2026-11-29T03:20:00+00:00")
    assert durations(ended)[0] == "took 1 h 20 min"
    assert durations(replace(NIGHT, results=())) == []


def test_a_guard_of_the_fleet_is_shown_with_its_advice() -> None:
    verdict = FleetVerdict("fleet_max_removals", "too\nmany", "look")
    assert verdict_rows([verdict]) == [("too\\nmany", "look", "fleet_max_removals")]
