"""The order in which changes are sent, and how they are cut into chunks and waves."""

from itertools import pairwise

import numpy as np
import pandas as pd

from rolesync.model.vocabulary import Action


def order(changes: pd.DataFrame) -> pd.DataFrame:
    """Sort CHANGES into the order in which they are sent, whatever order they come in.

    People who only gain roles come first, then those who gain and lose, then those who only lose: whatever stops a run
    half-way, nobody has lost a role that somebody else should have had by then. Inside, by user; of each user the
    additions first; then by role.
    """
    removed = (changes["action"] == Action.REMOVE.value).to_numpy()
    role = changes["role"].cat.reorder_categories(sorted(changes["role"].cat.categories)).cat.codes
    ranks = np.lexsort((role, removed, changes["user_id"], _stages(changes)))
    return changes.iloc[ranks].reset_index(drop=True)


def chunks(changes: pd.DataFrame, size: int) -> list[range]:
    """Cut ordered CHANGES into as few slices as keep order and each user whole, at most `size` actions each.

    Only a user with more actions than that makes a longer slice, alone. Where everybody has one action, these are
    `ceil(len(changes) / size)` slices; a user with several may leave some places empty at the end of the slice before.

    Returns:
        The positions of each slice's changes.

    Raises:
        ValueError: `size` is less than 1, or the changes of a user don't stand together.
    """
    if size < 1:
        raise ValueError(f"chunk size {size} is less than 1")
    user = changes["user_id"].to_numpy()
    ends = np.append(np.flatnonzero(user[1:] != user[:-1]) + 1, len(user))
    if len(user) and len(ends) != changes["user_id"].nunique():
        raise ValueError("the changes of a user don't stand together: order them first")
    cut = [0]
    while cut[-1] < len(user):
        last, first = np.searchsorted(ends, [cut[-1] + size, cut[-1]], side="right") - [1, 0]
        cut.append(int(ends[max(first, last)]))
    return [range(start, end) for start, end in pairwise(cut)]


def waves(changes: pd.DataFrame, size: int) -> list[list[range]]:
    """Cut ordered CHANGES into `chunks`, and put those together that may be under way at once.

    Inside a wave nobody waits for anybody: no user is in two chunks, and no chunk holds people of a later stage of
    `order` than the earliest one of its wave. So no wave takes a role before all who only gain have gained, nor from
    those who only lose before all others are done; a chunk in which two stages meet is a wave of its own.
    """
    stage = _stages(changes)
    found: list[list[range]] = []
    earliest = 0
    for chunk in chunks(changes, size):
        own = stage[chunk.start : chunk.stop]
        if not found or own.max() > earliest:
            found.append([])
            earliest = own.min()
        found[-1].append(chunk)
        earliest = min(earliest, own.min())
    return found


def _stages(changes: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Tell of each change when its user's turn is: 0 for those who only gain, 1 for both, 2 for those who only lose."""
    user = pd.factorize(changes["user_id"])[0]
    removed = (changes["action"] == Action.REMOVE.value).to_numpy()
    gains = np.bincount(user, weights=~removed) > 0
    loses = np.bincount(user, weights=removed) > 0
    return np.where(loses, np.where(gains, 1, 2), 0)[user]
