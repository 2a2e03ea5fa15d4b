"""The sandbox's own endpoints from the outside: what tests and demos use to look behind the API.

Works on a sandbox in this process and, by its address, on one in another.
"""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from rolesync.sandbox.faults import Faults
from rolesync.sandbox.routes import CONTROL

_UNSET: Any = object()
_TIMEOUT = 30


class Control:
    """Looks behind and turns the knobs of a running sandbox.

    Every method raises OSError if the sandbox can't be reached, and ValueError with the sandbox's words if it refuses.

    Args:
        base_url: its address, as `http://127.0.0.1:8765`.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def log(self) -> list[dict[str, Any]]:
        """Every applied change, oldest first.

        Each has `seq`, `time` (ISO 8601), `user_id`, `action`, `role`, `request_id` ("" by hand), `before` and `after`
        (role names in Studio's order) and `by` (`api` or `hand`).
        """
        changes: list[dict[str, Any]] = self._ask("GET", "/log")["changes"]
        return changes

    def counts(self) -> dict[str, int]:
        """How many requests came, by kind; those that a fault struck are counted too."""
        requests: dict[str, int] = self._ask("GET", "/counts")["requests"]
        return requests

    def fault_counts(self) -> dict[str, int]:
        """How many requests each fault struck, named as in the faults' text; `rate` is the rate limit."""
        faults: dict[str, int] = self._ask("GET", "/counts")["faults"]
        return faults

    def reset_counts(self) -> None:
        """Count requests and faults from zero."""
        self._ask("DELETE", "/counts")

    def set_faults(self, faults: Faults | str) -> None:
        """Let these go wrong from now on; "" for nothing."""
        text = faults if isinstance(faults, str) else faults.text()
        self._ask("PUT", "/faults", {"faults": text})

    def faults(self) -> str:
        """What goes wrong now, as text."""
        text: str = self._ask("GET", "/faults")["faults"]
        return text

    def people(self, *, role: str = "", email: str = "") -> list[dict[str, Any]]:
        """Everybody, or the holders of a role, or of an address (whole, without case), all at once."""
        users: list[dict[str, Any]] = self._ask("GET", f"/people?{urlencode({'role': role, 'email': email})}")["users"]
        return users

    def person(self, user_id: int) -> dict[str, Any]:
        """One person as the API would show them."""
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
        """Change a person by hand, as somebody could in the web interface, and return them.

        `roles` are all roles from now on, of any name; changes of roles are in the log as `by: hand`.
        """
        wanted = _given(roles=roles, email=email, full_name=full_name, display_name=display_name)
        user: dict[str, Any] = self._ask("PATCH", f"/people/{user_id}", wanted)["user"]
        return user

    def add_person(self, full_name: str, *, email: str | None = None, roles: list[str] | None = None) -> dict[str, Any]:
        """Let somebody launch Studio for the first time, and return them."""
        wanted = {"full_name": full_name, "email": email, "roles": roles or []}
        user: dict[str, Any] = self._ask("POST", "/people", wanted)["user"]
        return user

    def reset(self) -> None:
        """Make people, log, tokens, faults and counts as they were at the start."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        address = urlsplit(self.base_url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT)
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


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not _UNSET}
