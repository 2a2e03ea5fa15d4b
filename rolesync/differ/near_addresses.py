"""Finds typing errors: a listed user isn't in Studio, and a letter of the address differs from a user who loses a role.

Such an error shows as a removal and a held row, which only this comparison connects.
"""

from collections.abc import Iterator, Sequence

import pandas as pd

from rolesync.model.frames import HELD, frame, rows_with
from rolesync.model.keys import email_key
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action

_MOST = 1_000  # addresses of either kind; with more, a list is new or another one, and each is similar to several


def with_near_addresses(held: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Name in the details of rows the user who may be meant.

    Args:
        held: HELD.
        changes: CHANGES.

    Returns:
        `held` (HELD), with further details.
    """
    absent = rows_with(held["reason"], {HeldReason.NOT_IN_STUDIO.value}).nonzero()[0].tolist()
    if not 0 < len(absent) <= _MOST:
        return held
    unlisted = (
        changes["email"][rows_with(changes["action"], {Action.REMOVE.value}) & (changes["row"] == 0)].unique().tolist()
    )
    if not 0 < len(unlisted) <= _MOST:
        return held
    users: dict[str, list[str]] = {}
    for email in filter(None, unlisted):
        for form in _similar_forms(email_key(email)):
            users.setdefault(form, []).append(email)
    details, emails = held["detail"].tolist(), held["email"].tolist()
    for at in absent:
        if meant := _users_meant(emails[at], users):
            details[at] += f"; did you mean {' or '.join(meant)}, in Studio and not in the list?"
    return frame(HELD, {**{name: held[name] for name in HELD}, "detail": details})


def _users_meant(email: str, users: dict[str, list[str]]) -> Sequence[str]:
    matches = [user for form in _similar_forms(email_key(email)) for user in users.get(form, ())]
    return sorted(set(matches)) if email else ()


def _similar_forms(key: str) -> Iterator[str]:
    """Yield an address, and the address without each of its characters; two similar addresses share one of these forms.

    Addresses that differ in a digit are those of two users, as of s1001 and s1002.
    """
    yield key
    for at, character in enumerate(key):
        if not character.isdecimal():
            yield key[:at] + key[at + 1 :]
