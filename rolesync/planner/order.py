"""The order in which changes are sent, and their division into chunks and waves."""

from itertools import pairwise

import numpy as np
import pandas as pd

from rolesync.model.vocabulary import Action


def order(changes: pd.DataFrame) -> pd.DataFrame:
    """Sort CHANGES into the order in which they are sent.

    Users who only gain roles come first, then users who gain and lose, then users who only lose. If a run stops early,
    no user has lost a role before another user got it. Within these stages, changes are sorted by user, then additions
    before removals, then by role.
    """
    removed = (changes["action"] == Action.REMOVE.value).to_numpy()
    role = changes["role"].cat.reorder_categories(sorted(changes["role"].cat.categories)).cat.codes
    ranks = np.lexsort((role, removed, changes["user_id"], _stages(changes)))
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
        last, first = np.searchsorted(ends, [bounds[-1] + size, bounds[-1]], side="right") - [1, 0]
        bounds.append(int(ends[max(first, last)]))
    return [range(start, end) for start, end in pairwise(bounds)]


def waves(changes: pd.DataFrame, size: int) -> list[list[range]]:
    """Cut ordered CHANGES into `chunks`, and group chunks that may be sent in parallel.

    In a wave, no user is in two chunks, and no chunk has users of a later stage of `order` than the first stage of the
    wave. So no role is removed before all users who only gain have gained, and users who only lose come after all
    others. A chunk with two stages is a wave of its own.
    """
    stage = _stages(changes)
    groups: list[list[range]] = []
    earliest = 0
    for chunk in chunks(changes, size):
        stages = stage[chunk.start : chunk.stop]
        if not groups or stages.max() > earliest:
            groups.append([])
            earliest = stages.min()
        groups[-1].append(chunk)
        earliest = min(earliest, stages.min())
    return groups


def _stages(changes: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The stage of each change by its user: 0 if the user only gains roles, 1 if both, 2 if the user only loses."""
    user = pd.factorize(changes["user_id"])[0]
    removed = (changes["action"] == Action.REMOVE.value).to_numpy()
    gains = np.bincount(user, weights=~removed) > 0
    loses = np.bincount(user, weights=removed) > 0
    return np.where(loses, np.where(gains, 1, 2), 0)[user]
