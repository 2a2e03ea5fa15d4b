"""Finds the users that a setting names by address or id, also among a million users."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.keys import email_key, parse_roles

_BLOCK = 10_000


def users_named(users: pd.DataFrame, entries: Sequence[str]) -> pd.DataFrame:
    """Select the rows of the users whom the entries name. The frame has the columns `user_id` and `email`."""
    keys = {email_key(entry) for entry in entries} - {""}
    ids = {int(key) for key in keys if key.isascii() and key.isdigit()}
    by_id = users["user_id"].isin([user_id for user_id in ids if user_id < 1 << 63])
    return users[by_id.to_numpy() | _match_addresses(users["email"].tolist(), keys)]


def is_holder(users: pd.DataFrame, entry: str, roles: Iterable[str]) -> bool:
    """Whether a user whom the entry names in LIVE holds one of the roles. The search ends with the first."""
    parts = (users.iloc[start : start + 10 * _BLOCK] for start in range(0, len(users), 10 * _BLOCK))
    return any(_holds(users_named(part, [entry]), roles) for part in parts)


def _match_addresses(addresses: list[str], keys: set[str]) -> npt.NDArray[np.bool_]:
    """Mark the addresses that have one of the keys. Blocks without a match are skipped: there may be a million.

    Folding changes single characters and never crosses a line feed. So the key of a block contains the keys of its
    addresses.
    """
    matches = np.zeros(len(addresses), np.bool_)
    for start in range(0, len(addresses), _BLOCK):
        block = addresses[start : start + _BLOCK]
        text = email_key("\n".join(block))
        if any(key in text for key in keys):
            matches[start : start + len(block)] = [email_key(address) in keys for address in block]
    return matches


def _holds(users: pd.DataFrame, roles: Iterable[str]) -> bool:
    return any(not set(roles).isdisjoint(parse_roles(text)) for text in users["roles"].tolist())
