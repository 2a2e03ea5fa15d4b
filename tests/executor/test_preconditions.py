"""Plans are refused before anything is sent: wrong account or list, no approval, a guard; an override fits one plan."""

import os
from dataclasses import replace
from errno import EACCES
from hashlib import sha256
from pathlib import Path

import pytest

from rolesync.differ.diff import diff
from rolesync.errors import Exit, PlanRefusedError
from rolesync.executor.preconditions import (
    check_approval,
    check_guards,
    check_maker,
    check_origin,
    check_reviewer,
    check_unattended,
    has_list_changed,
    rejudge,
)
from rolesync.model.history import GuardBaseline
from rolesync.model.lists import Fetched, Source
from rolesync.model.live import Requests
from rolesync.model.plans import Plan, Policy, Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.approval import Decisions, approve
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from tests.strategies import CREATED_AT, Row, User, desired_of, live_of

ACCOUNT = "https://school.example.com"
ROLES = ("Admin",)
BLOCK = VerdictStatus.BLOCK
USERS = [User(number, f"p{number}@example.edu", f"P {number}", frozenset({"Admin"})) for number in range(1, 11)]
LISTED = [Row(number, f"p{number}@example.edu", 0, "Admin") for number in range(1, 9)]  # 9 and 10 lose Admin


def make(policy: Policy | None = None, source: str = "list.csv", users: list[User] = USERS) -> Plan:
    policy, live = policy or Policy(), live_of(users)
    changes = diff(desired_of(LISTED), live, policy)
    return make_plan(
        account=ACCOUNT,
        created_at=CREATED_AT,
        source=Source(source, sha256(b"the list").hexdigest(), len(LISTED)),
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, (), GuardBaseline()),
        findings=(),
        requests=Requests({}),
    )


# Where the plan comes from


def test_a_list_from_an_address_is_not_compared() -> None:
    plan = make(source="https://x.edu/roles.csv")
    fetched = Fetched("https://x.edu/roles.csv", plan.created_at)
    warning = check_origin(replace(plan, source=replace(plan.source, fetched=fetched)), ACCOUNT, ROLES)
    assert "the list was fetched from https://x.edu/roles.csv" in warning


def test_a_list_from_standard_input_is_not_compared() -> None:
    assert "the list came from standard input" in check_origin(make(source="-"), ACCOUNT, ROLES)


def test_a_file_beside_the_plan_is_not_its_list_from_an_address(tmp_path: Path) -> None:
    (tmp_path / "roles.csv").write_bytes(b"another list")
    plan = make(source="https://x.edu/roles.csv")
    assert has_list_changed(plan, tmp_path)
    fetched = Fetched("https://x.edu/roles.csv", plan.created_at)
    assert not has_list_changed(replace(plan, source=replace(plan.source, fetched=fetched)), tmp_path)


def test_a_list_that_has_changed_at_its_address_is_refused() -> None:
    plan = make(source="https://x.edu/roles.csv")
    plan = replace(plan, source=replace(plan.source, fetched=Fetched("https://x.edu/roles.csv", plan.created_at)))
    assert check_origin(plan, ACCOUNT, ROLES, None, plan.source.sha256) == ""
    with pytest.raises(PlanRefusedError, match=r"the list at https://x\.edu/roles\.csv has changed since the plan"):
        check_origin(plan, ACCOUNT, ROLES, None, "0" * 64)


def test_a_plan_of_this_account_and_list_passes(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"the list")
    assert check_origin(make(source=str(tmp_path / "list.csv")), ACCOUNT, ROLES) == ""


def test_a_plan_without_a_list_file_passes_with_a_warning(tmp_path: Path) -> None:
    for path in (tmp_path / "list.csv", tmp_path):
        assert f"the list {path} was not found" in check_origin(make(source=str(path)), ACCOUNT, ROLES, tmp_path / "x")


def test_a_pipe_in_the_place_of_the_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    os.mkfifo(path)
    with pytest.raises(PlanRefusedError, match=r"can't be read .*it is a named pipe"):
        check_origin(make(source=str(path)), ACCOUNT, ROLES)


