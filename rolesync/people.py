"""The live users, to be found by id or address, a million of them as fast as a few.

Of each address only the hash is kept in an index; whoever is found by it is proven by comparing the addresses. That
takes half the time and memory of a dictionary, and addresses whose hashes collide are still told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model import LIVE, email_key, require

Ints = npt.NDArray[np.int64]

_BLOCK = 10_000  # addresses folded at a time: enough to be fast, few enough to be small
_BLANKS = " \t\r\v\f\x1c\x1d\x1e\x1f"  # what `str.strip` takes off ASCII text, besides the line feed


@dataclass(frozen=True, eq=False)
class People:
    """The live users. A position is a user's place in their frame, -1 stands for nobody."""

    users: pd.DataFrame  # LIVE
    user_id: Ints
    keys: npt.NDArray[np.object_]  # `email_key` of each address
    hashes: "pd.Index[int]"  # of all addresses, each once
    first: Ints  # the first position that has the hash, with -1 at the end for a hash that nobody has
    repeated: Mapping[str, list[int]]  # by address, everybody whose hash occurs more than once

    def find_emails(self, emails: list[str]) -> Ints:
        """The first position that has each address, an `email_key`; -1 where nobody has it."""
        found = self.first[self.hashes.get_indexer(pd.Index(_hashes(emails)))]
        rows = np.flatnonzero(found >= 0)
        differ = self.keys[found[rows]] != np.array(emails, np.object_)[rows]
        for at in rows[differ.astype(np.bool_)]:
            found[at] = self.repeated.get(emails[at], [-1])[0]
        return found

    def sharing(self, position: int) -> list[int]:
        """The positions of all who have this one's address."""
        return self.repeated.get(self.keys[position], [position]) if position >= 0 else []

    def find_ids(self, user_ids: Ints) -> Ints:
        """The position of each id."""
        return pd.Index(self.user_id).get_indexer(pd.Index(user_ids)).astype(np.int64)


def read_people(users: pd.DataFrame) -> People:
    """Make the users of LIVE ready to be found.

    Raises:
        TypeError: the frame is not as the model describes it.
        ValueError: two users have the same id.
    """
    require(users, LIVE)
    if not users["user_id"].is_unique:
        twice = users["user_id"][users["user_id"].duplicated()].iloc[0]
        raise ValueError(f"user {twice} occurs twice in what was read from Studio")
    keys = _keys(users["email"].tolist())
    having = np.arange(len(keys))
    if "" in keys:
        having = np.flatnonzero(np.fromiter(map(bool, keys), np.bool_, len(keys)))
    hashes = pd.Index(_hashes(keys)[having])
    repeated: dict[str, list[int]] = {}
    if not hashes.is_unique:
        for at in having[hashes.duplicated(keep=False)].tolist():
            repeated.setdefault(keys[at], []).append(at)
        having = having[~hashes.duplicated()]
        hashes = hashes.unique()
    return People(
        users,
        users["user_id"].to_numpy(),
        np.array(keys, np.object_),
        hashes,
        np.append(having, -1),
        repeated,
    )


def _hashes(texts: list[str]) -> Ints:
    return np.fromiter(map(hash, texts), np.int64, len(texts))


def _keys(addresses: list[str]) -> list[str]:
    """The `email_key` of each address, folding whole blocks of plain ones at once, which is several times faster."""
    keys: list[str] = []
    for start in range(0, len(addresses), _BLOCK):
        block = addresses[start : start + _BLOCK]
        text = "\n".join(block)
        plain = text.isascii() and text.count("\n") == len(block) - 1 and not any(map(text.__contains__, _BLANKS))
        if not plain:
            keys += map(email_key, block)
        elif text == (folded := text.lower()):
            keys += block
        else:
            keys += folded.split("\n")
    return keys
