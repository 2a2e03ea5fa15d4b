"""Roles that exclude each other: which users would probably lose one because the plan gives them the other."""

import numpy as np
import pandas as pd

from rolesync.model.findings import name_some
from rolesync.model.frames import rows_with
from rolesync.model.keys import parse_roles
from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import RIVAL_ROLES, Action, VerdictStatus


def rival_losses(changes: pd.DataFrame) -> pd.DataFrame:
    """Find the roles that additions would cost, see `RIVAL_ROLES`; not those that the plan removes anyway.

    Args:
        changes: CHANGES.

    Returns:
        The additions, each as the removal (CHANGES) that it would cause.
    """
    added, user_id = rows_with(changes["action"], {Action.ADD.value}), changes["user_id"].to_numpy()
    is_loss = np.zeros(len(changes), np.bool_)
    for gained, rival in RIVAL_ROLES.items():
        holds_rival = {roles for roles in changes["before"].cat.categories if rival in parse_roles(roles)}
        removed = user_id[~added & rows_with(changes["role"], {rival})]
        gains = added & rows_with(changes["role"], {gained}) & rows_with(changes["before"], holds_rival)
        is_loss[gains] = ~np.isin(user_id[gains], removed)
    losses = changes[is_loss]
    if losses.empty:
        return losses
    return losses.assign(role=losses["role"].astype("str").map(RIVAL_ROLES), action=Action.REMOVE.value)


def rival_roles(losses: pd.DataFrame, changes: pd.DataFrame) -> Verdict:
    """Warn of users who probably can't hold both of their roles. This guard never blocks.

    Args:
        losses: the roles that additions would cost, see `rival_losses`.
        changes: CHANGES.
    """
    rule = "rival_roles"
    rivals = changes[rows_with(changes["action"], {Action.ADD.value}) & rows_with(changes["role"], RIVAL_ROLES)]
    with_both = rivals[rivals.duplicated("user_id")]
    value = len(losses) + len(with_both)
    if not value:
        return Verdict(rule, VerdictStatus.PASS, "no addition costs its user another role", limit=0, value=0)
    texts = []
    groups = [
        f"users who get {gained} and would probably lose {role}: {_named(users)}"
        for role, gained in RIVAL_ROLES.items()
        if len(users := losses[losses["role"] == role])
    ]
    if groups:
        texts.append(
            f"{'; '.join(groups)}, because Studio allows only one of the two: check that each of them should get the "
            "new role; `rolesync undo` of the run would take it away again and give the lost role back"
        )
    if len(with_both):
        texts.append(
            f"users who get both {' and '.join(RIVAL_ROLES)}: {_named(with_both)}, though Studio probably allows "
            "only one of the two: give each of them only one of these roles"
        )
    return Verdict(rule, VerdictStatus.WARN, "; ".join(texts), limit=0, value=value)


def _named(users: pd.DataFrame) -> str:
    """Count users, and name the first of them."""
    rows = users[["user_id", "email"]].itertuples(index=False, name=None)
    names = name_some(f"{email or 'the user'} ({user_id})" for user_id, email in rows)
    return f"{len(users):,} ({names})"
