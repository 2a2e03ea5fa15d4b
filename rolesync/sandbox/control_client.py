"""The client of the sandbox's control endpoints: tests and demos use it to see and change what the API hides.

It works on a sandbox in this process and, by its address, on a sandbox in another process.
"""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from rolesync.sandbox.control_routes import CONTROL
from rolesync.sandbox.faults import Faults

_UNSET: Any = object()


class Control:
    """Inspects and changes a running sandbox.

    Every method waits for the answer, however many people the sandbox has to work on. It raises OSError if the sandbox
    can't be reached or ends meanwhile, and ValueError with its message if it refuses.

    Args:
        base_url: the address of the sandbox, such as `http://127.0.0.1:8765`.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def log(self) -> list[dict[str, Any]]:
        """Return every applied change, oldest first.

        Each has `seq`, `time` (ISO 8601), `user_id`, `action`, `role`, `request_id` ("" by hand), `before` and `after`
        (role names in Studio's order) and `by` (`api` or `hand`).
        """
        changes: list[dict[str, Any]] = self._ask("GET", "/log")["changes"]
        return changes

    def counts(self) -> dict[str, int]:
        """Count the requests by kind, with those that a fault affected."""
        requests: dict[str, int] = self._ask("GET", "/counts")["requests"]
        return requests

    def fault_counts(self) -> dict[str, int]:
        """Count the requests that each fault affected, by the key of the fault; `rate` is the rate limit."""
        faults: dict[str, int] = self._ask("GET", "/counts")["faults"]
        return faults

    def reset_counts(self) -> None:
        """Set all counters to zero."""
        self._ask("DELETE", "/counts")

    def set_faults(self, faults: Faults | str) -> None:
        """Replace the faults; "" for none."""
        text = faults if isinstance(faults, str) else faults.text()
        self._ask("PUT", "/faults", {"faults": text})

    def faults(self) -> str:
        """Return the present faults as text."""
        text: str = self._ask("GET", "/faults")["faults"]
        return text

    def people(self, *, role: str = "", email: str = "") -> list[dict[str, Any]]:
        """Return all people, or those with a role, or with an address (whole, ignoring case), without pages."""
        users: list[dict[str, Any]] = self._ask("GET", f"/people?{urlencode({'role': role, 'email': email})}")["users"]
        return users

    def person(self, user_id: int) -> dict[str, Any]:
        """Return one person as the API shows them."""
        user: dict[str, Any] = self._ask("GET", f"/people/{user_id}")["user"]
        return user

    def edit_person(
        self,
        user_id: int,
        *,
        roles: list[str] = _UNSET,
        email: str | None = _UNSET,
        full_name: str = _UNSET,
        display_name: str = _UNSET,
    ) -> dict[str, Any]:
        """Change a person as in the web interface; returns the person.

        `roles` replaces all roles, and may hold any names; role changes are logged as `by: hand`.
        """
        fields = _without_unset(roles=roles, email=email, full_name=full_name, display_name=display_name)
        user: dict[str, Any] = self._ask("PATCH", f"/people/{user_id}", fields)["user"]
        return user

    def add_person(self, full_name: str, *, email: str | None = None, roles: list[str] | None = None) -> dict[str, Any]:
        """Add a person, as at their first launch of Studio; returns the person."""
        fields = {"full_name": full_name, "email": email, "roles": roles or []}
        user: dict[str, Any] = self._ask("POST", "/people", fields)["user"]
        return user

    def reset(self) -> None:
        """Restore people, log, tokens, faults and counts to their first state."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        address = urlsplit(self.base_url)
        connection = HTTPConnection(address.hostname or "", address.port)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, CONTROL + path, body=data, headers={"connection": "close"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:  # noqa: PLR2004  # HTTP's errors
            raise ValueError(f"the sandbox refused {method} {CONTROL}{path}: {answer['error']}")
        return answer


def _without_unset(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not _UNSET}
