"""The Studio account of a sandbox: its data, tokens, faults and counters, which the endpoints work on."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rolesync.sandbox.dice import Dice, Draw
from rolesync.sandbox.faults import Fault, Faults
from rolesync.sandbox.generated_people import PeopleSource
from rolesync.sandbox.oauth import Tokens
from rolesync.sandbox.options import Options
from rolesync.sandbox.responses import ApiError
from rolesync.sandbox.role_changes import RoleChanges
from rolesync.sandbox.stale_reads import NOBODY, PastPeople, View
from rolesync.sandbox.store import LoggedChange, Store
from rolesync.sandbox.users import NOT_FOUND, Users

REQUEST_KINDS = ("search", "user", "media", "roles", "ping", "apidocs", "authorize", "token", "other")
"""The kinds by which requests are counted; control requests are not counted."""

_FIELDS = ("full_name", "display_name", "email")


class SandboxAccount:
    """The state of one sandbox.

    Args:
        options: how the sandbox behaves.
        clock: seconds since 1970.
        people: the people of the account; None for generated people.

    Raises:
        ValueError: the database file has another number of users or seed, or `people` can't be stored.
    """

    def __init__(self, options: Options, clock: Callable[[], float], people: PeopleSource | None = None) -> None:
        self.options = options
        self.clock = clock
        self.store = Store(options, people, clock)
        self.users = Users(self.store, options)
        self.role_changes = RoleChanges(self.store, options, self.now)
        self.tokens = Tokens(self.store.db, options, clock)
        self.requests: Counter[str] = Counter()
        self.fault_hits: Counter[str] = Counter()
        self.dice = Dice(options.faults, clock)
        self._served = 0

    def now(self) -> str:
        """Return the time as ISO 8601 in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def request_id(self) -> str:
        """Make an id for a request that has none."""
        self._served += 1
        return f"sandbox-{self._served:08d}"

    def view(self, draw: Draw) -> View:
        """Return what a request with this draw shows: the present, the past, or nobody."""
        if draw.fault is Fault.NOBODY:
            return NOBODY
        earlier = self.store.before(self.clock() - draw.lag) if draw.lag else None
        return PastPeople(self.store, earlier) if earlier else self.store

    def excess(self) -> int:
        """Return by how much the totals of searches are too high at present."""
        totals = self.dice.faults.totals
        return 1 if totals and self.store.before(self.clock() - totals) else 0

    def set_faults(self, faults: Faults) -> None:
        """Replace the faults, and restart their random numbers."""
        self.dice = Dice(faults, self.clock)

    def reset_counts(self) -> None:
        """Set all counters to zero."""
        self.requests.clear()
        self.fault_hits.clear()

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the requests of each kind, and those that each fault affected."""
        return {
            "requests": {kind: self.requests[kind] for kind in REQUEST_KINDS},
            "faults": {fault.value: self.fault_hits[fault.value] for fault in Fault}
            | {"rate": self.fault_hits["rate"], "lag": self.fault_hits["lag"]},
        }

    def reset(self) -> None:
        """Restore people, media, log, tokens, faults and counts to their first state."""
        self.store.reset()
        self.set_faults(self.options.faults)
        self.reset_counts()

    def edit(self, user_id: int, fields: Mapping[str, Any]) -> None:
        """Change a person as in the web interface; role changes are logged as `by: hand`.

        Args:
            user_id: the person.
            fields: any of `roles` (all roles, of any name), `email` (may be None), `full_name`, `display_name`.

        Raises:
            ApiError: 404 for an unknown person, 422 for an unknown key or a value of the wrong type.
        """
        _check(fields, (*_FIELDS, "roles"))
        if self.store.roles_of(user_id) is None:
            raise ApiError(404, NOT_FOUND)
        with self.store.transaction():
            self.store.set_person(user_id, {name: fields[name] for name in _FIELDS if name in fields})
            if "roles" in fields:
                self._set_roles_by_hand(user_id, fields["roles"])

    def add(self, fields: Mapping[str, Any]) -> int:
        """Add a person, as at their first launch of Studio; returns the id.

        It takes the fields of `edit`; `full_name` is required.

        Raises:
            ApiError: 422 for an unknown key or a value of the wrong type.
        """
        _check(fields, (*_FIELDS, "roles"))
        if not fields.get("full_name"):
            raise ApiError(422, "full_name is missing")
        with self.store.transaction():
            user_id = self.store.add_person(fields["full_name"], fields.get("email"))
            if "display_name" in fields:
                self.store.set_person(user_id, {"display_name": fields["display_name"]})
            self._set_roles_by_hand(user_id, fields.get("roles", []))
        return user_id

    def _set_roles_by_hand(self, user_id: int, roles: Sequence[str]) -> None:
        before = self.store.roles_of(user_id) or []
        after = list(dict.fromkeys(roles))
        steps = [("remove", role) for role in before if role not in after]
        steps += [("add", role) for role in after if role not in before]
        held = before
        for verb, role in steps:
            remaining = [*held, role] if verb == "add" else [name for name in held if name != role]
            self.store.record(LoggedChange(self.now(), user_id, verb, role, "", held, remaining, by="hand"))
            held = remaining
        self.store.set_roles(user_id, after)


def _check(fields: Mapping[str, Any], names: Sequence[str]) -> None:
    for name, value in fields.items():
        if name not in names:
            raise ApiError(422, f"Unknown field {name}: a person has {', '.join(names)}")
        if name == "roles":
            valid = isinstance(value, list) and all(isinstance(role, str) and role for role in value)
        else:
            valid = isinstance(value, str) or (value is None and name == "email")
        if not valid:
            raise ApiError(422, f"{name} can't be {value!r}")
