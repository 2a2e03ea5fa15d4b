"""One Studio account of the sandbox: its data, tokens, faults and counters, behind the HTTP and control endpoints."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rolesync.sandbox.faults import Dice, Fault, Faults
from rolesync.sandbox.generated_people import Given
from rolesync.sandbox.oauth import Tokens
from rolesync.sandbox.options import Options
from rolesync.sandbox.responses import ApiError
from rolesync.sandbox.role_changes import RoleChanges
from rolesync.sandbox.store import LoggedChange, Store
from rolesync.sandbox.users import NOT_FOUND, Users

REQUEST_KINDS = ("search", "user", "media", "roles", "ping", "apidocs", "authorize", "token", "other")
"""What requests are counted by; control requests are not counted."""

_FIELDS = ("full_name", "display_name", "email")


class SandboxAccount:
    """Everything that one sandbox knows.

    Args:
        options: how it behaves.
        clock: seconds since 1970.
        given: these people instead of the sandbox's own.

    Raises:
        ValueError: the database file was made with other people, or those given can't be kept.
    """

    def __init__(self, options: Options, clock: Callable[[], float], given: Given | None = None) -> None:
        self.options = options
        self.clock = clock
        self.store = Store(options, given)
        self.users = Users(self.store, options)
        self.role_changes = RoleChanges(self.store, options, self.now)
        self.tokens = Tokens(self.store.db, options, clock)
        self.requests: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.dice = Dice(options.faults, clock)
        self._served = 0

    def now(self) -> str:
        """The clock's time as ISO 8601 in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def request_id(self) -> str:
        """A new id for a request that brings none."""
        self._served += 1
        return f"sandbox-{self._served:08d}"

    def set_faults(self, faults: Faults) -> None:
        """Let these go wrong from now on, with dice as new."""
        self.dice = Dice(faults, self.clock)

    def reset_counts(self) -> None:
        """Count from zero."""
        self.requests.clear()
        self.struck.clear()

    def counts(self) -> dict[str, dict[str, int]]:
        """How many requests of each kind came, and how many were struck by each fault."""
        return {
            "requests": {kind: self.requests[kind] for kind in REQUEST_KINDS},
            "faults": {fault.value: self.struck[fault.value] for fault in Fault} | {"rate": self.struck["rate"]},
        }

    def reset(self) -> None:
        """Make people, media, log, tokens, faults and counts as they were at the start."""
        self.store.reset()
        self.set_faults(self.options.faults)
        self.reset_counts()

    def edit(self, user_id: int, wanted: Mapping[str, Any]) -> None:
        """Change a person as a human would in the web interface; roles are logged as `by: hand`.

        Args:
            user_id: whom.
            wanted: any of `roles` (all of them; any names), `email` (may be None), `full_name`, `display_name`.

        Raises:
            ApiError: 404 for an unknown person, 422 for an unknown key or a value of the wrong type.
        """
        _check(wanted, (*_FIELDS, "roles"))
        if self.store.roles_of(user_id) is None:
            raise ApiError(404, NOT_FOUND)
        with self.store.transaction():
            self.store.set_person(user_id, {name: wanted[name] for name in _FIELDS if name in wanted})
            if "roles" in wanted:
                self._give(user_id, wanted["roles"])

    def add(self, wanted: Mapping[str, Any]) -> int:
        """Let a new person launch Studio, and return the id; takes what `edit` takes, `full_name` is required.

        Raises:
            ApiError: 422, as `edit`.
        """
        _check(wanted, (*_FIELDS, "roles"))
        if not wanted.get("full_name"):
            raise ApiError(422, "full_name is missing")
        with self.store.transaction():
            user_id = self.store.add_person(wanted["full_name"], wanted.get("email"))
            if "display_name" in wanted:
                self.store.set_person(user_id, {"display_name": wanted["display_name"]})
            self._give(user_id, wanted.get("roles", []))
        return user_id

    def _give(self, user_id: int, roles: Sequence[str]) -> None:
        before = self.store.roles_of(user_id) or []
        after = list(dict.fromkeys(roles))
        steps = [("remove", role) for role in before if role not in after]
        steps += [("add", role) for role in after if role not in before]
        held = before
        for verb, role in steps:
            left = [*held, role] if verb == "add" else [name for name in held if name != role]
            self.store.record(LoggedChange(self.now(), user_id, verb, role, "", held, left, by="hand"))
            held = left
        self.store.set_roles(user_id, after)


def _check(wanted: Mapping[str, Any], names: Sequence[str]) -> None:
    for name, value in wanted.items():
        if name not in names:
            raise ApiError(422, f"Unknown field {name}: a person has {', '.join(names)}")
        if name == "roles":
            good = isinstance(value, list) and all(isinstance(role, str) and role for role in value)
        else:
            good = isinstance(value, str) or (value is None and name == "email")
        if not good:
            raise ApiError(422, f"{name} can't be {value!r}")
