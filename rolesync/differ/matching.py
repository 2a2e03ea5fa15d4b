"""Finds the live user whom each row of the list means, by address or id.

The live users pass block by block through the index of the listed addresses. In a block of plain ASCII addresses, no
Python string is created for a normalised address.
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
    """The live users, joined with the listed addresses. A position is a user's place in `users`; -1 means no user."""

    users: pd.DataFrame  # LIVE
    user_id: "pd.Index[int]"
    by_address: Ints  # for each row of the list, the position of the first user with its address; -1 for none
    shared: Mapping[int, list[int]]  # first position → all positions with the same address, if there are several

    def sharing(self, position: int) -> list[int]:
        """Return the positions of all users with one address; `position` is the first of them, or -1 for none."""
        return self.shared.get(position, [position]) if position >= 0 else []

    def find_ids(self, user_ids: Ints) -> Ints:
        """Return the position of the user with each id; -1 for an unknown id, and for 0."""
        return self.user_id.get_indexer(pd.Index(user_ids)).astype(np.int64)

    def keys(self, positions: Ints) -> list[str]:
        """Return the address at each position, normalised by `email_key`."""
        return list(map(email_key, self.users["email"].array.take(positions).tolist()))


@dataclass(frozen=True, eq=False)
class MatchedRows:
    """The live user of each row: `position`, or -1 where a mask of `unmatched` gives the reason."""

    position: Ints
    by_address: Ints  # as in `JoinedPeople`, whatever the row's id
    unmatched: Mapping[HeldReason, Mask]


def join_people(users: pd.DataFrame, addresses: Index) -> JoinedPeople:
    """Find the users who have the listed addresses.

    Args:
        users: the live users (LIVE).
        addresses: the address of each row of the list, "" for none.

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
    by_address = np.full(len(addresses), -1, np.int64)
    duplicates: list[tuple[int, int]] = []  # (first position with an address, later position with the same one)
    start = 0
    for keys in packed_keys(users["email"].to_numpy(np.object_)):
        places = addresses.find(keys)
        positions = np.flatnonzero(places >= 0)[::-1]  # backwards: the first position is written last and stays
        places, positions = places[positions], positions + start
        new = by_address[places] < 0
        by_address[places[new]] = positions[new]
        if (later := by_address[places] != positions).any():
            duplicates += zip(by_address[places[later]].tolist(), positions[later].tolist(), strict=True)
        start += len(keys)
    shared: dict[int, list[int]] = {}
    for first, other in sorted(duplicates):
        shared.setdefault(first, [first]).append(other)
    if not addresses.distinct:
        by_address = by_address[addresses.first]  # the index finds equal addresses at the first of their rows
    return JoinedPeople(users, user_id, by_address, shared)


def match_rows(email: PackedTexts, user_id: Ints, people: JoinedPeople) -> MatchedRows:
    """Find the user whom each row means, if that is certain.

    Args:
        email: the address of each row, "" for none.
        user_id: the id of each row, 0 for none.
        people: the live users, joined with the addresses of the same rows.
    """
    by_address = position = people.by_address
    has_id = user_id > 0
    mismatch, ambiguous = np.zeros((2, len(by_address)), np.bool_)
    if has_id.any():
        live_ids = np.append(people.users["user_id"], 0)  # the last element, 0, is for position -1
        searched = np.flatnonzero(has_id & (live_ids[by_address] != user_id))  # the others need no search
        position = by_address.copy()
        position[searched] = people.find_ids(user_id[searched])
        differ = searched[(position[searched] != by_address[searched]) & (email.size[searched] > 0)]
        # If several users share the address, the id decides. If the user with the id has another address, or if only
        # the address is known, the id or the address may be a typing error.
        if len(differ):
            keys = pack(people.keys(np.maximum(position[differ], 0)))
            mismatch[differ] = (position[differ] < 0) | ~keys.same(np.arange(len(keys)), email, differ)
    if people.shared:
        sharing = np.zeros(len(people.users), np.bool_)
        sharing[list(people.shared)] = True
        ambiguous = ~has_id & (by_address >= 0) & sharing[by_address]
    uncertain = mismatch | ambiguous
    return MatchedRows(
        np.where(uncertain, -1, position) if uncertain.any() else position,
        by_address,
        {
            HeldReason.NOT_IN_STUDIO: (position < 0) & ~mismatch,
            HeldReason.AMBIGUOUS: ambiguous,
            HeldReason.IDENTITY_MISMATCH: mismatch,
        },
    )
