"""The live users, found by the addresses that a list names or by id, a million of them as fast as a few.

Of the addresses that are asked for only the hashes are kept in an index, through which the live users pass block by
block; whoever is found is proven by comparing the addresses. So no live address is kept in its normal spelling, which
takes half the time and memory of a dictionary, and addresses whose hashes collide are still told apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model import LIVE, email_key, require

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

_BLOCK = 10_000  # addresses folded at a time: enough to be fast, few enough to be small
_BLANKS = " \t\r\v\f\x1c\x1d\x1e\x1f"  # what `str.strip` takes off ASCII text, besides the line feed


@dataclass(frozen=True, eq=False)
class Addresses:
    """Addresses that are asked for, each an `email_key` or "", with the hash of each."""

    texts: Texts
    hashes: Ints

    @property
    def blank(self) -> Mask:
        """Which of them are none."""
        found: Mask = self.hashes == hash("")
        found[found] = self.texts[found] == ""
        return found


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
        return [key for block in _folded(self.users["email"].array.take(positions).tolist()) for key in block]


def addresses(column: "pd.Series[str]") -> Addresses:
    """Make a column of addresses ready to be asked for."""
    texts = column.to_numpy(np.object_)
    return Addresses(texts, _hashes(texts, len(texts)))


def find_people(users: pd.DataFrame, asked: Addresses) -> People:
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
    index = _Index(asked)
    found = np.full(len(users), -1, np.int64)  # which of the distinct addresses each user has
    start = 0
    for keys in _folded(users["email"].tolist()):
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


class _Index:
    """The distinct addresses among those asked for: `codes` numbers each that was asked for by them, 0 to `size`."""

    def __init__(self, asked: Addresses) -> None:
        self._texts = asked.texts
        self._hashes = pd.Index(asked.hashes)
        self._rows = self.codes = np.arange(len(asked.texts))
        self._clashing: dict[str, int] = {}
        if not self._hashes.is_unique:
            self._rows = np.flatnonzero(~self._hashes.duplicated())
            distinct = self._hashes[self._rows]
            self.codes = distinct.get_indexer(self._hashes).astype(np.int64)
            self._hashes = distinct
            differ = np.flatnonzero(self._texts != self._texts[self._rows[self.codes]])
            for row in differ.tolist():
                self.codes[row] = self._clashing.setdefault(self._texts[row], len(distinct) + len(self._clashing))
        self.size = len(self._hashes) + len(self._clashing)

    def find(self, keys: list[str]) -> Ints:
        """The code of each key; -1 for one that was not asked for, or is empty."""
        codes = self._hashes.get_indexer(pd.Index(_hashes(keys, len(keys)))).astype(np.int64)
        hits = np.flatnonzero(codes >= 0)
        found = np.array(keys, np.object_)[hits]
        same = (self._texts[self._rows[codes[hits]]] == found) & (found != "")
        codes[hits[~same.astype(np.bool_)]] = -1
        if self._clashing:
            for at, key in enumerate(keys):
                codes[at] = self._clashing.get(key, codes[at]) if key else -1
        return codes


def email_keys(addresses: list[str]) -> list[str]:
    """The `email_key` of each address, many at once."""
    return list(chain.from_iterable(_folded(addresses)))


def _hashes(texts: Iterable[str], number: int) -> Ints:
    return np.fromiter(map(hash, texts), np.int64, number)


def _folded(addresses: list[str]) -> Iterator[list[str]]:
    """The `email_key` of each address, folding whole blocks of plain ones at once, which is several times faster."""
    for start in range(0, len(addresses), _BLOCK):
        block = addresses[start : start + _BLOCK]
        text = "\n".join(block)
        plain = text.isascii() and text.count("\n") == len(block) - 1 and not any(map(text.__contains__, _BLANKS))
        if not plain:
            yield list(map(email_key, block))
        elif text == (folded := text.lower()):
            yield block
        else:
            yield folded.split("\n")
