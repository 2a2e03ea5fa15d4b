"""The order in which changes are sent, and their division into chunks and waves."""

from itertools import pairwise

import numpy as np
import pandas as pd

from rolesync.model.frames import rows_with
from rolesync.model.vocabulary import RIVAL_ROLES, Action


def order(changes: pd.DataFrame) -> pd.DataFrame:
    """Sort CHANGES into the order in which they are sent.

    Users who only gain roles come first, then users who gain and lose, then users who only lose. If a run stops early,
    no user has lost a role before all users who only gain have gained. Within these stages, changes are sorted by user,
    then additions before removals, then by role. If a user changes from a role to its rival (`RIVAL_ROLES`), the
    removal comes first. After the addition, Studio may have removed the rival itself, and may refuse a removal that
    changes nothing.
    """
    removed = rows_with(changes["action"], {Action.REMOVE.value})
    user_id, role = changes["user_id"].to_numpy(), changes["role"]
    names = role.cat.categories.tolist()
    role_ranks = np.array([sorted(names).index(name) for name in names], np.int64)[role.cat.codes]
    step = np.where(removed, 2, 1)
    for gained, rival in RIVAL_ROLES.items():
        gains, loses = ~removed & rows_with(role, {gained}), removed & rows_with(role, {rival})
        step[loses] = np.where(np.isin(user_id[loses], user_id[gains]), 0, 2)
    ranks = np.lexsort((role_ranks, step, user_id, _stages(changes)))
    return changes.iloc[ranks].reset_index(drop=True)


def chunks(changes: pd.DataFrame, size: int) -> list[range]:
    """Cut ordered CHANGES into the fewest chunks of at most `size` actions that keep the order and each user whole.

    A user with more actions than `size` gets a longer chunk alone. If each user has one action, there are
    `ceil(len(changes) / size)` chunks. A user with several actions may leave space at the end of the chunk before.

    Returns:
        The positions of the changes of each chunk.

    Raises:
        ValueError: `size` is less than 1, or the changes of a user are not adjacent.
    """
    if size < 1:
        raise ValueError(f"chunk size {size} is less than 1")
    user = changes["user_id"].to_numpy()
    ends = np.append(np.flatnonzero(user[1:] != user[:-1]) + 1, len(user))
    if len(user) and len(ends) != changes["user_id"].nunique():
        raise ValueError("the changes of a user are not adjacent: order them first")
    bounds = [0]
    while bounds[-1] < len(user):
        last_fitting = np.searchsorted(ends, bounds[-1] + size, side="right") - 1
        next_user = np.searchsorted(ends, bounds[-1], side="right")  # taken even if longer than `size`
        bounds.append(int(ends[max(next_user, last_fitting)]))
    return [range(start, end) for start, end in pairwise(bounds)]


def waves(changes: pd.DataFrame, size: int) -> list[list[range]]:
    """Cut ordered CHANGES into `chunks`, and group chunks that may be sent in parallel.

    In a wave, no user is in two chunks, and all chunks have the same stage (see `order`). So no role is removed before
    all users who only gain have gained, and users who only lose come after all others. A chunk with two stages is alone
    in its wave.
    """
    stage = _stages(changes)
    groups: list[list[range]] = []
    stage_of_wave = 0
    for chunk in chunks(changes, size):
        stages = stage[chunk.start : chunk.stop]
        if not groups or stages.max() > stage_of_wave:
            groups.append([])
            stage_of_wave = stages.min()
        groups[-1].append(chunk)
    return groups


def _stages(changes: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the stage of each change's user: 0 for users who only gain roles, 1 for gain and lose, 2 for only lose."""
    user = pd.factorize(changes["user_id"].to_numpy())[0]
    removed = rows_with(changes["action"], {Action.REMOVE.value})
    gains = np.bincount(user, weights=~removed) > 0
    loses = np.bincount(user, weights=removed) > 0
    return np.where(loses, np.where(gains, 1, 2), 0)[user]
