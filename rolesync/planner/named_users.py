"""Whom a setting names, each by address or id, among the people of a frame: a million of them as well as a few."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.keys import email_key, parse_roles

_BLOCK = 10_000


def users_named(people: pd.DataFrame, entries: Sequence[str]) -> pd.DataFrame:
    """The rows of the people whom the entries name; the frame has `user_id` and `email`."""
    keys = {email_key(entry) for entry in entries} - {""}
    ids = {int(key) for key in keys if key.isascii() and key.isdigit()}
    by_id = people["user_id"].isin([one for one in ids if one < 1 << 63])
    return people[by_id.to_numpy() | _having(people["email"].tolist(), keys)]


def is_holder(users: pd.DataFrame, entry: str, roles: Iterable[str]) -> bool:
    """Whether whom the entry names in LIVE holds one of the roles; once one who does is found, nobody else matters."""
    parts = (users.iloc[start : start + 10 * _BLOCK] for start in range(0, len(users), 10 * _BLOCK))
    return any(_holds(users_named(part, [entry]), roles) for part in parts)


def _having(addresses: list[str], keys: set[str]) -> npt.NDArray[np.bool_]:
    """Which addresses are among the keys. Blocks without any are passed over whole: there may be a million addresses.

    Folding acts on single characters and never across a line feed, so each address's key is part of its block's.
    """
    found = np.zeros(len(addresses), np.bool_)
    for start in range(0, len(addresses), _BLOCK):
        block = addresses[start : start + _BLOCK]
        text = email_key("\n".join(block))
        if any(key in text for key in keys):
            found[start : start + len(block)] = [email_key(address) in keys for address in block]
    return found


def _holds(people: pd.DataFrame, roles: Iterable[str]) -> bool:
    return any(not set(roles).isdisjoint(parse_roles(spelled)) for spelled in people["roles"].tolist())
