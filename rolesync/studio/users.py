"""The calls of Studio's user API, typed: one method for each line of the reference.

`StudioReader` can't write; only `StudioWriter` has the one request that can. Answers are checked field by field: a
wrong or incomplete answer must never look like a user without roles.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict, TypeVar

from rolesync.errors import NotFoundError
from rolesync.model.keys import format_roles, role_key
from rolesync.studio.client import Client
from rolesync.studio.responses import (
    Answer,
    not_offered_error,
    object_of,
    quote,
    unknown_form_error,
    unreadable_error,
    wrong_field_error,
)
from rolesync.studio.transport import Call

V1 = "/api/public/v1"
PER_PAGE = 50  # the maximum of the API
_MAX_ID = 2**63 - 1

Value = TypeVar("Value")

_SURROGATES = re.compile("[\ud800-\udfff]")  # half a character, which JSON can hold and UTF-8 can't


@dataclass(frozen=True, slots=True)
class User:
    """A user as Studio shows them; `email` is "" if Studio has none."""

    id: int
    email: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of a search, with its users as columns: an object for each would cost more than reading the page.

    `roles` are formatted by `format_roles`; the other columns are as in `User`.
    """

    ids: list[int]
    emails: list[str]
    names: list[str]
    roles: list[str]
    current_page: int
    last_page: int
    total_count: int


@dataclass(frozen=True, slots=True)
class Media:
    """One medium that a user can open. `duration` is in seconds, `size` in bytes, times are ISO 8601.

    `last_viewed` is "" for a medium that was never viewed, and None if Studio doesn't say, as an older one.
    """

    id: int
    title: str
    owner_id: int | None
    duration: float | None
    size: int | None
    created_at: str
    last_viewed: str | None
    permission: str


@dataclass(frozen=True, slots=True)
class MediaPage:
    """One page of a user's media."""

    media: tuple[Media, ...]
    current_page: int
    last_page: int
    total_count: int


class RoleAction(TypedDict):
    """One entry of `PUT /users/roles`."""

    user_id: int
    action: str
    role: str


class StudioReader:
    """All requests that don't change Studio.

    Role names are normalised by `role_key` in answers, and sent as Studio stores them.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._stored_roles: dict[str, str] = {}  # role names outside ASCII as Studio stores them, by `role_key`

    def search_role(self, role: str, page: int = 1, per_page: int = PER_PAGE) -> UserPage:
        """`GET /users/search?role=`: one page of the holders of a role."""
        stored = self.stored_role(role)
        users = self._search("search_role", {"role": stored, "page": page, "per_page": per_page})
        decomposed = unicodedata.normalize("NFD", role)
        if users.total_count or stored != role or decomposed == role:
            return users
        return self._search("search_role", {"role": decomposed, "page": page, "per_page": per_page})

    def stored_role(self, role: str) -> str:
        """Return the name of a role as Studio stores it, as far as its answers have shown it."""
        return self._stored_roles.get(role, role)

    def search_email(self, email: str, page: int = 1, per_page: int = PER_PAGE) -> UserPage:
        """`GET /users/search?email=`: one page of users whose address matches; how Studio matches is undocumented."""
        return self._search("search_email", {"email": email, "page": page, "per_page": per_page})

    def user(self, user_id: int) -> User:
        """`GET /users/{user_id}`.

        Raises:
            NotFoundError: there is no such user.
        """
        call = Call("user", "GET", f"{V1}/users/{user_id}")

        def read(answer: Answer) -> User:
            body = object_of(answer, call.where)
            if "user" not in body:
                raise unreadable_error(call.where, f"no user but {quote(body)}")
            user = self._user(body["user"], call.where)
            if user.id != user_id:
                raise unknown_form_error(call.where, f"user {user.id} instead of {user_id}")
            return user

        return self.client.call(call, read)

    def media(self, user_id: int, page: int = 1, per_page: int = PER_PAGE) -> MediaPage:
        """`GET /users/{user_id}/media`: one page of the media that a user can open."""
        call = Call("media", "GET", f"{V1}/users/{user_id}/media", {"page": page, "per_page": per_page})

        def read(answer: Answer) -> MediaPage:
            body, where = object_of(answer, call.where), call.where
            return MediaPage(tuple(_medium(item, where) for item in _list(body, "media", where)), *_meta(body, where))

        return self.client.call(call, read)

    def ping(self) -> None:
        """`GET /ping`: checks that Studio answers."""
        call = Call("ping", "GET", f"{V1}/ping")

        def read(answer: Answer) -> None:
            text = answer.content[:40].decode("utf-8", "replace")
            if text.strip().strip('"').lower() != "pong":
                raise unreadable_error(call.where, f"{text!r} instead of 'pong'")

        self.client.call(call, read)

    def known_roles(self) -> tuple[str, ...]:
        """`GET /api/public/apidocs`: the role names in Studio's description of its API, sorted."""
        call = Call("apidocs", "GET", "/api/public/apidocs")
        return self.client.call(call, lambda answer: _role_enums(object_of(answer, call.where)))

    def _search(self, kind: str, params: dict[str, str | int]) -> UserPage:
        call = Call(kind, "GET", f"{V1}/users/search", params)

        def read(answer: Answer) -> UserPage:
            body, where = object_of(answer, call.where), call.where
            users = [_user_fields(item, where) for item in _list(body, "users", where)]
            ids, emails, names, roles = map(list, zip(*users, strict=True)) if users else ([], [], [], [])
            for role_names in set(roles):
                self._note_roles(role_names)
            return UserPage(
                ids, emails, names, [_cached_format(role_names) for role_names in roles], *_meta(body, where)
            )

        try:
            return self.client.call(call, read)
        except NotFoundError as error:  # a search that finds nobody answers 200
            raise not_offered_error(error.message) from error

    def _user(self, item: object, where: str) -> User:
        user_id, email, name, roles = _user_fields(item, where)
        self._note_roles(roles)
        return User(user_id, email, name, tuple(map(role_key, roles)))

    def _note_roles(self, role_names: Iterable[str]) -> None:
        """Remember how Studio stores role names outside ASCII."""
        self._stored_roles |= {role_key(name): name for name in role_names if not name.isascii()}


