"""The calls of the user API, typed: one method a line of the reference.

`StudioReader` can't write; only `StudioWriter` has the one verb that can. Answers are checked field by field, because a
wrong or half answer must never pass for a person without roles.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict, TypeVar

import requests

from rolesync.model.keys import format_roles
from rolesync.studio.client import Client
from rolesync.studio.responses import http_date, object_of, unreadable
from rolesync.studio.transport import Call

V1 = "/api/public/v1"
PER_PAGE = 50  # the most that the API gives
MAX_ID = 2**63 - 1

Value = TypeVar("Value")

_UNSPELLABLE = re.compile("[\ud800-\udfff]")  # half a letter, as JSON can hold it and UTF-8 cannot


@dataclass(frozen=True, slots=True)
class User:
    """A person as Studio shows them; `email` is "" where Studio has none."""

    id: int
    email: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of a search, its people as columns: an object for each would cost more than reading the page.

    `roles` are spelled as `format_roles`, the other columns as in `User`.
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
    """One medium that a person can reach. `duration` is in seconds, `size` in bytes, `created_at` ISO 8601."""

    id: int
    title: str
    owner_id: int | None
    duration: float | None
    size: int | None
    created_at: str
    permission: str


@dataclass(frozen=True, slots=True)
class MediaPage:
    """One page of a person's media."""

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
    """Everything that can be asked of Studio without changing it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def search_role(self, role: str, page: int = 1, per_page: int = PER_PAGE) -> UserPage:
        """`GET /users/search?role=`: one page of the holders of a role."""
        return self._search("search_role", {"role": role, "page": page, "per_page": per_page})

    def search_email(self, email: str, page: int = 1, per_page: int = PER_PAGE) -> UserPage:
        """`GET /users/search?email=`: one page of people whose address matches, in whatever way Studio matches."""
        return self._search("search_email", {"email": email, "page": page, "per_page": per_page})

    def user(self, user_id: int) -> User:
        """`GET /users/{user_id}`.

        Raises:
            NotFoundError: there is no such user.
        """
        call = Call("user", "GET", f"{V1}/users/{user_id}")

        def read(answer: requests.Response) -> User:
            user = _user(object_of(answer, call.where).get("user"), call.where)
            if user.id != user_id:
                raise unreadable(call.where, f"user {user.id} instead of {user_id}")
            return user

        return self.client.call(call, read)

    def media(self, user_id: int, page: int = 1, per_page: int = PER_PAGE) -> MediaPage:
        """`GET /users/{user_id}/media`: one page of the media that a person can reach."""
        call = Call("media", "GET", f"{V1}/users/{user_id}/media", {"page": page, "per_page": per_page})

        def read(answer: requests.Response) -> MediaPage:
            body, where = object_of(answer, call.where), call.where
            return MediaPage(tuple(_medium(item, where) for item in _list(body, "media", where)), *_meta(body, where))

        return self.client.call(call, read)

    def ping(self) -> datetime | None:
        """`GET /ping`: whether Studio answers at all; returns its clock, where it says it."""
        call = Call("ping", "GET", f"{V1}/ping")

        def read(answer: requests.Response) -> datetime | None:
            said = answer.content[:40].decode("utf-8", "replace")
            if said.strip().strip('"').lower() != "pong":
                raise unreadable(call.where, f"{said!r} instead of 'pong'")
            return http_date(answer.headers.get("Date", ""))

        return self.client.call(call, read)

    def known_roles(self) -> tuple[str, ...]:
        """`GET /api/public/apidocs`: the role names that Studio's own description lists, sorted."""
        call = Call("apidocs", "GET", "/api/public/apidocs")
        return self.client.call(call, lambda answer: _role_enums(object_of(answer, call.where)))

    def _search(self, kind: str, params: dict[str, str | int]) -> UserPage:
        call = Call(kind, "GET", f"{V1}/users/search", params)

        def read(answer: requests.Response) -> UserPage:
            body, where = object_of(answer, call.where), call.where
            people = [_person(item, where) for item in _list(body, "users", where)]
            ids, emails, names, roles = map(list, zip(*people, strict=True)) if people else ([], [], [], [])
            return UserPage(ids, emails, names, [_spelled(held) for held in roles], *_meta(body, where))

        return self.client.call(call, read)


