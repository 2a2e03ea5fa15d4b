"""The live users, found by the addresses that a list names or by id, a million of them as fast as a few.

Of the addresses that are asked for only the hashes are kept in an index, through which the live users pass block by
block; whoever is found is proven by comparing the addresses. So no live address becomes a text of its own in its normal
spelling, and addresses whose hashes collide are still told apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model import LIVE, Packed, email_key, pack, require
from rolesync.model.packed import pack_lines

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

_BLOCK = 10_000  # addresses folded at a time: enough to be fast, few enough to be small


@dataclass(frozen=True, eq=False)
class People:
    """The live users. A position is a user's place in their frame, -1 stands for nobody."""

    users: pd.DataFrame  # LIVE
    user_id: "pd.Index[int]"
    owner: Ints  # the first position that has each of the addresses asked for
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


def find_people(users: pd.DataFrame, asked: Packed) -> People:
    """Find who has the addresses among the users of LIVE.

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
    index = Index(asked)
    found = np.full(len(users), -1, np.int64)  # which of the distinct addresses each user has
    start = 0
    for keys in packed_keys(users["email"].to_numpy(np.object_)):
        found[start : start + len(keys)] = index.find(keys)
        start += len(keys)
    having = np.flatnonzero(found >= 0)
    first = np.full(index.size, -1, np.int64)
    first[found[having[::-1]]] = having[::-1]  # backwards, so that the first is written last and stays
    shared: dict[int, list[int]] = {}
    if len(having) > np.count_nonzero(first >= 0):
        several = np.bincount(found[having], minlength=index.size) > 1
        for at in having[several[found[having]]].tolist():
            shared.setdefault(int(first[found[at]]), []).append(at)
    return People(users, user_id, first[index.codes], shared)


class Index:
    """The distinct addresses among those asked for: `codes` numbers each that was asked for by them, 0 to `size`."""

    def __init__(self, asked: Packed) -> None:
        self._asked = asked
        self._hashes = pd.Index(asked.hashes)
        self._rows = self.codes = np.arange(len(asked))
        self._clashing: dict[str, int] = {}
        if not self._hashes.is_unique:
            every = self._rows
            self.codes, distinct = pd.factorize(asked.hashes)
            self._hashes, self._rows = pd.Index(distinct), np.zeros(len(distinct), np.int64)
            self._rows[self.codes[::-1]] = every[::-1]  # backwards, so that the first is written last and stays
            again = np.flatnonzero(self._rows[self.codes] != every)
            differ = again[~asked.same(again, asked, self._rows[self.codes[again]])]
            for row, text in zip(differ.tolist(), asked.texts(differ), strict=True):
                self.codes[row] = self._clashing.setdefault(text, len(distinct) + len(self._clashing))
        self.size = len(self._hashes) + len(self._clashing)

    def among(self, blocks: Iterable[Packed]) -> Mask:
        """Which of the distinct addresses are among these keys."""
        found = np.zeros(self.size + 1, np.bool_)  # with one more, which is for -1
        for keys in blocks:
            found[self.find(keys)] = True
        return found[:-1]

    def find(self, keys: Packed) -> Ints:
        """The code of each key; -1 for one that was not asked for, or is empty."""
        codes = self._hashes.get_indexer(pd.Index(keys.hashes)).astype(np.int64)
        hits = np.flatnonzero(codes >= 0)
        same = keys.same(hits, self._asked, self._rows[codes[hits]]) & (keys.size[hits] > 0)
        codes[hits[~same]] = -1
        if self._clashing:
            for at, text in enumerate(keys.texts()):
                codes[at] = self._clashing.get(text, codes[at]) if text else -1
        return codes


def packed_keys(addresses: Sequence[str] | Texts) -> Iterator[Packed]:
    """The `email_key` of each address, packed block by block."""
    return (_folded(addresses[start : start + _BLOCK]) for start in range(0, len(addresses), _BLOCK))


def _folded(block: Sequence[str] | Texts) -> Packed:
    """Fold plain addresses as one text, which is several times faster; a blank in any may be one to take off."""
    lines = "\n".join(block)
    if lines.isascii():
        text = lines.lower().encode()
        if np.count_nonzero(np.frombuffer(text, np.uint8) <= ord(" ")) == len(block) - 1:  # those between the lines
            return pack_lines(text)
    return pack(list(map(email_key, block)))
