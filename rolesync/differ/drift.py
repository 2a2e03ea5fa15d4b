"""Finds drift: users who gained or lost a managed role outside rolesync since its last run."""

from typing import Any

from rolesync.differ.vanished import vanished_holders
from rolesync.model.frames import DRIFT, frame
from rolesync.model.history import ExpectedHolders
from rolesync.model.live import Live
from rolesync.model.plans import Drift
from rolesync.model.vocabulary import Action


def drift_since(expected: ExpectedHolders | None, live: Live) -> Drift:
    """Compare the expected holders of each role with the live ones.

    Args:
        expected: who holds the roles if only rolesync has changed them since its last run; None if there was no run.
        live: who holds them now, complete for its `roles`.

    Returns:
        The changes by role, action and user id. Roles that only one side has, and users in doubt, are left out. Unknown
        if most holders of a role are gone: such a read proves no loss.
    """
    if expected is None or vanished_holders(expected.certain, live):
        return Drift()
    cells: dict[str, list[Any]] = {name: [] for name in DRIFT}
    for role in live.roles:
        if role not in expected.holders:
            continue
        users, before = live.holders(role), expected.holders[role]
        now = dict(zip(users["user_id"].tolist(), users["email"].tolist(), strict=True))
        for action, with_role, without in ((Action.ADD, now, before), (Action.REMOVE, before, now)):
            user_ids = sorted(with_role.keys() - without.keys() - expected.doubtful)
            cells["user_id"] += user_ids
            cells["email"] += [with_role[user_id] for user_id in user_ids]
            cells["role"] += [role] * len(user_ids)
            cells["action"] += [action.value] * len(user_ids)
    return Drift(expected.since, frame(DRIFT, cells))
