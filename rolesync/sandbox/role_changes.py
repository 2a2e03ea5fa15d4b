"""The call that changes roles, `PUT /users/roles`: applies all actions or none, or those before the first bad one."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rolesync.sandbox.options import Options
from rolesync.sandbox.responses import ApiError
from rolesync.sandbox.stale_reads import View
from rolesync.sandbox.store import LoggedChange, Store
from rolesync.sandbox.users import MISSING, NOT_FOUND, fits

_RIVALS = {"Admin": "Subaccount admin", "Subaccount admin": "Admin"}


class RoleAction(NamedTuple):
    """One action of a PUT with unchecked values; only the keys are known to exist."""

    user_id: Any
    action: Any
    role: Any


class RoleChanges:
    """Answers the call that changes roles.

    Args:
        store: the data.
        options: how the call behaves.
        now: the time of a change as ISO 8601 text, for the log.
    """

    def __init__(self, store: Store, options: Options, now: Callable[[], str]) -> None:
        self._store = store
        self._options = options
        self._now = now

    def put(self, body: object, request_id: str, view: Callable[[], View]) -> bytes:
        """Answer `PUT /users/roles`, with the users in the order in which they are first named.

        `view` is called after the changes, for the people that the answer shows.

        Raises:
            ApiError: 400 malformed; 404 for an unknown user; 422 for any other bad value; 413 or 422 for too many.
        """
        actions = _actions(body)
        limit = self._options.max_actions
        if limit is not None and len(actions) > limit:
            raise ApiError(
                self._options.max_actions_status, f"Too many actions: {len(actions)}, at most {limit} are allowed"
            )
        refused: ApiError | None = None
        with self._store.transaction():
            for action in actions:
                try:
                    self._apply(action, request_id)
                except ApiError as error:
                    if self._options.batches == "atomic":
                        raise
                    refused = error
                    break
        if refused is not None:
            raise refused
        ids = list(dict.fromkeys(action.user_id for action in actions))
        return b'{"users":[%b]}' % b",".join(view().encoded(ids))

    def _apply(self, action: RoleAction, request_id: str) -> None:
        user_id, verb, role = action
        if isinstance(user_id, bool) or not isinstance(user_id, int):
            raise ApiError(422, f"Invalid user_id: {user_id}")
        if verb not in ("add", "remove"):
            raise ApiError(422, f"Invalid action: {verb}")
        if role not in self._options.roles:
            raise ApiError(422, f"Invalid role: {role}")
        before = self._store.roles_of(user_id) if fits(user_id) else None
        if before is None:
            raise ApiError(404, NOT_FOUND)
        if (role in before) == (verb == "add"):
            if self._options.redundant == "refused":
                state = "already has" if verb == "add" else "does not have"
                raise ApiError(422, f"User {user_id} {state} the role {role}")
            return
        after = [*before, role] if verb == "add" else [name for name in before if name != role]
        if verb == "add" and self._options.exclusive_admin:
            after = [name for name in after if name != _RIVALS.get(role)]
        self._store.set_roles(user_id, after)
        self._store.record(LoggedChange(self._now(), user_id, verb, role, request_id, before, after, by="api"))


def _actions(body: object) -> list[RoleAction]:
    if not isinstance(body, dict):
        raise ApiError(400, "Malformed request: the body is not a JSON object")
    entries = body.get("actions")
    if entries is None or entries == []:
        raise ApiError(400, MISSING)
    if not isinstance(entries, list):
        raise ApiError(400, "Malformed request: actions is not a list")
    actions = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise ApiError(400, f"Malformed request: action {number} is not an object")
        if not {"user_id", "action", "role"} <= entry.keys():
            raise ApiError(400, MISSING)
        actions.append(RoleAction(entry["user_id"], entry["action"], entry["role"]))
    return actions
