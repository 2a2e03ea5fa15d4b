from rolesync.model.frames import DRIFT, frame
from rolesync.model.plans import Drift
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.plan_rows import change_rows, drift_rows, finding_rows, guard_rows, held_rows
from rolesync.report.content.plan_summary import headline, level_counts, passes, requests_rows, summary
from rolesync.report.content.table import Kind, cell_text
from tests.report.samples import (
    FINDINGS,
    HELD_ROW,
    HUGE,
    big_plan,
    blocked_plan,
    hostile_plan,
    make_plan,
)


def test_guards_that_block_come_first_and_rules_that_pass_are_named_once() -> None:
    guards = guard_rows(blocked_plan())
    assert [guard.status for guard in guards] == ["block", "warn", "pass", "pass"]
    assert guards[1].text == "The token's owner may lose no managed role (owner)"
    assert passes(guards) == "2 guards: max_removals_share (Admin), max_removals (Admin)"
    assert passes(guard for guard in guards if guard.status != VerdictStatus.PASS) == ""


def test_change_rows_are_of_one_action_cut_where_asked() -> None:
    plan = big_plan(30, 20)
    assert [row.user_id for row in change_rows(plan, Action.ADD, limit=2)] == [31, 32]
    assert len(list(change_rows(plan, Action.REMOVE))) == 30
    first = next(change_rows(make_plan(), Action.REMOVE))
    assert first.user == ("Ada Lovelace", "ada@example.edu", 12)
    assert first.before == "Admin, Teacher"
    assert first.detail == "this user is in the list, but not for this role"


def test_held_rows_and_findings() -> None:
    (held,) = held_rows(make_plan())
    assert (held.user, held.row, held.detail) == (("", "new@example.edu", 0), 14, HELD_ROW[6])
    assert list(held_rows(make_plan(), limit=0)) == []
    assert [row.row for row in finding_rows(FINDINGS)] == [4, 6, 0]
    assert level_counts(FINDINGS) == "0 errors, 2 warnings, 1 info"


def test_every_text_is_escaped_and_cut() -> None:
    plan = hostile_plan()
    rows = [
        *change_rows(plan, Action.REMOVE),
        *held_rows(plan),
        *finding_rows(plan.findings),
        *guard_rows(plan),
        *summary(plan),
        headline(plan),
        *requests_rows(plan.requests),
    ]
    texts = [cell for row in rows for cell in row if isinstance(cell, str)]
    assert len(texts) > 200
    assert all(text.isprintable() and len(text) < 800 for text in texts)


def test_a_form_may_ask_for_longer_texts() -> None:
    rows = list(change_rows(hostile_plan(), Action.ADD, cut=1_000_000))
    assert rows[-1].name == HUGE


def test_a_long_address_of_a_drifted_user_is_cut_once() -> None:
    drift = Drift("r1", frame(DRIFT, {"user_id": [1], "email": ["x" * 1_000], "role": ["A"], "action": ["add"]}))
    (row,) = drift_rows(drift)
    assert cell_text(Kind.USER, row.user).endswith("x… (1,000 characters)> #1")
