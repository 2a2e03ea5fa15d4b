"""Holds removals back that the policy doesn't allow yet: all of them, or those of users in their grace period.

A removal that waits becomes a held row with its reason. So guards, reports and the executor all see the same rest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from rolesync.model.frames import CHANGES, HELD, frame, rows_with
from rolesync.model.history import GuardBaseline
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.model.reasons import WAITING, HeldReason, describe_reason
from rolesync.model.vocabulary import Action, Level, Mode


def hold_changes(changes: Changes, policy: Policy, baseline: GuardBaseline, *, holds_removals: str = "") -> Changes:
    """Turn the removals that the policy doesn't allow yet into held rows.

    Args:
        changes: the differ's result.
        policy: `hold_removals` holds every removal; `grace_runs` holds the removals of users who were absent from the
            list in fewer earlier runs in a row.
        baseline: the number of those runs.
        holds_removals: why every removal is held, such as unreadable rows, which may name any user; "" if none is.

    Returns:
        The remaining changes, the held rows by row and user, the role counts without the held removals, and the
        removals that a reviewer may release.
    """
    table = changes.changes
    removals = np.flatnonzero(rows_with(table["action"], {Action.REMOVE.value}))
    cells = [table[name].iloc[removals].tolist() for name in ("role", "user_id", "reason")]
    waiting = {
        position: reason_and_detail
        for position, role, user_id, reason in zip(removals.tolist(), *cells, strict=True)
        if (
            reason_and_detail := _hold_reason(
                policy,
                describe_reason(reason, changes.periods.get((user_id, role))),
                baseline.absent.get(role, {}).get(user_id, 0),
                holds_removals=holds_removals,
            )
        )
    }
    held = table.iloc[list(waiting)].reset_index(drop=True)
    remaining = hold(changes, waiting)
    return replace(remaining, releasable_removals=_without_unused(held)) if waiting else changes


def hold(
    changes: Changes, reasons: Mapping[int, tuple[HeldReason, str]], user_ids: Mapping[int, int] | None = None
) -> Changes:
    """Turn some changes into held rows.

    Args:
        changes: the changes.
        reasons: for each position in their table that is to be held, the reason and a sentence.
        user_ids: by position, the user whom the held row names instead of the user of the change.
    """
    if not reasons:
        return changes
    table, positions = changes.changes, sorted(reasons)
    held = table.iloc[positions]
    number = Counter(zip(held["role"].tolist(), held["action"].tolist(), strict=True))
    users = [(user_ids or {}).get(at, user_id) for at, user_id in zip(positions, held["user_id"].tolist(), strict=True)]
    rows = held.assign(user_id=users)
    return replace(
        changes,
        changes=_without_unused(table.drop(index=held.index).reset_index(drop=True)),
        held=with_held(changes.held, rows, [reasons[at] for at in positions], [count.role for count in changes.roles]),
        roles=tuple(
            replace(
                count,
                additions=count.additions - number[count.role, Action.ADD],
                removals=count.removals - number[count.role, Action.REMOVE],
            )
            for count in changes.roles
        ),
    )


def absent_holders(plan: Plan) -> Mapping[str, Sequence[int]] | None:
    """List the holders to whom the plan's list doesn't give their role; the next runs count grace runs from it.

    Returns:
        User ids by managed role; None if the plan doesn't show it: without a grace period or removals, without a list,
        or if rows of the list are unreadable.
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
    held: pd.DataFrame, changes: pd.DataFrame, reasons: Iterable[Sequence[str]], roles: Sequence[str]
) -> pd.DataFrame:
    """Add changes to the held rows, in the differ's order: by row, role, action and user.

    Args:
        held: HELD.
        changes: CHANGES, those to add.
        reasons: for each of them a `HeldReason` and a sentence.
        roles: the managed roles, in the policy's order.
    """
    codes, details = zip(*((str(code), detail) for code, detail in reasons), strict=True)
    reason_cells: dict[str, Sequence[Any]] = {"reason": codes, "detail": details}
    added_cells = {name: reason_cells[name] if name in reason_cells else changes[name].tolist() for name in HELD}
    cells = {name: [*held[name].tolist(), *added_cells[name]] for name in HELD}
    rank = {role: at for at, role in enumerate(roles)}
    order = np.lexsort((cells["user_id"], cells["action"], [rank[role] for role in cells["role"]], cells["row"]))
    return frame(HELD, {name: [column[at] for at in order] for name, column in cells.items()})


def _hold_reason(policy: Policy, why: str, runs_absent: int, *, holds_removals: str) -> tuple[HeldReason, str] | None:
    """Return why a removal waits, None if it doesn't. `runs_absent` counts the earlier runs in a row."""
    if holds_removals:
        return HeldReason.REMOVALS_HELD, f"{why}; keeps the role while {holds_removals}"
    if policy.hold_removals:
        return HeldReason.REMOVALS_HELD, f"{why}; keeps the role while hold_removals is set"
    if runs_absent < policy.grace_runs:
        run = f"absent in run {runs_absent + 1} of {policy.grace_runs}"
        return HeldReason.GRACE, f"{run}, so keeps the role for now; {why}"
    return None


def _without_unused(table: pd.DataFrame) -> pd.DataFrame:
    """Drop the categories that no row uses any more, as `frame` would."""
    names = [name for name, kind in CHANGES.items() if kind == "category"]
    return table.assign(**{name: table[name].cat.remove_unused_categories() for name in names})
