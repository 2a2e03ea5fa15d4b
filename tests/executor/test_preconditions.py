"""The gate: which plans are refused before anything is sent, and that an override fits one plan only."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from rolesync.differ.diff import diff
from rolesync.errors import Exit, PlanRefusedError
from rolesync.executor.preconditions import (
    check_approval,
    check_maker,
    check_origin,
    check_permission,
    check_reviewer,
    check_unattended,
    rejudge,
)
from rolesync.model.history import GuardBaseline
from rolesync.model.lists import Source
from rolesync.model.live import Requests
from rolesync.model.plans import Plan, Policy, Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.approval import Decisions, approve
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from tests.strategies import CREATED_AT, Row, User, desired_of, live_of

ACCOUNT = "https://school.example.com"
BLOCK = VerdictStatus.BLOCK
PEOPLE = [User(number, f"p{number}@example.edu", f"P {number}", frozenset({"Admin"})) for number in range(1, 11)]
KEPT = [Row(number, f"p{number}@example.edu", 0, "Admin") for number in range(1, 9)]  # 9 and 10 lose Admin


def made(policy: Policy | None = None, source: str = "list.csv", people: list[User] = PEOPLE) -> Plan:
    policy, live = policy or Policy(), live_of(people)
    changes = diff(desired_of(KEPT), live, policy)
    return make_plan(
        account=ACCOUNT,
        created_at=CREATED_AT,
        source=Source(source, sha256(b"the list").hexdigest(), len(KEPT)),
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, (), GuardBaseline()),
        findings=(),
        requests=Requests({}),
    )


# Where the plan comes from


def test_a_plan_of_this_account_and_list(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"the list")
    check_origin(made(source=str(tmp_path / "list.csv")), ACCOUNT)


def test_a_plan_that_travelled_without_its_list(tmp_path: Path) -> None:
    check_origin(made(source=str(tmp_path / "list.csv")), ACCOUNT)
    check_origin(made(source=str(tmp_path)), ACCOUNT)


def test_a_list_that_cannot_be_read_is_not_taken_for_unchanged() -> None:
    with pytest.raises(PlanRefusedError, match=r"the list /proc/self/mem can't be read .*Input/output error"):
        check_origin(made(source="/proc/self/mem"), ACCOUNT)


@pytest.mark.parametrize("account", ["https://other.example.com", "http://school.example.com", f"{ACCOUNT}:8443", ""])
def test_a_plan_of_another_account_is_refused(account: str) -> None:
    with pytest.raises(PlanRefusedError, match=f"made for {ACCOUNT}, the settings name {account}") as caught:
        check_origin(made(), account)
    assert "nothing was written" in caught.value.message
    assert caught.value.exit_code == Exit.BLOCKED


def test_a_plan_whose_list_has_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"the list, changed")
    with pytest.raises(PlanRefusedError, match="has changed since the plan was made") as caught:
        check_origin(made(source=str(path)), ACCOUNT)
    assert str(path) in caught.value.message
    assert caught.value.hint == f"make a new plan: rolesync plan {path}"


# What a guard blocks


def test_a_plan_that_no_guard_blocks() -> None:
    plan = made()
    assert plan.status == "ready"
    check_permission(plan, "")
    check_permission(plan, plan.digest)


def test_a_blocked_plan_is_refused_with_its_rule_and_number() -> None:
    plan = made(Policy(max_removals=1))
    with pytest.raises(PlanRefusedError, match=r"BLOCKED by max_removals: .*at most 1 allowed") as caught:
        check_permission(plan, "")
    assert f"--override {plan.digest}" in caught.value.hint
    check_permission(plan, plan.digest)


def test_an_override_is_good_for_one_plan_only() -> None:
    plan, other = made(Policy(max_removals=1)), made(Policy(max_removals=1, min_holders=2))
    for wrong in (other.digest, plan.digest[:12], plan.digest.upper(), "yes"):
        with pytest.raises(PlanRefusedError, match="is not this plan's digest"):
            check_permission(plan, wrong)
    with pytest.raises(PlanRefusedError, match="is not this plan's digest"):
        check_permission(made(), other.digest)  # also where nothing is blocked


def test_what_cannot_be_overridden_stays_blocked() -> None:
    never = Verdict("owner", BLOCK, "the owner would lose Admin", overridable=False)
    plan = replace(made(Policy(max_removals=1)), verdicts=(*made(Policy(max_removals=1)).verdicts, never))
    for override in ("", plan.digest):
        with pytest.raises(PlanRefusedError, match="the owner would lose Admin") as caught:
            check_permission(plan, override)
        assert "--override" not in caught.value.hint
    assert "max_removals" not in caught.value.message  # that one was overridden


def test_all_that_blocks_is_told() -> None:
    plan = made(Policy(max_removals=1, min_holders=9))
    with pytest.raises(PlanRefusedError, match="BLOCKED by max_removals, min_holders: ") as caught:
        check_permission(plan, "")
    assert all(verdict.message in caught.value.message for verdict in plan.blocked)


# Today's numbers


def test_a_plan_is_judged_by_todays_numbers() -> None:
    plan = made(Policy(min_holders=7))
    assert plan.status == "ready"
    assert rejudge(plan, live_of(PEOPLE), "", (), GuardBaseline()).status == "ready"
    fewer = rejudge(plan, live_of(PEOPLE[2:]), "", (), GuardBaseline())
    assert {verdict.rule for verdict in fewer.blocked} == {"min_holders"}
    assert (fewer.digest, fewer.policy) == (plan.digest, plan.policy)


def test_only_what_is_left_of_a_plan_is_judged() -> None:
    plan = made(Policy(max_removals=1))
    assert plan.status == "blocked"
    left = replace(plan, changes=plan.changes.head(1))
    today = rejudge(left, live_of(PEOPLE), "", (), GuardBaseline())
    assert [verdict.value for verdict in today.verdicts if verdict.rule == "max_removals"] == [1]
    assert today.status == "ready"


@pytest.mark.parametrize(("owner", "protected"), [("p9@example.edu", ()), ("", ("p9@example.edu",)), ("", ("9",))])
def test_whoever_is_protected_today_is_protected(owner: str, protected: tuple[str, ...]) -> None:
    plan = made()
    today = rejudge(plan, live_of(PEOPLE), owner, protected, GuardBaseline())
    assert today.status == "blocked"
    with pytest.raises(PlanRefusedError, match=r"p9@example\.edu"):
        check_permission(today, plan.digest)


def test_whoever_was_protected_by_the_plan_stays_so() -> None:
    plan = made(Policy(owner="p9@example.edu", protected_users=("10",)))
    today = rejudge(plan, live_of(PEOPLE), "", ("p1@example.edu",), GuardBaseline())
    assert {verdict.rule for verdict in today.blocked} == {verdict.rule for verdict in plan.blocked}
    assert len(today.blocked) == 2


# Approval


def approved(plan: Plan, reviewer: str = "Rita", operator: str = "rita") -> Plan:
    return approve(
        plan, Decisions(), reviewer=reviewer, operator=operator, confirmed_effect=plan.effect, now=CREATED_AT
    )


def test_without_the_settings_nobody_has_to_approve() -> None:
    check_approval(made(), required=False, four_eyes=False)
    check_approval(approved(made()), required=False, four_eyes=False)


@pytest.mark.parametrize("setting", ["require_approval", "four_eyes"])
def test_a_plan_without_approval_is_refused(setting: str) -> None:
    four_eyes = setting == "four_eyes"
    with pytest.raises(PlanRefusedError, match="nobody has approved this plan, and ") as caught:
        check_approval(made(), required=not four_eyes, four_eyes=four_eyes)
    assert f"{setting} is set" in caught.value.message
    assert "rolesync review PLAN" in caught.value.hint
    check_approval(approved(replace(made(), planned_by="mia")), required=True, four_eyes=four_eyes)


@pytest.mark.parametrize(
    ("maker", "reviewer", "operator"),
    [("mia", "mia", "rita"), (" Mia  M", "mia m", ""), ("mia", "Rita", "MIA "), ("STRASSE", "straße", "rita")],
)
def test_one_person_is_not_two(maker: str, reviewer: str, operator: str) -> None:
    plan = approved(replace(made(), planned_by=maker), reviewer, operator)
    check_approval(plan, required=True, four_eyes=False)
    with pytest.raises(PlanRefusedError, match=r"was made by .* and approved by .*four_eyes is set") as caught:
        check_approval(plan, required=False, four_eyes=True)
    assert "somebody else" in caught.value.hint


def test_a_review_that_can_only_be_refused_doesnt_begin() -> None:
    plan = replace(made(), planned_by="Mia  M")
    check_reviewer(plan, "mia m", four_eyes=False)
    check_reviewer(plan, "rita", four_eyes=True)
    with pytest.raises(PlanRefusedError, match="Mia  M made this plan and can't approve it"):
        check_reviewer(plan, "mia m", four_eyes=True)


def test_a_plan_of_nobody_has_no_other_eyes() -> None:
    with pytest.raises(PlanRefusedError, match="doesn't say who made it"):
        check_approval(approved(made()), required=False, four_eyes=True)


def test_the_maker_is_whom_the_record_names() -> None:
    plan = approved(replace(made(), planned_by="mia"))
    check_maker(plan, {"Mia", "bo"})
    with pytest.raises(PlanRefusedError, match=r"was made by al, bo, so that nobody knows whether mia made it"):
        check_maker(plan, {"bo", "al"})
    with pytest.raises(PlanRefusedError, match="is not in the audit record") as caught:
        check_maker(plan, ())
    assert "state_dir" in caught.value.hint


def test_nothing_is_applied_at_once_that_needs_an_approval() -> None:
    check_unattended(made(), required=False)
    check_unattended(replace(made(), changes=made().changes.head(0)), required=True)
    with pytest.raises(PlanRefusedError, match=r"changes wait \(remove 2, add 0\)") as caught:
        check_unattended(made(), required=True)
    assert all(f"rolesync {word}" in caught.value.hint for word in ("plan", "review", "apply"))
