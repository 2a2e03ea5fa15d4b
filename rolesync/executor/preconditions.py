"""May this plan be applied? Asked before anything is sent, and answered by a refusal or by nothing at all."""

from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from rolesync.errors import PlanRefusedError
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Plan, recount
from rolesync.planner.guards import ON_REMOVALS, judge


class BlockedError(PlanRefusedError):
    """A guard blocks the plan, or the override isn't for it. Nothing was written.

    Args:
        message: the guards, their limits and the numbers.
        hint: what to do next.
        plan: the plan with the verdicts that block it.
    """

    def __init__(self, message: str, *, hint: str, plan: Plan) -> None:
        super().__init__(message, hint=hint)
        self.plan = plan


def check_origin(made: Plan, account: str) -> None:
    """Refuse a plan of another account, or of a list that has changed since.

    The list is looked at where the plan says it was; a plan that travelled without its list is bound by its digest.

    Raises:
        PlanRefusedError: it is not this account's plan, or its list is another one now.
    """
    if made.account != account:
        raise PlanRefusedError(
            f"the plan was made for {made.account}, the settings name {account}; nothing was written",
            hint="make a plan for this account, or correct the settings",
        )
    if made.source.undoes:
        return
    source = Path(made.source.path)
    try:
        same = not source.is_file() or sha256(source.read_bytes()).hexdigest() == made.source.sha256
    except OSError as error:
        raise PlanRefusedError(
            f"the list {source} can't be read to see whether it has changed ({error.strerror}); nothing was written",
            hint="make it readable, or move the plan away from its list",
        ) from error
    if not same:
        raise PlanRefusedError(
            f"the list {source} has changed since the plan was made; nothing was written",
            hint=f"make a new plan: rolesync plan {source}",
        )


def check_approval(made: Plan, *, required: bool, four_eyes: bool) -> None:
    """Refuse a plan that nobody has approved, or nobody else than who made it, where the settings ask for that.

    Args:
        made: the plan.
        required: whether it needs an approval.
        four_eyes: whether it needs one by somebody else, which see `check_maker` for.

    Raises:
        PlanRefusedError: it has none, or not such a one.
    """
    if not (required or four_eyes):
        return
    approval = made.approval
    if approval is None:
        setting = "four_eyes" if four_eyes else "require_approval"
        raise PlanRefusedError(
            f"nobody has approved this plan, and {setting} is set; nothing was written",
            hint="have it approved: rolesync review PLAN; then apply the plan which that writes",
        )
    names = {_folded(approval.reviewer), _folded(approval.operator)}
    if four_eyes and not made.planned_by:
        raise PlanRefusedError(
            "the plan doesn't say who made it, and four_eyes is set; nothing was written",
            hint="set operator, and make a new plan",
        )
    if four_eyes and _folded(made.planned_by) in names:
        by = f"{approval.reviewer} ({approval.operator})" if approval.operator else approval.reviewer
        raise PlanRefusedError(
            f"the plan was made by {made.planned_by} and approved by {by}, and four_eyes is set; nothing was written",
            hint="have somebody else approve it, with another user name: rolesync review PLAN",
        )


def check_reviewer(made: Plan, reviewer: str, *, four_eyes: bool) -> None:
    """Refuse to begin a review whose approval would be refused.

    Raises:
        PlanRefusedError: the reviewer has made the plan, and somebody else has to approve it.
    """
    if four_eyes and _folded(made.planned_by) == _folded(reviewer):
        raise PlanRefusedError(
            f"{made.planned_by} made this plan and can't approve it, too, since four_eyes is set; nothing was approved",
            hint="have somebody else review it, with another user name: rolesync review PLAN",
        )


def check_maker(made: Plan, makers: Collection[str]) -> None:
    """Refuse an approved plan unless the record says, too, that who made it has made it.

    What the file says of it anybody could write. `makers` are those who have made the plan that was reviewed, as the
    audit record tells; the other name, that of who approved it, is only as good as the machine on which that was done.

    Raises:
        PlanRefusedError: the record says nothing of it, or somebody else.
    """
    if _folded(made.planned_by) in set(map(_folded, makers)):
        return
    said = f"was made by {', '.join(sorted(makers))}" if any(makers) else "is not in the audit record"
    raise PlanRefusedError(
        f"the plan that was approved {said}, so that nobody knows whether {made.planned_by} made it, and four_eyes is "
        "set; nothing was written",
        hint="make the plan with the state_dir with which it is applied, and have that very plan approved",
    )


def check_unattended(made: Plan, *, required: bool) -> None:
    """Refuse to apply a plan at once that has changes, where it needs an approval.

    Raises:
        PlanRefusedError: it needs one.
    """
    if required and len(made.changes):
        raise PlanRefusedError(
            f"changes wait ({made.effect}) that somebody has to approve, as the settings say; nothing was written",
            hint="rolesync plan FILE -o PLAN; rolesync review PLAN; then rolesync apply the plan which that writes",
        )


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def check_permission(made: Plan, override: str) -> None:
    """Refuse a plan that a guard blocks, unless `override` is its digest and the guard can be overridden.

    Raises:
        BlockedError: it is blocked, or the override is for another plan.
    """
    if override and override != made.digest:
        raise BlockedError(
            f"--override {override} is not this plan's digest {made.digest}; nothing was written",
            hint="look at the plan again; an override is good for the very plan that was reviewed",
            plan=made,
        )
    stuck = [verdict for verdict in made.blocked if not (override and verdict.overridable)]
    if stuck:
        holdable = {one.rule for one in stuck} <= ON_REMOVALS and not made.source.undoes
        additions = ", or make a plan with --hold-removals" if holdable else ""
        once = f", or let it pass once with --override {made.digest}" if all(v.overridable for v in stuck) else ""
        raise BlockedError(
            f"BLOCKED by {', '.join(sorted({verdict.rule for verdict in stuck}))}: "
            f"{'; '.join(verdict.message for verdict in stuck)}; nothing was written",
            hint=f"correct the list or the limit{additions}{once}",
            plan=made,
        )


def rejudge(made: Plan, today: Live, owner: str, protected_users: tuple[str, ...], history: GuardBaseline) -> Plan:
    """Judge what is left of a saved plan again: its own limits, today's numbers, and whoever is protected today too."""
    policy = replace(
        made.policy,
        owner=owner or made.policy.owner,
        protected_users=tuple(sorted({*made.policy.protected_users, *protected_users})),
    )
    roles = (replace(count, before=len(today.holders(count.role))) for count in made.roles)
    changes = Changes(made.changes, made.held, recount(roles, made.changes))
    return replace(made, verdicts=judge(changes, today, policy, made.findings, history))
