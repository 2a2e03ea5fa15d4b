"""Decisions on a plan: nothing is lost or hidden, and the digest covers every decision."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.differ.diff import diff
from rolesync.differ.removal_holds import absent_holders, hold_changes
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
from tests.report.samples import big_plan
from tests.strategies import CREATED_AT, SOURCE, Row, User, listed, live_of, plans

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADMINS = [User(at, f"p{at}@example.edu", f"P {at}", frozenset({"Admin"})) for at in range(1, 9)]
NEW = User(20, "new@example.edu", "New", frozenset({"Student"}))


def reviewable(policy: Policy | None = None, baseline: GuardBaseline | None = None, stay: int = 6) -> Plan:
    """A plan that adds one Admin and removes those after the first `stay`."""
    policy, baseline = policy or Policy(owner="1", max_removals_share=0.5), baseline or GuardBaseline()
    live = live_of([*ADMINS, NEW])
    rows = [Row(at + 1, f"p{at}@example.edu", 0, "Admin") for at in range(1, stay + 1)]
    changes = hold_changes(diff(listed([*rows, Row(9, "new@example.edu", 0, "Admin")]), live, policy), policy, baseline)
    return make_plan(
        account="https://school.example.com",
        created_at=CREATED_AT,
        source=SOURCE,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, (), baseline),
        findings=(),
        requests=Requests({"search": 1}),
        planned_by="maker",
    )


def approved(plan: Plan, decisions: Decisions | None = None, **how: str) -> Plan:
    decisions = decisions or Decisions()
    arguments = {"reviewer": "Rita", "operator": "rita", "confirmed_effect": decide(plan, decisions).effect, **how}
    return approve(plan, decisions, now=AT, **arguments)


def keys(plan: Plan, frame: str = "changes") -> list[Key]:
    table = getattr(plan, frame)
    return list(zip(table["user_id"].tolist(), table["role"].tolist(), strict=True))


def held(plan: Plan) -> list[tuple[object, ...]]:
    return sorted(zip(*(plan.held[name].tolist() for name in HELD), strict=True), key=str)


@st.composite
def decided(draw: st.DrawFn) -> tuple[Plan, Decisions]:
    plan = draw(plans())
    reasons = st.sampled_from(["on leave", "ask \u201cBo\u201d", "x" * 1_000])
    excluded = draw(st.dictionaries(st.sampled_from(keys(plan)), reasons)) if len(plan.changes) else {}
    may_release = sorted(releasable(plan))
    released = draw(st.dictionaries(st.sampled_from(may_release), reasons | st.just(""))) if may_release else {}
    return plan, Decisions(excluded, released)


# Any plan, and any decisions


@settings(max_examples=60, deadline=None)
@given(plans())
def test_deciding_nothing_changes_nothing(plan: Plan) -> None:
    assert_same(replace(decide(plan, Decisions()), verdicts=()), replace(plan, verdicts=(), digest=plan.digest))
    assert {verdict.rule for verdict in decide(plan, Decisions()).blocked} == {verdict.rule for verdict in plan.blocked}
    assert decide(plan, Decisions()).verdicts == plan.verdicts


@settings(max_examples=60, deadline=None)
@given(decided())
def test_no_change_is_lost_by_a_decision(case: tuple[Plan, Decisions]) -> None:
    plan, decisions = case
    decided_plan = decide(plan, decisions)
    assert sorted([*keys(decided_plan), *decisions.excluded]) == sorted([*keys(plan), *decisions.released])
    assert sorted([*keys(decided_plan, "releasable_removals"), *decisions.released]) == sorted(
        keys(plan, "releasable_removals")
    )
    excluded = [row for row in held(decided_plan) if row[HELD_REASON] == "excluded"]
    assert {(row[2], row[3]): row[6] for row in excluded} == dict(decisions.excluded)
    assert len(decided_plan.held) == len(plan.held) + len(decisions.excluded) - len(decisions.released)
    assert set(held(decided_plan)) - set(excluded) <= set(held(plan))
    assert decided_plan.changes.equals(order(decided_plan.changes))
    for count in decided_plan.roles:
        actions = decided_plan.changes[decided_plan.changes["role"] == count.role]["action"].tolist()
        assert (count.additions, count.removals) == (actions.count("add"), actions.count("remove"))


@settings(max_examples=60, deadline=None)
@given(decided())
def test_the_digest_covers_every_decision_and_the_file_keeps_it(case: tuple[Plan, Decisions]) -> None:
    plan, decisions = case
    approved_plan = approved(plan, decisions)
    assert_same(from_json(to_json(approved_plan)), approved_plan)
    assert approved_plan.digest not in {plan.digest, decide(plan, decisions).digest}
    if decisions.excluded or decisions.released:
        assert decide(plan, decisions).digest != plan.digest
        assert approved_plan.digest != approved(plan).digest
    for key in decisions.excluded:
        other = replace(decisions, excluded={**decisions.excluded, key: "another reason"})
        assert approved(plan, other).digest != approved_plan.digest


@settings(max_examples=60, deadline=None)
@given(decided())
def test_a_block_is_not_hidden(case: tuple[Plan, Decisions]) -> None:
    plan, decisions = case
    decided_plan = decide(plan, decisions)
    fixed = {"input_refused", "max_age_hours", "max_shrink_share", "repeat_runs"}
    assert {verdict.rule for verdict in plan.blocked} & fixed <= {verdict.rule for verdict in decided_plan.blocked}
    names = [[(verdict.rule, verdict.role) for verdict in judged.verdicts] for judged in (plan, decided_plan)]
    assert names[0] == names[1]
    fresh = judge(_changes(decided_plan), Live(live_of(()).users, ()), plan.policy, plan.findings, GuardBaseline())
    for verdict in fresh:
        if verdict.rule.startswith(("max_removals", "min_holders")):
            assert verdict in decided_plan.verdicts
    for rule in ("owner", "protected_users"):
        assert any(verdict.rule == rule for verdict in decided_plan.blocked) == any(
            verdict.rule == rule and verdict.status == "block" for verdict in fresh
        )


HELD_REASON = list(HELD).index("reason")


def _changes(plan: Plan) -> Changes:
    return Changes(plan.changes, plan.held, plan.roles, plan.releasable_removals)


# Guards


def test_a_plan_without_its_blocking_change_is_ready() -> None:
    plan = reviewable(Policy(owner="8", max_removals=1))
    assert {verdict.rule for verdict in plan.blocked} == {"owner", "max_removals"}
    decided_plan = decide(plan, Decisions({(8, "Admin"): "owns the token"}))
    assert decided_plan.status == "ready"
    assert next(verdict for verdict in decided_plan.verdicts if verdict.rule == "owner").status == "pass"
    (count,) = decided_plan.roles
    assert (count.before, count.additions, count.removals) == (8, 1, 1)


def test_released_removals_are_compared_with_every_limit() -> None:
    baseline = GuardBaseline(listed={"Admin": 3}, applied={"Admin": 9})
    plan = reviewable(Policy(owner="8", hold_removals=True, max_removals=1), baseline)
    assert plan.status == "ready"
    assert releasable(plan) == {(7, "Admin"), (8, "Admin")}
    decided_plan = decide(plan, Decisions(released={(7, "Admin"): "has decided_plan", (8, "Admin"): ""}))
    assert {verdict.rule for verdict in decided_plan.blocked} == {"max_shrink_share", "owner", "max_removals"}
    assert keys(decided_plan) == [(20, "Admin"), (7, "Admin"), (8, "Admin")]
    assert decided_plan.changes["name"].tolist() == ["New", "P 7", "P 8"]
    assert decided_plan.changes["reason"].tolist() == ["listed", "not_listed", "not_listed"]
    assert not set(decided_plan.held["reason"]) & WAITING
    today = judge(_changes(decided_plan), live_of([*ADMINS, NEW]), plan.policy, (), baseline)
    blocked = {verdict.rule for verdict in today if verdict.status == "block"}
    assert blocked == {verdict.rule for verdict in decided_plan.blocked}


def test_no_removal_is_released_while_rows_are_unreadable() -> None:
    plan = reviewable(Policy(hold_removals=True))
    unread = replace(plan, findings=(Finding(Level.HELD, "email_invalid", "no address", 4, "email"),))
    assert releasable(unread) == frozenset()
    with pytest.raises(PlanRefusedError, match="user 7, Admin is not a held removal of this plan that may be released"):
        decide(unread, Decisions(released={(7, "Admin"): ""}))


def test_a_user_of_an_excluded_change_stays_missing_from_the_list() -> None:
    plan = reviewable(Policy(owner="1", grace_runs=1), GuardBaseline(absent={"Admin": {7: 1, 8: 1}}))
    decided_plan = decide(plan, Decisions({(7, "Admin"): "on leave", (20, "Admin"): "who is this?"}))
    assert absent_holders(decided_plan) == absent_holders(plan) == {"Admin": [7, 8]}


# Approving


def test_an_approval_names_reviewer_time_and_effect() -> None:
    plan = reviewable(Policy(hold_removals=True))
    decisions = Decisions({(20, "Admin"): " not yet "}, {(8, "Admin"): " has decided_plan "})
    approved_plan = approved(plan, decisions, reviewer="  Rita  Levi ", confirmed_effect=" Remove 1,ADD  0 ")
    approval = approved_plan.approval
    assert approval is not None
    assert (approval.reviewer, approval.operator, approval.confirmed_effect) == (
        "Rita Levi",
        "rita",
        "remove 1, add 0",
    )
    assert (approval.reviewed_digest, approval.approved_at) == (plan.digest, AT)
    assert approval.excluded == 1
    assert approval.released == (Released(8, "Admin", "has decided_plan"),)
    assert [row[6] for row in held(approved_plan) if row[HELD_REASON] == "excluded"] == ["not yet"]
    assert (approved_plan.planned_by, approved_plan.created_at) == ("maker", plan.created_at)


def test_the_digest_covers_the_planner_once_the_plan_is_approved() -> None:
    plan = reviewable()
    assert decide(replace(plan, planned_by="other"), Decisions()).digest == plan.digest
    assert approved(replace(plan, planned_by="other")).digest != approved(plan).digest


@pytest.mark.parametrize(
    "confirmed_effect", ["", "yes", "remove 2, add 2", "add 1, remove 2", "remove 2", "remove 2, add 1 0"]
)
def test_a_wrong_effect_is_refused_with_the_right_effect(confirmed_effect: str) -> None:
    with pytest.raises(PlanRefusedError, match="would remove 2, add 1, and not"):
        approved(reviewable(), confirmed_effect=confirmed_effect)


@pytest.mark.parametrize("typed", ["remove 1200, add 1003", "remove 1,200, add 1,003", "Remove 1,200,add 1003"])
def test_numbers_are_confirmed_with_and_without_thousands_separators(typed: str) -> None:
    approval = approved(big_plan(1_200, 1_003), confirmed_effect=typed).approval
    assert approval is not None
    assert approval.confirmed_effect == "remove 1200, add 1003"


@pytest.mark.parametrize("typed", ["remove 1,20, add 1,003", "remove 12,00, add 1003", "remove 1,200,add 1"])
def test_other_numbers_are_refused_with_those_of_the_plan(typed: str) -> None:
    with pytest.raises(PlanRefusedError, match="would remove 1,200, add 1,003, and not") as refused:
        approved(big_plan(1_200, 1_003), confirmed_effect=typed)
    assert refused.value.hint == "check the plan again, and confirm it with: remove 1,200, add 1,003"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x1b[31m", "\u202eatir"])
def test_a_name_that_is_not_valid_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="reviewer's name"):
        approved(reviewable(), reviewer=name)


def test_all_wrong_decisions_are_named_together() -> None:
    decisions = Decisions({(1, "Admin"): "x", (7, "Admin"): " ", (8, "Admin"): "x" * 1_001}, {(20, "Admin"): ""})
    with pytest.raises(PlanRefusedError) as caught:
        decide(reviewable(), decisions)
    for problem in (
        "user 1, Admin is not a change of this plan",
        "user 20, Admin is not a held removal",
        "user 7, Admin is excluded without a reason",
        "the reason for user 8, Admin has more than 1,000 characters",
    ):
        assert problem in caught.value.message


def test_an_approved_plan_is_not_approved_again() -> None:
    with pytest.raises(PlanRefusedError, match="already approved by Rita"):
        decide(approved(reviewable()), Decisions())


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            {"confirmed_effect": "remove 0, add 1"},
            "'remove 0, add 1', but its changes are 'remove 2, add 1'",
        ),
        ({"excluded": 3}, "approved without 3 of its changes, but lists 0 as excluded"),
    ],
)
def test_an_approval_of_something_else_is_refused(claim: dict[str, Any], message: str) -> None:
    approved_plan = approved(reviewable())
    assert approved_plan.approval is not None
    changed = replace(approved_plan, approval=replace(approved_plan.approval, **claim))
    with pytest.raises(PlanRefusedError, match=message):
        from_json(to_json(replace(changed, digest=digest(changed))))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"reviewer": "Rita"', '"reviewer": "Bo"', "other than its digest"),
        ('"operator": "rita"', '"operator": "bo"', "other than its digest"),
        ('"made_by": "maker"', '"made_by": "bo"', "other than its digest"),
        ('"reason": "has decided_plan"', '"reason": "hasn\'t"', "other than its digest"),
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
def test_a_changed_approval_is_refused_even_with_a_fitting_checksum(old: str, new: str, message: str) -> None:
    plan = reviewable(Policy(hold_removals=True))
    decisions = Decisions({(20, "Admin"): "no"}, {(7, "Admin"): "has decided_plan"})
    text = to_json(approved(plan, decisions))
    assert old in text
    with pytest.raises(PlanRefusedError, match=message):
        from_json(resealed(text.replace(old, new, 1)))


def test_what_is_excluded_keeps_its_name() -> None:
    plan = decide(reviewable(), Decisions({(7, "Admin"): "on leave"}))
    assert plan.names == {7: "P 7"}
