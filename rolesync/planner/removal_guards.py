"""Guards on the removals of each role: how many, which share of the holders, and how many holders remain."""

from dataclasses import replace

import pandas as pd

from rolesync.model.plans import Changes, Policy, RoleCount, Verdict
from rolesync.model.vocabulary import RIVAL_ROLES, VerdictStatus
from rolesync.planner.verdicts import ANY_SHARE, advise, format_share, is_undo_plan, limited


def role_limits(changes: Changes, rivals: pd.DataFrame, policy: Policy) -> list[Verdict]:
    """Compare the removals of each role, and the losses that additions of its rival role would cause, with the limits.

    Args:
        changes: the changes of the plan; its counts are without these losses.
        rivals: the losses, as removals (CHANGES).
        policy: the limits.
    """
    verdicts = []
    is_undo = is_undo_plan(changes)
    for planned in changes.roles:
        losses = int((rivals["role"] == planned.role).sum())
        count = replace(planned, removals=planned.removals + losses)
        note = f", of these {losses:,} because of additions of {RIVAL_ROLES[planned.role]}" if losses else ""
        verdicts += [
            _max_removals(count, note, policy, is_undo=is_undo),
            _max_removals_share(count, note, policy, is_undo=is_undo),
            _min_holders(count, policy, is_undo=is_undo),
        ]
    return verdicts


def _max_removals(count: RoleCount, note: str, policy: Policy, *, is_undo: bool) -> Verdict:
    limit = policy.max_removals
    return limited(
        "max_removals",
        count.role,
        blocked=count.removals > limit,
        measured=f"removals of {count.role}: {count.removals:,}{note}, at most {limit:,} allowed",
        advice=advise("max_removals", is_undo=is_undo),
        limit=limit,
        value=count.removals,
    )


def _max_removals_share(count: RoleCount, note: str, policy: Policy, *, is_undo: bool) -> Verdict:
    limit = policy.max_removals_share
    share = count.removals / count.before if count.before else 0.0
    single = count.removals == 1 and limit > 0  # else no user could ever leave a role with few holders
    number = f"{count.removals:,} of {count.before:,} holders ({format_share(share)}){note}"
    allowed = ANY_SHARE if limit >= 1 else f"at most {format_share(limit)} allowed"
    measured = f"removals of {count.role}: {number}, {allowed}"
    if single and share > limit:
        measured += "; a single removal is allowed"
    return limited(
        "max_removals_share",
        count.role,
        blocked=share > limit and not single,
        measured=measured,
        advice=advise("max_removals_share", is_undo=is_undo),
        limit=limit,
        value=share,
    )


def _min_holders(count: RoleCount, policy: Policy, *, is_undo: bool) -> Verdict:
    limit = policy.min_holders
    measured = f"holders of {count.role} afterwards: {count.after:,}, at least {limit:,} required"
    if count.after < limit and not count.removals:
        check = "" if is_undo else ": check that the list is complete"
        message = f"{measured}; the plan removes none, so it is not blocked{check}"
        return Verdict("min_holders", VerdictStatus.WARN, message, count.role, limit, count.after)
    return limited(
        "min_holders",
        count.role,
        blocked=count.after < limit,
        measured=measured,
        advice=advise("min_holders", is_undo=is_undo),
        limit=limit,
        value=count.after,
    )
