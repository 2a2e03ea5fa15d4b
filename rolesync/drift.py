"""Who has changed since a plan was made: the people it touches, held against Studio as it is now."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from rolesync.model import CHANGES, Live, email_key, require, role_names


@dataclass(frozen=True, slots=True)
class Drift:
    """Somebody whom the plan touches and who is not as the plan saw them."""

    user_id: int
    email: str  # as planned
    planned: str  # what the plan saw, in words
    now: str  # what Studio shows, in words


def drifted(changes: pd.DataFrame, live: Live) -> tuple[Drift, ...]:
    """Find whoever has another address, other managed roles, or is gone.

    Args:
        changes: CHANGES; `before` is what was seen when the plan was made.
        live: today's Studio, complete for the people of `changes`; only its `roles` are compared.

    Returns:
        One entry per person, in the plan's order.
    """
    require(changes, CHANGES)
    columns = (live.users[name].tolist() for name in ("user_id", "email", "roles"))
    now = {user_id: (email, roles) for user_id, email, roles in zip(*columns, strict=True)}
    planned = changes.drop_duplicates("user_id")
    found = []
    for user_id, email, before in zip(
        *(planned[name].tolist() for name in ("user_id", "email", "before")), strict=True
    ):
        seen = _words(email, _managed(before, live.roles))
        today = _words(now[user_id][0], _managed(now[user_id][1], live.roles)) if user_id in now else "not in Studio"
        same = user_id in now and email_key(now[user_id][0]) == email_key(email)
        if not same or _managed(now[user_id][1], live.roles) != _managed(before, live.roles):
            found.append(Drift(user_id, email, seen, today))
    return tuple(found)


def _managed(spelled: str, roles: Iterable[str]) -> list[str]:
    return sorted(set(role_names(spelled)).intersection(roles))


def _words(email: str, roles: list[str]) -> str:
    return f"{email or 'no e-mail'}: {', '.join(roles) or 'no managed role'}"
