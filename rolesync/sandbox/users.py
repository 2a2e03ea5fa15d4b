"""What the four user calls answer, from parameters to the JSON body; nothing here knows HTTP beyond a status.

`per_page` above 50 is 422: the reference names 50 as the most and 422 as the answer to an invalid value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rolesync.sandbox.options import Options
from rolesync.sandbox.responses import ApiError, encode
from rolesync.sandbox.store import LoggedChange, Store

MAX_PER_PAGE = 50
DEFAULT_PER_PAGE = 20

NOT_FOUND = "The user(s) was not found"
MISSING = "Required parameter is missing"
_RIVALS = {"Admin": "Subaccount admin", "Subaccount admin": "Admin"}
_INT64 = 2**63


class RoleAction(NamedTuple):
    """One action of a PUT, with the values as they came: only the keys are known to be there."""

    user_id: Any
    action: Any
    role: Any


class Users:
    """The user calls over a store.

    Args:
        store: the data.
        options: how the calls behave.
        now: the time of a change as ISO 8601 text, for the log.
    """

    def __init__(self, store: Store, options: Options, now: Callable[[], str]) -> None:
        self._store = store
        self._options = options
        self._now = now

    def search(self, params: Mapping[str, str]) -> bytes:
        """Answer `GET /users/search`.

        Raises:
            ApiError: 400 without role and email; 422 for an unknown role or a bad page.
        """
        role, email = params.get("role", ""), params.get("email", "")
        if not role and not email:
            raise ApiError(400, MISSING)
        if role and role not in self._options.roles:
            raise ApiError(422, f"Invalid role: {role}")
        page, per_page = _paging(params)
        if email:
            match, case = self._options.email_match, self._options.email_case
            ids: Sequence[int] = self._store.with_email(email, match=match, case=case, role=role)
        else:
            ids = self._store.holders(role)
        start = (page - 1) * per_page
        found = b",".join(self._store.encoded(ids[start : start + per_page]))
        return b'{"users":[%b],"meta":%b}' % (found, self._meta(page, per_page, len(ids)))

    def get(self, user_id: str) -> bytes:
        """Answer `GET /users/{user_id}`.

        Raises:
            ApiError: 422 if the id is no int64, 404 if nobody has it.
        """
        return b'{"user":%b}' % self.find(_user_id(user_id))

    def find(self, user_id: int) -> bytes:
        """The JSON of one person.

        Raises:
            ApiError: 404 if nobody has this id.
        """
        found = self._store.encoded([user_id]) if _fits(user_id) else []
        if not found:
            raise ApiError(404, NOT_FOUND)
        return found[0]

    def media(self, user_id: str, params: Mapping[str, str]) -> bytes:
        """Answer `GET /users/{user_id}/media`.

        Raises:
            ApiError: as `get`, and 422 for a bad page.
        """
        wanted = _user_id(user_id)
        self.find(wanted)
        page, per_page = _paging(params)
        media, total = self._store.media_of(wanted, (page - 1) * per_page, per_page)
        return b'{"media":%b,"meta":%b}' % (encode(media), self._meta(page, per_page, total))

    def put_roles(self, body: object, request_id: str) -> bytes:
        """Answer `PUT /users/roles`, with the users in the order in which they are first named.

        Raises:
            ApiError: 400 malformed; 404 for an unknown user; 422 for any other bad value; 413 or 422 for too many.
        """
        actions = _actions(body)
        cap = self._options.max_actions
        if cap is not None and len(actions) > cap:
            raise ApiError(
                self._options.max_actions_status, f"Too many actions: {len(actions)}, at most {cap} are allowed"
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
        return b'{"users":[%b]}' % b",".join(self._store.encoded(ids))

    def _apply(self, action: RoleAction, request_id: str) -> None:
        user_id, verb, role = action
        if isinstance(user_id, bool) or not isinstance(user_id, int):
            raise ApiError(422, f"Invalid user_id: {user_id}")
        if verb not in ("add", "remove"):
            raise ApiError(422, f"Invalid action: {verb}")
        if role not in self._options.roles:
            raise ApiError(422, f"Invalid role: {role}")
        before = self._store.roles_of(user_id) if _fits(user_id) else None
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

    def _meta(self, page: int, per_page: int, total: int) -> bytes:
        last = -(-total // per_page) or self._options.empty_last_page
        return b'{"current_page":%d,"last_page":%d,"total_count":%d}' % (page, last, total)


def _fits(user_id: int) -> bool:
    """Whether SQLite can be asked for this id."""
    return -_INT64 <= user_id < _INT64


def _user_id(text: str) -> int:
    user_id = _whole(text)
    if user_id is None or not _fits(user_id):
        raise ApiError(422, f"Invalid user_id: {text}")
    return user_id


def _paging(params: Mapping[str, str]) -> tuple[int, int]:
    page = _whole(params.get("page", "1"))
    if page is None or not 1 <= page < _INT64 // MAX_PER_PAGE:
        raise ApiError(422, f"Invalid page: {params['page']}")
    per_page = _whole(params.get("per_page", str(DEFAULT_PER_PAGE)))
    if per_page is None or not 1 <= per_page <= MAX_PER_PAGE:
        raise ApiError(422, f"Invalid per_page: {params['per_page']}, it is from 1 to {MAX_PER_PAGE}")
    return page, per_page


def _whole(text: str) -> int | None:
    """Read a decimal number of at most 20 characters; Python's own `int` takes blanks and underscores too."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(text) <= 20 else None  # noqa: PLR2004  # as said


def _actions(body: object) -> list[RoleAction]:
    if not isinstance(body, dict):
        raise ApiError(400, "Malformed request: the body is not a JSON object")
    items = body.get("actions")
    if items is None or items == []:
        raise ApiError(400, MISSING)
    if not isinstance(items, list):
        raise ApiError(400, "Malformed request: actions is not a list")
    actions = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise ApiError(400, f"Malformed request: action {number} is not an object")
        if not {"user_id", "action", "role"} <= item.keys():
            raise ApiError(400, MISSING)
        actions.append(RoleAction(item["user_id"], item["action"], item["role"]))
    return actions