class StudioWriter(StudioReader):
    """A reader that can also change roles."""

    def put_roles(self, actions: Sequence[RoleAction]) -> tuple[User, ...]:
        """`PUT /users/roles`: change roles; returns the updated users as Studio shows them.

        Raises:
            StudioError: why the request ended; `model.request_effect` classifies its effect. Never retried blindly.
        """
        stored = [{**action, "role": self.stored_role(action["role"])} for action in actions]
        call = Call("put_roles", "PUT", f"{V1}/users/roles", body={"actions": stored})

        def read(answer: Answer) -> tuple[User, ...]:
            return tuple(
                self._user(item, call.where) for item in _list(object_of(answer, call.where), "users", call.where)
            )

        return self.client.call(call, read)


def _user_fields(item: object, where: str) -> tuple[int, str, str, tuple[str, ...]]:
    """Check one user of an answer, and return the fields of a `User`."""
    if not isinstance(item, dict):
        raise unknown_form_error(where, f"{quote(item)} where a user belongs")
    user_id, email, roles = item.get("id"), item.get("email"), item.get("role_names")
    if type(user_id) is not int or not 0 < user_id <= _MAX_ID:
        raise wrong_field_error(where, "a user", item, "id", "a positive number")
    if not (email is None or isinstance(email, str)):
        raise wrong_field_error(where, f"user {user_id}", item, "email", "a text")
    if not isinstance(roles, list) or not {*map(type, roles)} <= {str}:
        raise wrong_field_error(where, f"user {user_id}", item, "role_names", "a list of names")
    name = item.get("full_name") or item.get("display_name") or ""
    valid_name = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", name) if isinstance(name, str) else ""
    return user_id, email or "", valid_name, tuple(roles)


@lru_cache(maxsize=4096)
def _cached_format(names: tuple[str, ...]) -> str:
    """Format a role set; a million users share a few, so each is formatted once."""
    return format_roles(map(role_key, names))


def _medium(item: object, where: str) -> Media:
    if not isinstance(item, dict):
        raise unknown_form_error(where, f"{quote(item)} where a medium belongs")
    if type(item.get("id")) is not int:
        raise wrong_field_error(where, "a medium", item, "id", "a number")
    owner = item.get("owner")
    return Media(
        id=item["id"],
        title=_typed(item, "title", str) or "",
        owner_id=_typed(owner, "id", int) if isinstance(owner, dict) else None,
        duration=_typed(item, "duration", float, int),
        size=_typed(item, "size", int),
        created_at=_typed(item, "created_at", str) or "",
        last_viewed="" if item.get("last_viewed", "") is None else _typed(item, "last_viewed", str),
        permission=_typed(item, "permission", str) or "",
    )


def _typed(item: dict[str, Any], key: str, *kinds: type[Value]) -> Value | None:
    value = item.get(key)
    return value if isinstance(value, kinds) and not isinstance(value, bool) else None


def _list(body: dict[str, Any], key: str, where: str) -> list[object]:
    items = body.get(key)
    if isinstance(items, list):
        return items
    if body.keys().isdisjoint({key, "meta"}):
        raise unreadable_error(where, f"no {key} but {quote(body)}")
    raise wrong_field_error(where, "an answer", body, key, "a list")


def _meta(body: dict[str, Any], where: str) -> tuple[int, int, int]:
    """Return current_page, last_page and total_count; without them nothing proves that a read is complete."""
    meta = body.get("meta")
    if not isinstance(meta, dict):
        raise wrong_field_error(where, "an answer", body, "meta", "an object")
    for key in ("current_page", "last_page", "total_count"):
        if type(meta.get(key)) is not int or meta[key] < 0:
            raise wrong_field_error(where, "meta", meta, key, "a number")
    return meta["current_page"], meta["last_page"], meta["total_count"]


def _role_enums(document: object) -> tuple[str, ...]:
    """Collect the enum values of every parameter or property named `role`, wherever the Swagger document has it."""
    role_names: set[str] = set()
    nodes: list[tuple[str, object]] = [("", document)]
    while nodes:
        name, node = nodes.pop()
        if isinstance(node, list):
            nodes.extend((name, item) for item in node)
        elif isinstance(node, dict):
            node_name = str(node.get("name", name))
            if node_name == "role" and isinstance(node.get("enum"), list):
                role_names.update(role_key(role) for role in node["enum"] if isinstance(role, str))
            nodes.extend((node_name if key in {"items", "schema"} else key, value) for key, value in node.items())
    return tuple(sorted(role_names))
