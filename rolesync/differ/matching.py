"""Finds the live user whom each row of the list means, by address or id.

The live users pass block by block through the index of the listed addresses. No Python string is
created for a normalised live address, so the cost per user does not grow with the number of users.
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
from rolesync.model.packed.texts import PackedTexts, pack
from rolesync.model.reasons import HeldReason

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class JoinedPeople:
    """The live users, joined with the listed addresses. A position is a row of `users`; -1 means no user."""

    users: pd.DataFrame  # LIVE
    user_id: "pd.Index[int]"
    owner: Ints  # for each listed address, the first position that has it
    shared: Mapping[int, list[int]]  # first position → all positions with the same address, if there are several

    def sharing(self, position: int) -> list[int]:
        """Return all positions that share the address of `position`, the first one that has it."""
        return self.shared.get(position, [position]) if position >= 0 else []

    def find_ids(self, user_ids: Ints) -> Ints:
        """Return the position of each id."""
        return self.user_id.get_indexer(pd.Index(user_ids)).astype(np.int64)

    def keys(self, positions: Ints) -> list[str]:
        """Return the address at each position, normalised by `email_key`."""
        return list(map(email_key, self.users["email"].array.take(positions).tolist()))


@dataclass(frozen=True, eq=False)
class MatchedRows:
    """The live user of each row: `position`, or -1 where a mask of `unmatched` gives the reason."""

    position: Ints
    owner: Ints  # the first position that has the row's address; -1 for none
    unmatched: Mapping[HeldReason, Mask]


def join_people(users: pd.DataFrame, addresses: Index) -> JoinedPeople:
    """Find the owners of the addresses among the users of LIVE.

    Raises:
        TypeError: the frame is not as the model describes it.
        ValueError: two users have the same id.
    """
    require(users, LIVE)
    user_id = pd.Index(users["user_id"])
    ascending = bool((user_id[1:] > user_id[:-1]).all())  # the cheaper check
    if not ascending and not user_id.is_unique:
        duplicate = users["user_id"][user_id.duplicated()].iloc[0]
        raise ValueError(f"user {duplicate} occurs twice in what was read from Studio")
    owner = np.full(len(addresses), -1, np.int64)
    duplicates: list[tuple[int, int]] = []  # (first position with an address, later position with the same one)
    start = 0
    for keys in packed_keys(users["email"].to_numpy(np.object_)):
        places = addresses.find(keys)
        positions = np.flatnonzero(places >= 0)[::-1]  # backwards: the first position is written last and stays
        places, positions = places[positions], positions + start
        new = owner[places] < 0
        owner[places[new]] = positions[new]
        if (later := owner[places] != positions).any():
            duplicates += zip(owner[places[later]].tolist(), positions[later].tolist(), strict=True)
        start += len(keys)
    shared: dict[int, list[int]] = {}
    for first, other in sorted(duplicates):
        shared.setdefault(first, [first]).append(other)
    return JoinedPeople(users, user_id, owner if addresses.distinct else owner[addresses.first], shared)


def match_rows(email: PackedTexts, user_id: Ints, people: JoinedPeople) -> MatchedRows:
    """Find the user whom each row means, if that is certain.

    Args:
        email: the address of each row, "" for none.
        user_id: the id of each row, 0 for none.
        people: the live users, joined with the addresses of the same rows.
    """
    owner = position = people.owner
    has_id = user_id > 0
    mismatch, ambiguous = np.zeros((2, len(owner)), np.bool_)
    if has_id.any():
        live_ids = np.append(people.users["user_id"], 0)  # the last element, 0, is for position -1
        rest = np.flatnonzero(has_id & (live_ids[owner] != user_id))  # most ids belong to the address's owner
        position = owner.copy()
        position[rest] = people.find_ids(user_id[rest])
        differ = rest[(position[rest] != owner[rest]) & (email.size[rest] > 0)]
        # An id that Studio doesn't know, next to an address that it knows, may be a typing error as well.
        if len(differ):
            keys = pack(people.keys(np.maximum(position[differ], 0)))
            mismatch[differ] = (position[differ] < 0) | ~keys.same(np.arange(len(keys)), email, differ)
    if people.shared:
        sharing = np.zeros(len(people.users), np.bool_)
        sharing[list(people.shared)] = True
        ambiguous = ~has_id & (owner >= 0) & sharing[owner]
    uncertain = mismatch | ambiguous
    return MatchedRows(
        np.where(uncertain, -1, position) if uncertain.any() else position,
        owner,
        {
            HeldReason.NOT_IN_STUDIO: (position < 0) & ~mismatch,
            HeldReason.AMBIGUOUS: ambiguous,
            HeldReason.IDENTITY_MISMATCH: mismatch,
        },
    )