class StudioWriter(StudioReader):
    """A reader that can also change roles."""

    def put_roles(self, actions: Sequence[RoleAction]) -> tuple[User, ...]:
        """`PUT /users/roles`: change roles, and return the updated users as Studio shows them.

        Raises:
            StudioError: refused (4xx), or of unknown effect (everything else); never retried blindly.
        """
        call = Call("put_roles", "PUT", f"{V1}/users/roles", body={"actions": list(actions)})

        def read(answer: requests.Response) -> tuple[User, ...]:
            return tuple(_user(item, call.where) for item in _list(object_of(answer, call.where), "users", call.where))

        return self.client.call(call, read)


def _user(item: object, where: str) -> User:
    return User(*_person(item, where))


def _person(item: object, where: str) -> tuple[int, str, str, tuple[str, ...]]:
    """Check one person, and return what a `User` holds."""
    if not isinstance(item, dict):
        raise unreadable(where, "a user that is no object")
    user_id, email, roles = item.get("id"), item.get("email"), item.get("role_names")
    if type(user_id) is not int or not 0 < user_id <= MAX_ID:
        raise unreadable(where, f"a user whose id is {user_id!r}")
    if not (email is None or isinstance(email, str)):
        raise unreadable(where, f"user {user_id} whose email is {email!r}")
    if not isinstance(roles, list) or not {*map(type, roles)} <= {str}:
        raise unreadable(where, f"user {user_id} whose role_names are {roles!r}")
    name = item.get("full_name") or item.get("display_name") or ""
    shown = _UNSPELLABLE.sub("\N{REPLACEMENT CHARACTER}", name) if isinstance(name, str) else ""
    return user_id, email or "", shown, tuple(roles)


@lru_cache(maxsize=4096)
def _spelled(names: tuple[str, ...]) -> str:
    return format_roles(names)


def _medium(item: object, where: str) -> Media:
    if not isinstance(item, dict) or type(item.get("id")) is not int:
        raise unreadable(where, "a medium without an id")
    owner = item.get("owner")
    return Media(
        id=item["id"],
        title=_typed(item, "title", str) or "",
        owner_id=_typed(owner, "id", int) if isinstance(owner, dict) else None,
        duration=_typed(item, "duration", float, int),
        size=_typed(item, "size", int),
        created_at=_typed(item, "created_at", str) or "",
        permission=_typed(item, "permission", str) or "",
    )


def _typed(item: dict[str, Any], key: str, *kinds: type[Value]) -> Value | None:
    value = item.get(key)
    return value if isinstance(value, kinds) and not isinstance(value, bool) else None


def _list(body: dict[str, Any], key: str, where: str) -> list[object]:
    items = body.get(key)
    if not isinstance(items, list):
        raise unreadable(where, f"no list of {key}")
    return items


def _meta(body: dict[str, Any], where: str) -> tuple[int, int, int]:
    """Read current_page, last_page and total_count; without them nothing tells whether a read is complete."""
    meta = body.get("meta")
    values = [meta.get(key) if isinstance(meta, dict) else None for key in ("current_page", "last_page", "total_count")]
    if not all(type(value) is int and value >= 0 for value in values):
        raise unreadable(where, f"meta {meta!r}, which lacks current_page, last_page or total_count")
    current, last, total = values
    return current, last, total  # type: ignore[return-value]  # just checked


def _role_enums(document: object) -> tuple[str, ...]:
    """Collect the enum of every parameter or property that is named `role`, wherever Swagger puts it."""
    found: set[str] = set()
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        name, node = waiting.pop()
        if isinstance(node, list):
            waiting.extend((name, item) for item in node)
        elif isinstance(node, dict):
            own_name = str(node.get("name", name))
            if own_name == "role" and isinstance(node.get("enum"), list):
                found.update(role for role in node["enum"] if isinstance(role, str))
            waiting.extend((own_name if key in {"items", "schema"} else key, value) for key, value in node.items())
    return tuple(sorted(found))