@pytest.mark.parametrize("source", ["/moved/away/list.csv", "list.csv", "lists/list.csv"])
def test_the_list_is_looked_for_beside_the_plan_too(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, beside = make(source=source), tmp_path / "plans"
    beside.mkdir()
    monkeypatch.chdir(tmp_path)  # where a plan of an earlier version looks for a relative path
    for path in (beside / source if source.startswith("lists") else beside / "list.csv", beside / "list.csv"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"the list")
        assert check_origin(plan, ACCOUNT, ROLES, Path("plans")) == ""
        path.write_bytes(b"the list, changed")
        with pytest.raises(PlanRefusedError, match="has changed since the plan was made") as caught:
            check_origin(plan, ACCOUNT, ROLES, Path("plans"))
        assert str(path.relative_to(tmp_path)) in caught.value.message
        path.unlink()


def test_a_list_that_has_grown_beyond_every_list_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("wb") as file:
        file.truncate(20 * 2**30)  # sparse: to read it would take a minute, or all memory
    with pytest.raises(PlanRefusedError, match="has changed since the plan was made"):
        check_origin(make(source=str(path)), ACCOUNT, ROLES)


def test_a_plan_of_roles_that_are_not_managed_today_is_refused() -> None:
    plan = make()
    with pytest.raises(PlanRefusedError, match="roles that are not managed: Admin") as caught:
        check_origin(plan, ACCOUNT, ("Caption Approver",))
    assert caught.value.exit_code == Exit.BLOCKED
    check_origin(plan, ACCOUNT, ("Caption Approver", "Admin"))
    undo = replace(plan, source=replace(plan.source, undoes="20260101T000000Z-aaaa"))
    check_origin(undo, ACCOUNT, ("Caption Approver",))  # it may restore a role that its run took away


def test_an_unreadable_list_does_not_count_as_unchanged() -> None:
    with pytest.raises(PlanRefusedError, match=r"the list /proc/self/mem can't be read .*Input/output error"):
        check_origin(make(source="/proc/self/mem"), ACCOUNT, ROLES)


def test_a_list_in_a_folder_of_another_user_does_not_count_as_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bool:
        raise PermissionError(EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(PlanRefusedError, match=r"the list /elsewhere/list.csv can't be read .*Permission denied"):
        check_origin(make(source="/elsewhere/list.csv"), ACCOUNT, ROLES)


@pytest.mark.parametrize("account", ["https://other.example.com", "http://school.example.com", f"{ACCOUNT}:8443", ""])
def test_a_plan_of_another_account_is_refused(account: str) -> None:
    with pytest.raises(PlanRefusedError, match=f"made for {ACCOUNT}, the settings name {account}") as caught:
        check_origin(make(), account, ROLES)
    assert "nothing was written" in caught.value.message
    assert caught.value.exit_code == Exit.BLOCKED


def test_a_plan_whose_list_has_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"the list, changed")
    with pytest.raises(PlanRefusedError, match="has changed since the plan was made") as caught:
        check_origin(make(source=str(path)), ACCOUNT, ROLES)
    assert str(path) in caught.value.message
    assert caught.value.hint == f"make a new plan: rolesync plan {path} -o PLAN"


# Guards and overrides


def test_a_plan_that_no_guard_blocks_passes() -> None:
    plan = make()
    assert plan.status == "ready"
    check_guards(plan, "")
    check_guards(plan, plan.digest)


def test_a_blocked_plan_is_refused_with_its_rule_and_number() -> None:
    plan = make(Policy(max_removals=1))
    with pytest.raises(PlanRefusedError, match=r"BLOCKED by max_removals: .*at most 1 allowed") as caught:
        check_guards(plan, "")
    assert f"--override {plan.digest}" in caught.value.hint
    check_guards(plan, plan.digest)


def test_an_override_is_valid_for_one_plan_only() -> None:
    plan, other = make(Policy(max_removals=1)), make(Policy(max_removals=1, min_holders=2))
    for wrong in (other.digest, plan.digest[:12], plan.digest.upper(), "yes"):
        with pytest.raises(PlanRefusedError, match="is not this plan's digest"):
            check_guards(plan, wrong)
    with pytest.raises(PlanRefusedError, match="is not this plan's digest"):
        check_guards(make(), other.digest)  # even if nothing is blocked


def test_a_guard_without_override_stays_blocking() -> None:
    not_overridable = Verdict("owner", BLOCK, "the owner would lose Admin", overridable=False)
    plan = replace(make(Policy(max_removals=1)), verdicts=(*make(Policy(max_removals=1)).verdicts, not_overridable))
    for override in ("", plan.digest):
        with pytest.raises(PlanRefusedError, match="the owner would lose Admin") as caught:
            check_guards(plan, override)
        assert "--override" not in caught.value.hint
    assert "max_removals" not in caught.value.message  # that one was overridden


def test_the_error_names_all_blocking_guards() -> None:
    plan = make(Policy(max_removals=1, min_holders=9))
    with pytest.raises(PlanRefusedError, match="BLOCKED by max_removals, min_holders: ") as caught:
        check_guards(plan, "")
    assert all(verdict.message in caught.value.message for verdict in plan.blocked)


# Today's numbers and limits


def test_guards_judge_a_saved_plan_by_todays_numbers() -> None:
    plan = make(Policy(min_holders=7))
    assert plan.status == "ready"
    assert rejudge(plan, live_of(USERS), "", (), GuardBaseline()).status == "ready"
    fewer = rejudge(plan, live_of(USERS[2:]), "", (), GuardBaseline())
    assert {verdict.rule for verdict in fewer.blocked} == {"min_holders"}
    assert (fewer.digest, fewer.policy) == (plan.digest, plan.policy)


def test_guards_judge_only_the_changes_still_to_send() -> None:
    plan = make(Policy(max_removals=1))
    assert plan.status == "blocked"
    rest = replace(plan, changes=plan.changes.head(1))
    today = rejudge(rest, live_of(USERS), "", (), GuardBaseline())
    assert [verdict.value for verdict in today.verdicts if verdict.rule == "max_removals"] == [1]
    assert today.status == "ready"


@pytest.mark.parametrize(("owner", "protected"), [("p9@example.edu", ()), ("", ("p9@example.edu",)), ("", ("9",))])
def test_users_protected_by_todays_settings_block_the_plan(owner: str, protected: tuple[str, ...]) -> None:
    plan = make()
    today = rejudge(plan, live_of(USERS), owner, protected, GuardBaseline())
    assert today.status == "blocked"
    with pytest.raises(PlanRefusedError, match=r"p9@example\.edu"):
        check_guards(today, plan.digest)


def test_users_protected_by_the_plan_stay_protected() -> None:
    plan = make(Policy(owner="p9@example.edu", protected_users=("10",)))
    today = rejudge(plan, live_of(USERS), "", ("p1@example.edu",), GuardBaseline())
    assert {verdict.rule for verdict in today.blocked} == {verdict.rule for verdict in plan.blocked}
    assert len(today.blocked) == 2


# Approval


def approved(plan: Plan, reviewer: str = "Rita", operator: str = "rita") -> Plan:
    return approve(
        plan, Decisions(), reviewer=reviewer, operator=operator, confirmed_effect=plan.effect, now=CREATED_AT
    )


def test_without_the_settings_no_approval_is_needed() -> None:
    check_approval(make(), required=False, four_eyes=False)
    check_approval(approved(make()), required=False, four_eyes=False)


@pytest.mark.parametrize("setting", ["require_approval", "four_eyes"])
def test_a_plan_without_approval_is_refused(setting: str) -> None:
    four_eyes = setting == "four_eyes"
    with pytest.raises(PlanRefusedError, match="nobody has approved this plan, and ") as caught:
        check_approval(make(), required=not four_eyes, four_eyes=four_eyes)
    assert f"{setting} is set" in caught.value.message
    assert "rolesync review PLAN" in caught.value.hint
    check_approval(approved(replace(make(), planned_by="mia")), required=True, four_eyes=four_eyes)


@pytest.mark.parametrize(
    ("maker", "reviewer", "operator"),
    [("mia", "mia", "rita"), (" Mia  M", "mia m", ""), ("mia", "Rita", "MIA "), ("STRASSE", "straße", "rita")],
)
def test_four_eyes_refuses_an_approval_by_the_maker(maker: str, reviewer: str, operator: str) -> None:
    plan = approved(replace(make(), planned_by=maker), reviewer, operator)
    check_approval(plan, required=True, four_eyes=False)
    with pytest.raises(PlanRefusedError, match=r"was made by .* and approved by .*four_eyes is set") as caught:
        check_approval(plan, required=False, four_eyes=True)
    assert "another user" in caught.value.hint


def test_the_maker_cannot_start_a_review_under_four_eyes() -> None:
    plan = replace(make(), planned_by="Mia  M")
    check_reviewer(plan, "mia m", four_eyes=False)
    check_reviewer(plan, "rita", four_eyes=True)
    with pytest.raises(PlanRefusedError, match="Mia  M made this plan and can't approve it"):
        check_reviewer(plan, "mia m", four_eyes=True)


def test_four_eyes_refuses_a_plan_without_maker() -> None:
    with pytest.raises(PlanRefusedError, match="doesn't name the user who made it"):
        check_approval(approved(make()), required=False, four_eyes=True)


def test_the_record_must_confirm_the_maker() -> None:
    plan = approved(replace(make(), planned_by="mia"))
    check_maker(plan, {"Mia", "bo"})
    with pytest.raises(PlanRefusedError, match=r"was made by al, bo, so it is not certain that mia made it"):
        check_maker(plan, {"bo", "al"})
    with pytest.raises(PlanRefusedError, match="is not in the audit record") as caught:
        check_maker(plan, ())
    assert "state_dir" in caught.value.hint


def test_changes_that_need_an_approval_are_not_applied_unattended() -> None:
    check_unattended(make(), required=False)
    check_unattended(replace(make(), changes=make().changes.head(0)), required=True)
    with pytest.raises(PlanRefusedError, match=r"the changes \(remove 2, add 0\) need an approval") as caught:
        check_unattended(make(), required=True)
    assert all(f"rolesync {command}" in caught.value.hint for command in ("plan", "review", "apply"))
