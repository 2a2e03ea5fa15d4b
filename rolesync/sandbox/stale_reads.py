"""What a read shows: the store itself, its people as they were some time ago, or nobody."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class View(Protocol):
    """People to read, as `Store` shows them."""

    def holders(self, role: str) -> Sequence[int]:
        """Return the ids of the holders of a role, ascending."""
        ...

    def with_email(self, email: str, *, match: str, case: str, role: str = "") -> list[int]:
        """Return the ids of people whose address matches, ascending; with a role, only its holders."""
        ...

    def encoded(self, ids: Sequence[int]) -> list[bytes]:
        """Return the JSON of these people, in this order, without ids that don't exist."""
        ...


class PastPeople:
    """People as they were some time ago, as an index or a replica that lags behind shows them.

    Args:
        present: the people of today.
        earlier: the JSON that people had then, for those who have changed since; None if they didn't exist.
    """

    def __init__(self, present: View, earlier: Mapping[int, bytes | None]) -> None:
        self._present = present
        self._earlier = earlier
        self._people = {user_id: json.loads(body) for user_id, body in earlier.items() if body is not None}

    def holders(self, role: str) -> list[int]:
        """Return the ids of those who held a role, ascending."""
        return self._merged(self._present.holders(role), lambda person: role in person["role_names"])

    def with_email(self, email: str, *, match: str, case: str, role: str = "") -> list[int]:
        """Return the ids of people whose address matched, ascending; with a role, only its holders."""

        def fits(person: Mapping[str, Any]) -> bool:
            address = person.get("email")
            if address is None or (role and role not in person["role_names"]):
                return False
            wanted_email = email
            if case == "insensitive":
                address, wanted_email = address.casefold(), email.casefold()
            return bool(
                {
                    "exact": address == wanted_email,
                    "prefix": address.startswith(wanted_email),
                    "contains": wanted_email in address,
                }[match]
            )

        return self._merged(self._present.with_email(email, match=match, case=case, role=role), fits)

    def encoded(self, ids: Sequence[int]) -> list[bytes]:
        """Return the JSON that these people had, in this order, without ids that didn't exist."""
        bodies: list[bytes] = []
        for user_id in ids:
            if user_id not in self._earlier:
                bodies += self._present.encoded([user_id])
            elif (body := self._earlier[user_id]) is not None:
                bodies.append(body)
        return bodies

    def _merged(self, present: Sequence[int], fits: Callable[[Mapping[str, Any]], bool]) -> list[int]:
        unchanged = [user_id for user_id in present if user_id not in self._earlier]
        return sorted([*unchanged, *(user_id for user_id, person in self._people.items() if fits(person))])


class _Nobody:
    def holders(self, role: str) -> Sequence[int]:  # noqa: ARG002  # the signature of a view
        return ()

    def with_email(self, email: str, *, match: str, case: str, role: str = "") -> list[int]:  # noqa: ARG002  # as above
        return []

    def encoded(self, ids: Sequence[int]) -> list[bytes]:  # noqa: ARG002  # as above
        return []


NOBODY: View = _Nobody()
"""The people of a Studio in maintenance."""
