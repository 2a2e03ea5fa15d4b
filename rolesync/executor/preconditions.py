"""Checks before anything is sent: does the plan fit account and list, is it approved, does no guard block it?

Each check returns nothing, or refuses the plan with an error.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from shlex import quote

from rolesync.errors import PlanRefusedError
from rolesync.history.earlier_runs import EarlierRun
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Plan, effect_text, recount
from rolesync.planner.guards import judge
from rolesync.tables.file_type import MAX_BYTES
from rolesync.tables.regular_file import is_standard_input, same_sha256


class BlockedError(PlanRefusedError):
    """A guard blocks the plan, or the override is for another plan. Nothing was written.

    Args:
        message: the guards, their limits and the numbers.
        hint: what to do next.
        plan: the plan with the verdicts that block it.
    """

    def __init__(self, message: str, *, hint: str, plan: Plan) -> None:
        super().__init__(message, hint=hint)
        self.plan = plan


def check_origin(
    plan: Plan, account: str, managed_roles: Collection[str], folder: Path | None = None, fetched_sha256: str = ""
) -> str:
    """Refuse a plan of another account, of roles that are not managed, or of a list that has changed since.

    The list is read where the plan says it was, or else beside the plan, where it may have been moved with it.

    Args:
        plan: the plan.
        account: the account of today's settings.
        managed_roles: today's setting. The plan of an undo may restore other roles that its run took away.
        folder: the folder of the plan's file.
        fetched_sha256: the SHA-256 of the list that is at the plan's address now; "" where unknown.

    Returns:
        A warning if the list is not there any more, so that only the plan's digest protects it; "" otherwise.

    Raises:
        PlanRefusedError: the plan is of another account or roles, or its list has changed or can't be read.
    """
    if plan.account != account:
        raise PlanRefusedError(
            f"the plan was made for {plan.account}, the settings name {account}; nothing was written",
            hint="make a plan for this account, or correct the settings",
        )
    if plan.source.undoes:
        return ""
    unmanaged = [role for role in plan.policy.managed_roles if role not in managed_roles]
    if unmanaged:
        raise PlanRefusedError(
            f"the plan was made for roles that are not managed: {', '.join(unmanaged)}; nothing was written",
            hint="set managed_roles as it was for the plan, or make a new plan",
        )
    if is_standard_input(plan.source.path):
        return "the list came from standard input, so whether it has changed since the plan was not checked"
    if plan.source.fetched:
        return _check_fetched(plan, plan.source.fetched.where, fetched_sha256)
    source = Path(plan.source.path)
    try:
        for source in _places_of_list(plan, folder):
            if source.exists() and not source.is_dir():
                break
        else:
            return (
                f"the list {plan.source.path} was not found, so whether it has changed since the plan was not checked"
            )
        is_same = same_sha256(source, plan.source.sha256, MAX_BYTES)
    except OSError as error:
        raise PlanRefusedError(
            f"the list {source} can't be read to check whether it has changed ({error.strerror}); nothing was written",
            hint="make it readable, or move the plan away from its list",
        ) from error
    if not is_same:
        raise PlanRefusedError(
            f"the list {source} has changed since the plan was made; nothing was written",
            hint=f"make a new plan: rolesync plan {quote(str(source))} -o PLAN",
        )
    return ""


def _check_fetched(plan: Plan, where: str, sha256: str) -> str:
    """Compare the list of a plan with the list at its address; a warning if that is not known."""
    if not sha256:
        return f"the list was fetched from {where}, so whether it has changed since the plan was not checked"
    if sha256 != plan.source.sha256:
        raise PlanRefusedError(
            f"the list at {where} has changed since the plan was made; nothing was written",
            hint="make a new plan: rolesync plan -o PLAN",
        )
    return ""


def has_list_changed(plan: Plan, folder: Path | None = None) -> bool:
    """Whether the list of a plan is there, and has changed since the plan was made; False if that can't be seen."""
    if plan.source.undoes or plan.source.fetched:
        return False
    try:
        source = next((path for path in _places_of_list(plan, folder) if path.is_file()), None)
        return source is not None and not same_sha256(source, plan.source.sha256, MAX_BYTES)
    except OSError:
        return False


def _places_of_list(plan: Plan, folder: Path | None) -> Iterator[Path]:
    """Yield the places where the list may be, the most certain one first. Earlier versions stored relative paths."""
    source = Path(plan.source.path)
    yield source
    if folder:
        yield from dict.fromkeys([folder / source, folder / source.name])


def check_approval(plan: Plan, *, required: bool, four_eyes: bool) -> None:
    """Refuse a plan without the approval that the settings ask for.

    Args:
        plan: the plan.
        required: whether it needs an approval.
        four_eyes: whether the approver must not be its maker, as far as the file shows; see also `check_maker`.

    Raises:
        PlanRefusedError: it has no such approval.
    """
    if not (required or four_eyes):
        return
    approval = plan.approval
    if approval is None:
        setting = "four_eyes" if four_eyes else "require_approval"
        raise PlanRefusedError(
            f"nobody has approved this plan, and {setting} is set; nothing was written",
            hint="let a reviewer approve it: rolesync review PLAN; then apply the plan that the review writes",
        )
    if four_eyes and not plan.planned_by:
        raise PlanRefusedError(
            "the plan doesn't name the user who made it, and four_eyes is set; nothing was written",
            hint="set operator, and make a new plan",
        )
    approvers = {_normalise(approval.reviewer), _normalise(approval.operator)}
    if four_eyes and _normalise(plan.planned_by) in approvers:
        approver = f"{approval.reviewer} ({approval.operator})" if approval.operator else approval.reviewer
        raise PlanRefusedError(
            f"the plan was made by {plan.planned_by} and approved by {approver}, and four_eyes is set; "
            "nothing was written",
            hint="let another user approve it, under another user name: rolesync review PLAN",
        )


