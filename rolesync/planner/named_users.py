"""Finds the users that a setting names by address, id or domain, also among a million users.

An entry is an address, an id, or `*@DOMAIN` for all users with addresses in a domain.
"""

from collections.abc import Iterable, Sequence, Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rolesync.model.keys import ANY_USER, email_key, parse_roles
from rolesync.model.packed.emails import packed_keys

_BLOCK = 100_000
_NO_ID = 1 << 63  # ids are smaller


@dataclass(frozen=True, slots=True)
class _Names:
    """What entries name: addresses by their keys, domains with their at sign, and ids."""

    keys: AbstractSet[str]
    domains: tuple[str, ...]
    ids: tuple[int, ...]

    @classmethod
    def of(cls, entries: Sequence[str]) -> "_Names":
        keys = {email_key(entry) for entry in entries} - {""}
        numbers = {key for key in keys if key.isascii() and key.isdigit()}
        patterns = {key for key in keys if key.startswith(ANY_USER)}
        ids = tuple(number for number in map(int, numbers) if number < _NO_ID)
        return cls(keys - numbers - patterns, tuple(pattern.removeprefix("*") for pattern in patterns), ids)

    def has(self, key: str) -> bool:
        """Whether they name an address."""
        return key in self.keys or key.endswith(self.domains)


def users_named(users: pd.DataFrame, entries: Sequence[str]) -> pd.DataFrame:
    """Select the rows of the users whom the entries name. The frame has the columns `user_id` and `email`."""
    names = _Names.of(entries)
    return users[users["user_id"].isin(names.ids).to_numpy() | _match_addresses(users, names)]


def entries_without_user(users: pd.DataFrame, entries: Sequence[str]) -> tuple[str, ...]:
    """Return the entries that name none of the users. The frame has the columns `user_id` and `email`."""
    named_users = users_named(users, entries)
    return tuple(entry for entry in entries if users_named(named_users, [entry]).empty)


def is_holder(users: pd.DataFrame, entry: str, roles: Iterable[str]) -> bool:
    """Whether a user whom the entry names in LIVE holds one of the roles. The search ends with the first."""
    parts = (users.iloc[start : start + _BLOCK] for start in range(0, len(users), _BLOCK))
    return any(_holds(users_named(part, [entry]), roles) for part in parts)


def _match_addresses(users: pd.DataFrame, names: _Names) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Mark the users whose address is named. Blocks that hold no named text are skipped: there may be a million."""
    matches, start = np.zeros(len(users), np.bool_), 0
    texts = [text.encode() for text in (*names.keys, *names.domains)]
    if not texts:
        return matches
    for block in packed_keys(users["email"].to_numpy(np.object_)):
        data = block.data.tobytes()
        if any(text in data for text in texts):
            matches[start : start + len(block)] = [names.has(key) for key in block.texts()]
        start += len(block)
    return matches


def _holds(users: pd.DataFrame, roles: Iterable[str]) -> bool:
    return any(not set(roles).isdisjoint(parse_roles(text)) for text in users["roles"].tolist())
