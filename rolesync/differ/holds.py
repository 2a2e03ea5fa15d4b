"""What a policy holds back: removals that wait, because all of them do or because somebody's grace isn't over.

The differ says what differs; this says what of it is not done yet. A removal that waits becomes a held row with its
reason, so the guards, the reports and the executor all look at what is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.model.vocabulary import REASONS, WAITING, Action, HeldReason, Level, Mode


def hold_changes(changes: Changes, policy: Policy, history: GuardBaseline, *, unread: bool = False) -> Changes:
    """Turn the removals that the policy doesn't allow yet into held rows.

    Args:
        changes: as the differ gives them.
        policy: `hold_removals` holds every removal, `grace_runs` those of people who have been absent from the list in
            fewer earlier runs in a row.
        history: in how many that was.
        unread: whether the list has rows that can't be read: they may name anybody, so that every removal is held.

    Returns:
        The changes that are left, the held rows by row and user, the counts of each role, to fit, and the removals
        that wait.
    """
    table = changes.changes
    at = np.flatnonzero((table["action"] == Action.REMOVE.value).to_numpy())
    cells = [table[name].iloc[at].tolist() for name in ("role", "user_id", "reason")]
    waiting = [
        (position, *why)
        for position, role, user_id, reason in zip(at.tolist(), *cells, strict=True)
        if (why := _why(policy, reason, history.absent.get(role, {}).get(user_id, 0), unread=unread))
    ]
    if not waiting:
        return changes
    held_back = table.iloc[[position for position, _, _ in waiting]]
    left = table.drop(index=held_back.index).reset_index(drop=True)
    lost = held_back["role"].value_counts()
    return Changes(
        changes=_without_unused(left),
        held=with_held(changes.held, held_back, [why for _, *why in waiting], policy.managed_roles),
        roles=tuple(replace(count, removals=count.removals - int(lost.get(count.role, 0))) for count in changes.roles),
        releasable_removals=_without_unused(held_back.reset_index(drop=True)),
    )


def absent_holders(plan: Plan) -> Mapping[str, Sequence[int]] | None:
    """Say by managed role which holders the plan's list doesn't give it, as a count of runs is made from.

    Returns:
        User ids by role; None where the plan tells nothing about it: no grace is given, nobody is ever removed, the
        plan comes of no list, or rows of the list can't be read.
    """
    if any(finding.level is Level.HELD for finding in plan.findings):
        return None
    if not plan.policy.grace_runs or plan.policy.mode is not Mode.SYNC or not plan.source.listed:
        return None
    removed = plan.changes["action"] == Action.REMOVE.value
    excluded = (plan.held["reason"] == HeldReason.EXCLUDED.value) & (plan.held["action"] == Action.REMOVE.value)
    waiting = plan.held["reason"].isin(WAITING) | excluded
    pairs = pd.concat([plan.changes.loc[removed, ["user_id", "role"]], plan.held.loc[waiting, ["user_id", "role"]]])
    return {role: sorted(pairs.loc[pairs["role"] == role, "user_id"].tolist()) for role in plan.policy.managed_roles}


def with_held(
    held: pd.DataFrame, changes: pd.DataFrame, why: Iterable[Sequence[str]], roles: Sequence[str]
) -> pd.DataFrame:
    """Add changes (CHANGES) to HELD, each with reason and detail, in the differ's order: by row, role, action, user."""
    reasons, details = zip(*((str(reason), detail) for reason, detail in why), strict=True)
    own: dict[str, Sequence[Any]] = {"reason": reasons, "detail": details}
    added = {name: own[name] if name in own else changes[name].tolist() for name in HELD}
    cells = {name: [*held[name].tolist(), *added[name]] for name in HELD}
    rank = {role: at for at, role in enumerate(roles)}
    order = np.lexsort((cells["user_id"], cells["action"], [rank[role] for role in cells["role"]], cells["row"]))
    return frame(HELD, {name: [column[at] for at in order] for name, column in cells.items()})


def _why(policy: Policy, reason: str, earlier: int, *, unread: bool) -> tuple[HeldReason, str] | None:
    """Say why a removal waits; None if it doesn't. `earlier` counts the runs of absence before this one."""
    if unread:
        text = "keeps the role as long as rows of the list can't be read"
        return HeldReason.REMOVALS_HELD, f"{REASONS[reason]}; {text}"
    if policy.hold_removals:
        return HeldReason.REMOVALS_HELD, f"{REASONS[reason]}; keeps the role as long as hold_removals is set"
    if earlier < policy.grace_runs:
        runs = f"absent in run {earlier + 1} of {policy.grace_runs}"
        return HeldReason.GRACE, f"{runs}, so keeps the role for now; {REASONS[reason]}"
    return None


def _without_unused(table: pd.DataFrame) -> pd.DataFrame:
    """Name no category that nothing is left of, as `frame` wouldn't."""
    names = [name for name, kind in CHANGES.items() if kind == "category"]
    return table.assign(**{name: table[name].cat.remove_unused_categories() for name in names})
