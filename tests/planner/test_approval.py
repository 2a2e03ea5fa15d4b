"""Deciding on a plan: nothing is lost, nothing is hidden, and every decision is under the digest."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.differ.diff import diff
from rolesync.differ.holds import absent_holders, hold_changes
from rolesync.errors import PlanRefusedError, UsageError
from rolesync.model.findings import Finding
from rolesync.model.frames import HELD
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy, Released
from rolesync.model.reasons import WAITING
from rolesync.model.vocabulary import Level
from rolesync.planner.approval import Decisions, Key, approve, decide, releasable
from rolesync.planner.build import make_plan
from rolesync.planner.decode import from_json
from rolesync.planner.digest import digest
from rolesync.planner.encode import to_json
from rolesync.planner.guards import judge
from rolesync.planner.order import order
from tests.planner.samples import assert_same, resealed
from tests.strategies import CREATED_AT, SOURCE, Row, User, listed, live_of, plans

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADMINS = [User(at, f"p{at}@example.edu", f"P {at}", frozenset({"Admin"})) for at in range(1, 9)]
NEW = User(20, "new@example.edu", "New", frozenset({"Student"}))


def made(policy: Policy | None = None, history: GuardBaseline | None = None, stay: int = 6) -> Plan:
    """A plan that adds one Admin and removes those after the first `stay`."""
    policy, history = policy or Policy(owner="1", max_removals_share=0.5), history or GuardBaseline()
    live = live_of([*ADMINS, NEW])
    rows = [Row(at + 1, f"p{at}@example.edu", 0, "Admin") for at in range(1, stay + 1)]
    changes = hold_changes(diff(listed([*rows, Row(9, "new@example.edu", 0, "Admin")]), live, policy), policy, history)
    return make_plan(
        account="https://school.example.com",
        created_at=CREATED_AT,
        source=SOURCE,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, (), history),
        findings=(),
        requests=Requests({"search": 1}),
        planned_by="maker",
    )


def approved(plan: Plan, decisions: Decisions | None = None, **how: str) -> Plan:
    decisions = decisions or Decisions()
    said = {"reviewer": "Rita", "operator": "rita", "confirmed_effect": decide(plan, decisions).effect, **how}
    return approve(plan, decisions, now=AT, **said)


def keys(plan: Plan, frame: str = "changes") -> list[Key]:
    table = getattr(plan, frame)
    return list(zip(table["user_id"].tolist(), table["role"].tolist(), strict=True))


def held(plan: Plan) -> list[tuple[object, ...]]:
    return sorted(zip(*(plan.held[name].tolist() for name in HELD), strict=True), key=str)


@st.composite
def decided(draw: st.DrawFn) -> tuple[Plan, Decisions]:
    plan = draw(plans())
    reasons = st.sampled_from(["on leave", "ask \u201cBo\u201d", "x" * 1_000])
    out = draw(st.dictionaries(st.sampled_from(keys(plan)), reasons)) if len(plan.changes) else {}
    may = sorted(releasable(plan))
    return plan, Decisions(out, draw(st.dictionaries(st.sampled_from(may), reasons | st.just(""))) if may else {})


# Whatever the plan and the decisions


@settings(max_examples=60, deadline=None)
@given(plans())
def test_deciding_nothing_changes_nothing(plan: Plan) -> None:
    assert_same(replace(decide(plan, Decisions()), verdicts=()), replace(plan, verdicts=(), digest=plan.digest))
    assert {one.rule for one in decide(plan, Decisions()).blocked} == {one.rule for one in plan.blocked}
    assert decide(plan, Decisions()).verdicts == plan.verdicts


@settings(max_examples=60, deadline=None)
@given(decided())
def test_what_is_left_and_what_was_taken_out_is_all_there_was(case: tuple[Plan, Decisions]) -> None:
    plan, decisions = case
    left = decide(plan, decisions)
    assert sorted([*keys(left), *decisions.excluded]) == sorted([*keys(plan), *decisions.released])
    assert sorted([*keys(left, "releasable_removals"), *decisions.released]) == sorted(
        keys(plan, "releasable_removals")
    )
    out = [row for row in held(left) if row[HELD_REASON] == "excluded"]
    assert {(row[2], row[3]): row[6] for row in out} == dict(decisions.excluded)
    assert len(left.held) == len(plan.held) + len(decisions.excluded) - len(decisions.released)
    assert set(held(left)) - set(out) <= set(held(plan))
    assert left.changes.equals(order(left.changes))
    for count in left.roles:
        mine = left.changes[left.changes["role"] == count.role]["action"].tolist()
        assert (count.additions, count.removals) == (mine.count("add"), mine.count("remove"))


@settings(max_examples=60, deadline=None)
@given(decided())
def test_every_decision_is_under_the_digest_and_comes_back_from_the_file(case: tuple[Plan, Decisions]) -> None:
    plan, decisions = case
    done = approved(plan, decisions)
    assert_same(from_json(to_json(done)), done)
    assert done.digest not in {plan.digest, decide(plan, decisions).digest}
    if decisions.excluded or decisions.released:
        assert decide(plan, decisions).digest != plan.digest
        assert done.digest != approved(plan).digest
    for key in decisions.excluded:
        other = replace(decisions, excluded={**decisions.excluded, key: "another reason"})
        assert approved(plan, other).digest != done.digest


@settings(max_examples=60, deadline=None)
@given(decided())
def test_a_block_is_not_hidden(case: tuple[Plan, Decisions]) -> None:
    plan, decisions = case
    left = decide(plan, decisions)
    fixed = {"input_refused", "max_age_hours", "max_shrink_share", "repeat_runs"}
    assert {one.rule for one in plan.blocked} & fixed <= {one.rule for one in left.blocked}
    assert [(one.rule, one.role) for one in left.verdicts] == [(one.rule, one.role) for one in plan.verdicts]
    fresh = judge(_changes(left), Live(live_of(()).users, ()), plan.policy, plan.findings, GuardBaseline())
    for verdict in fresh:
        if verdict.rule.startswith(("max_removals", "min_holders", "protected")):
            assert verdict in left.verdicts
    assert any(one.rule == "owner" for one in left.blocked) == any(
        one.rule == "owner" and one.status == "block" for one in fresh
    )


HELD_REASON = list(HELD).index("reason")


def _changes(plan: Plan) -> Changes:
    return Changes(plan.changes, plan.held, plan.roles, plan.releasable_removals)


# Guards


def test_taking_out_what_blocks_unblocks() -> None:
    plan = made(Policy(owner="8", max_removals=1))
    assert {one.rule for one in plan.blocked} == {"owner", "max_removals"}
    left = decide(plan, Decisions({(8, "Admin"): "owns the token"}))
    assert left.status == "ready"
    assert next(one for one in left.verdicts if one.rule == "owner").status == "pass"
    (count,) = left.roles
    assert (count.before, count.additions, count.removals) == (8, 1, 1)


def test_what_is_let_through_is_held_against_every_limit() -> None:
    history = GuardBaseline(listed={"Admin": 3}, applied={"Admin": 9})
    plan = made(Policy(owner="8", hold_removals=True, max_removals=1), history)
    assert plan.status == "ready"
    assert releasable(plan) == {(7, "Admin"), (8, "Admin")}
    left = decide(plan, Decisions(released={(7, "Admin"): "has left", (8, "Admin"): ""}))
    assert {one.rule for one in left.blocked} == {"max_shrink_share", "owner", "max_removals"}
    assert keys(left) == [(20, "Admin"), (7, "Admin"), (8, "Admin")]
    assert left.changes["name"].tolist() == ["New", "P 7", "P 8"]
    assert left.changes["reason"].tolist() == ["listed", "not_listed", "not_listed"]
    assert not set(left.held["reason"]) & WAITING
    today = judge(_changes(left), live_of([*ADMINS, NEW]), plan.policy, (), history)
    assert {one.rule for one in today if one.status == "block"} == {one.rule for one in left.blocked}


def test_nobody_is_let_through_while_rows_cannot_be_read() -> None:
    plan = made(Policy(hold_removals=True))
    unread = replace(plan, findings=(Finding(Level.HELD, "email_invalid", "no address", 4, "email"),))
    assert releasable(unread) == frozenset()
    with pytest.raises(PlanRefusedError, match="user 7, Admin is no held removal of this plan that may be released"):
        decide(unread, Decisions(released={(7, "Admin"): ""}))


def test_whoever_was_taken_out_stays_absent_from_the_list() -> None:
    plan = made(Policy(owner="1", grace_runs=1), GuardBaseline(absent={"Admin": {7: 1, 8: 1}}))
    left = decide(plan, Decisions({(7, "Admin"): "on leave", (20, "Admin"): "who is this?"}))
    assert absent_holders(left) == absent_holders(plan) == {"Admin": [7, 8]}


# Approving


def test_an_approval_says_who_when_and_what() -> None:
    plan = made(Policy(hold_removals=True))
    decisions = Decisions({(20, "Admin"): " not yet "}, {(8, "Admin"): " has left "})
    done = approved(plan, decisions, reviewer="  Rita  Levi ", confirmed_effect=" Remove 1,ADD  0 ")
    assert done.approval is not None
    assert (done.approval.reviewer, done.approval.operator, done.approval.confirmed_effect) == (
        "Rita Levi",
        "rita",
        "remove 1, add 0",
    )
    assert (done.approval.reviewed_digest, done.approval.approved_at) == (plan.digest, AT)
    assert done.approval.excluded == 1
    assert done.approval.released == (Released(8, "Admin", "has left"),)
    assert [row[6] for row in held(done) if row[HELD_REASON] == "excluded"] == ["not yet"]
    assert (done.planned_by, done.created_at) == ("maker", plan.created_at)


def test_the_maker_is_sealed_once_the_plan_is_approved() -> None:
    plan = made()
    assert decide(replace(plan, planned_by="other"), Decisions()).digest == plan.digest
    assert approved(replace(plan, planned_by="other")).digest != approved(plan).digest


@pytest.mark.parametrize(
    "confirmed_effect", ["", "yes", "remove 2, add 2", "add 1, remove 2", "remove 2", "remove 2, add 1 0"]
)
def test_a_wrong_sentence_is_refused_with_the_right_one(confirmed_effect: str) -> None:
    with pytest.raises(PlanRefusedError, match="would remove 2, add 1, and not"):
        approved(made(), confirmed_effect=confirmed_effect)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x1b[31m", "\u202eatir"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="reviewer's name"):
        approved(made(), reviewer=name)


def test_all_decisions_that_cannot_be_are_told_at_once() -> None:
    decisions = Decisions({(1, "Admin"): "x", (7, "Admin"): " ", (8, "Admin"): "x" * 1_001}, {(20, "Admin"): ""})
    with pytest.raises(PlanRefusedError) as caught:
        decide(made(), decisions)
    for said in (
        "user 1, Admin is no change of this plan",
        "user 20, Admin is no held removal",
        "user 7, Admin is excluded without a reason",
        "the reason for user 8, Admin has more than 1,000 characters",
    ):
        assert said in caught.value.message


def test_an_approved_plan_is_not_approved_again() -> None:
    with pytest.raises(PlanRefusedError, match="already approved by Rita"):
        decide(approved(made()), Decisions())


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (
            {"confirmed_effect": "remove 0, add 1"},
            "'remove 0, add 1', but its changes are 'remove 2, add 1'",
        ),
        ({"excluded": 3}, "approved without 3 of its changes, but lists 0 as excluded"),
    ],
)
def test_an_approval_of_something_else_is_refused(lie: dict[str, Any], said: str) -> None:
    done = approved(made())
    assert done.approval is not None
    lying = replace(done, approval=replace(done.approval, **lie))
    with pytest.raises(PlanRefusedError, match=said):
        from_json(to_json(replace(lying, digest=digest(lying))))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"reviewer": "Rita"', '"reviewer": "Bo"', "other than its digest"),
        ('"operator": "rita"', '"operator": "bo"', "other than its digest"),
        ('"made_by": "maker"', '"made_by": "bo"', "other than its digest"),
        ('"reason": "has left"', '"reason": "hasn\'t"', "other than its digest"),
        ('"reviewer": "Rita"', '"reviewer": 7', "7 as reviewer in approval"),
        (
            '"approved_at": "2026',
            '"approved_at": "x2026',
            "approved_at in approval, which should be a valid date",
        ),
        ('"excluded": 1', '"excluded": null', "null as excluded in approval"),
        ('"released": [{"user_id": 7', '"released": [{"user_id": "7"', r"\"7\" as user_id in approval.released\[0\]"),
    ],
)
def test_a_changed_approval_is_refused_even_with_a_fitting_checksum(old: str, new: str, said: str) -> None:
    plan = made(Policy(hold_removals=True))
    decisions = Decisions({(20, "Admin"): "no"}, {(7, "Admin"): "has left"})
    text = to_json(approved(plan, decisions))
    assert old in text
    with pytest.raises(PlanRefusedError, match=said):
        from_json(resealed(text.replace(old, new, 1)))
