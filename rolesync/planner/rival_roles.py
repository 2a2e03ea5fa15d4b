"""Roles that exclude each other: which users would probably lose one because the plan gives them the other."""

import numpy as np
import pandas as pd

from rolesync.model.keys import parse_roles
from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import RIVAL_ROLES, Action, VerdictStatus
from rolesync.planner.verdicts import name_some


def rival_losses(changes: pd.DataFrame) -> pd.DataFrame:
    """Find the roles that additions would cost, see `RIVAL_ROLES`; not those that the plan removes anyway.

    Args:
        changes: CHANGES.

    Returns:
        The additions, each as the removal (CHANGES) that it would cause.
    """
    added, role = changes["action"] == Action.ADD.value, changes["role"].astype("str")
    is_loss = np.zeros(len(changes), np.bool_)
    for gained, rival in RIVAL_ROLES.items():
        holds_rival = [roles for roles in changes["before"].cat.categories if rival in parse_roles(roles)]
        removed = changes["user_id"][~added & (role == rival)]
        gains = added & (role == gained) & changes["before"].isin(holds_rival)
        is_loss |= (gains & ~changes["user_id"].isin(removed)).to_numpy()
    losses = changes[is_loss]
    return losses.assign(role=losses["role"].astype("str").map(RIVAL_ROLES), action=Action.REMOVE.value)


def rival_roles(losses: pd.DataFrame) -> Verdict:
    """Warn of roles that additions would probably cost. This guard never blocks."""
    rule = "rival_roles"
    if not len(losses):
        return Verdict(rule, VerdictStatus.PASS, "no addition costs its user another role", limit=0, value=0)
    rows = losses[["user_id", "email", "role"]].itertuples(index=False, name=None)
    named = name_some(
        f"{email or 'the user'} ({user_id}) gets {RIVAL_ROLES[role]} and would lose {role}"
        for user_id, email, role in rows
    )
    message = (
        f"users who would probably lose another role: {len(losses):,} ({named}), because Studio allows only one of the "
        "two: check that they should; `rolesync undo` would give it back"
    )
    return Verdict(rule, VerdictStatus.WARN, message, limit=0, value=len(losses))
