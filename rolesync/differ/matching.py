"""The live users, found by the addresses that a list names or by id, a million of them as fast as a few.

The live users pass block by block through the index of the addresses that are asked for, so that no live address
becomes a text of its own in its normal spelling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.frames import LIVE, require
from rolesync.model.keys import email_key
from rolesync.model.packed.emails import packed_keys
from rolesync.model.packed.index import Index

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class JoinedPeople:
    """The live users. A position is a user's place in their frame, -1 stands for nobody."""

    users: pd.DataFrame  # LIVE
    user_id: "pd.Index[int]"
    owner: Ints  # the first position that has each of the addresses that were asked for
    shared: Mapping[int, list[int]]  # by such a position, all who have the same address, where they are several

    def sharing(self, position: int) -> list[int]:
        """The positions of all who have the address that this one is the first to have."""
        return self.shared.get(position, [position]) if position >= 0 else []

    def find_ids(self, user_ids: Ints) -> Ints:
        """The position of each id."""
        return self.user_id.get_indexer(pd.Index(user_ids)).astype(np.int64)

    def keys(self, positions: Ints) -> list[str]:
        """The address of each position, as `email_key` spells it."""
        return list(map(email_key, self.users["email"].array.take(positions).tolist()))


def join_people(users: pd.DataFrame, asked: Index) -> JoinedPeople:
    """Find who has the addresses that are asked for among the users of LIVE.

    Raises:
        TypeError: the frame is not as the model describes it.
        ValueError: two users have the same id.
    """
    require(users, LIVE)
    user_id = pd.Index(users["user_id"])
    ascending = bool((user_id[1:] > user_id[:-1]).all())  # the cheaper question
    if not ascending and not user_id.is_unique:
        twice = users["user_id"][user_id.duplicated()].iloc[0]
        raise ValueError(f"user {twice} occurs twice in what was read from Studio")
    owner = np.full(len(asked), -1, np.int64)
    others: list[tuple[int, int]] = []  # whoever has the address of somebody before: that one's position, and theirs
    start = 0
    for keys in packed_keys(users["email"].to_numpy(np.object_)):
        places = asked.find(keys)
        having = np.flatnonzero(places >= 0)[::-1]  # backwards, so that the first is written last and stays
        places, having = places[having], having + start
        new = owner[places] < 0
        owner[places[new]] = having[new]
        if (later := owner[places] != having).any():
            others += zip(owner[places[later]].tolist(), having[later].tolist(), strict=True)
        start += len(keys)
    shared: dict[int, list[int]] = {}
    for first, other in sorted(others):
        shared.setdefault(first, [first]).append(other)
    return JoinedPeople(users, user_id, owner if asked.distinct else owner[asked.first], shared)