def check_reviewer(plan: Plan, reviewer: str, *, four_eyes: bool) -> None:
    """Refuse to start a review whose approval would be refused.

    Raises:
        PlanRefusedError: the reviewer has made the plan, and another user must approve it.
    """
    if four_eyes and _normalise(plan.planned_by) == _normalise(reviewer):
        raise PlanRefusedError(
            f"{plan.planned_by} made this plan and can't approve it, because four_eyes is set; nothing was approved",
            hint="let another user review it, under another user name: rolesync review PLAN",
        )


def check_maker(plan: Plan, makers: Collection[str]) -> None:
    """Refuse an approved plan unless the audit record confirms who made it; the file alone could be edited.

    The name of the approver can't be confirmed: it is as trustworthy as the machine of the review.

    Args:
        plan: the approved plan.
        makers: the users who made the reviewed plan, by the audit record.

    Raises:
        PlanRefusedError: the record doesn't know the plan, or names other users.
    """
    if _normalise(plan.planned_by) in set(map(_normalise, makers)):
        return
    fact = f"was made by {', '.join(sorted(makers))}" if any(makers) else "is not in the audit record"
    raise PlanRefusedError(
        f"the approved plan {fact}, so it is not certain that {plan.planned_by} made it, and four_eyes is set; "
        "nothing was written",
        hint="make the plan with the same state_dir as the apply, and have that plan approved",
    )


def check_not_narrowed(plan: Plan, runs: Collection[EarlierRun]) -> None:
    """Refuse a plan without approval if it was applied as approved by a reviewer who excluded changes.

    Args:
        plan: the plan.
        runs: the earlier runs of this plan, before or after its approval.

    Raises:
        PlanRefusedError: it would send what the reviewer excluded.
    """
    narrowed = next((run for run in reversed([*runs]) if run.excluded), None)
    if plan.approval or not narrowed:
        return
    raise PlanRefusedError(
        f"run {narrowed.run_id} applied this plan as {narrowed.reviewer} approved it, without {narrowed.excluded:,} of "
        "its changes; this file is the plan before that review; nothing was written",
        hint="apply the approved plan; if the excluded changes are right after all, make a new plan",
    )


def check_unattended(plan: Plan, *, required: bool) -> None:
    """Refuse to apply changes without a stop for review if they need an approval.

    Raises:
        PlanRefusedError: they need one.
    """
    if required and len(plan.changes):
        raise PlanRefusedError(
            f"the changes ({effect_text(plan.effect)}) need an approval, as require_approval or four_eyes asks; "
            "nothing was written",
            hint="rolesync plan FILE -o PLAN; rolesync review PLAN; then rolesync apply the plan the review writes",
        )


def check_guards(plan: Plan, override: str) -> None:
    """Refuse a plan that a guard blocks, unless `override` is its digest and the guard can be overridden.

    Raises:
        BlockedError: it is blocked, or the override is for another plan.
    """
    if override and override != plan.digest:
        raise BlockedError(
            f"--override {override} is not this plan's digest {plan.digest}; nothing was written",
            hint="look at the plan again; an override is valid only for the plan that was reviewed",
            plan=plan,
        )
    blocking = [verdict for verdict in plan.blocked if not (override and verdict.overridable)]
    if blocking:
        rules = {verdict.rule for verdict in blocking}
        hold = ", or make a plan with --hold-removals" if plan.passes_without_removals else ""
        can_override = all(verdict.overridable for verdict in blocking)
        once = f", or let this plan pass once with --override {plan.digest}" if can_override else ""
        step = f"correct the list or the limit{hold}{once}"
        if plan.source.undoes and can_override:
            step = f"check each change of the undo; if all are right, let it pass once with --override {plan.digest}"
        elif plan.source.undoes:
            step = "exclude these changes in a review: rolesync review PLAN"
        raise BlockedError(
            f"BLOCKED by {', '.join(sorted(rules))}: "
            f"{'; '.join(verdict.message for verdict in blocking)}; nothing was written",
            hint=step,
            plan=plan,
        )


def rejudge(plan: Plan, today: Live, owner: str, protected_users: tuple[str, ...], baseline: GuardBaseline) -> Plan:
    """Let the guards judge the rest of a saved plan: its own limits, today's numbers, users protected then or today.

    Args:
        plan: the plan, with only the changes that are still to send.
        today: Studio as it is now.
        owner: today's setting.
        protected_users: today's setting.
        baseline: what the record shows for the guards.
    """
    policy = replace(
        plan.policy,
        owner=owner or plan.policy.owner,
        protected_users=tuple(sorted({*plan.policy.protected_users, *protected_users})),
    )
    roles = (replace(count, before=len(today.holders(count.role))) for count in plan.roles)
    changes = Changes(plan.changes, plan.held, recount(roles, plan.changes))
    return replace(plan, verdicts=judge(changes, today, policy, plan.findings, baseline))


def _normalise(name: str) -> str:
    return " ".join(name.split()).casefold()
