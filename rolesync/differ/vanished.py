"""Recognises a read of Studio in which most holders of a role are missing, as during maintenance.

Nobody takes a role from most of its holders unnoticed. So such a read proves neither losses nor an empty role.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from rolesync.model.live import Live

_ALWAYS_ALLOWED = 2  # holders gone from a role: in a small one that is most of them, and an everyday change


class Vanished(NamedTuple):
    """A role from which too many holders are gone: so many of so many, where so many are allowed."""

    role: str
    gone: int
    before: int
    allowed: int

    def __str__(self) -> str:
        return f"{self.gone:,} of {self.before:,} holders of {self.role} are gone"


def vanished_holders(before: Mapping[str, Collection[int]], live: Live) -> Vanished | None:
    """Find a role from which more than half of its holders are gone.

    Args:
        before: the ids of users who should hold each role.
        live: who holds them now, complete for its `roles`.

    Returns:
        The first such role; None if there is none.
    """
    for role in live.roles:
        expected = set(before.get(role, ()))
        gone = len(expected.difference(live.holders(role)["user_id"].tolist())) if expected else 0
        allowed = max(_ALWAYS_ALLOWED, len(expected) // 2)
        if gone > allowed:
            return Vanished(role, gone, len(expected), allowed)
    return None
