"""Reads the members of groups, or the users with roles, from a SCIM 2.0 service. Read-only, complete or refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.directory_rows import DirectoryRow, incomplete_error, list_of_rows
from rolesync.sources.fetch_context import Access, Clocks, Deadline, Download, FetchError, Unchanged, with_retries
from rolesync.sources.http_reader import HttpReader
from rolesync.sources.json_api import JsonReader

MAX_USERS = 20_000
PER_PAGE = 100
_ATTRIBUTES = "id,userName,displayName,emails,active,roles"


def fetch_scim(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read a service.

    Args:
        address: `scim://HOST/PATH?group=NAME&role=ROLE`. Without a group, each user with `roles` is read.
        access: `list_secret` is the token.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: not used.

    Returns:
        The list. It is as old as the fetch.

    Raises:
        FetchError: the service refused, or its answers are incomplete or contradict each other.
    """
    del last_fetch
    address.check_options(("group", "role"))
    base = f"https://{address.netloc}/{quote(address.path.rstrip('/'))}"
    with HttpReader(address.where, base, access, clocks, deadline) as http:
        service = _Service(JsonReader(http, access.token), base, address)
        rows = with_retries(service.rows, deadline, clocks)
    return Download(list_of_rows(rows), "", clocks.now())


class _Service:
    def __init__(self, reader: JsonReader, base: str, address: Address) -> None:
        self._reader, self._base, self._address = reader, base, address
        self._role = address.options.get("role", "")

    def rows(self) -> list[DirectoryRow]:
        """Read all rows. Pages of users don't show who was passed over, so that all are read twice."""
        if groups := self._address.all_values("group"):
            return [row for group in groups for row in self._members(group)]
        first, second = (sorted(self._users_with_roles()) for _ in range(2))
        if first != second:
            raise incomplete_error(self._address.where, "the users changed while they were read")
        return first

    def _members(self, name: str) -> list[DirectoryRow]:
        """Read the members of a group, which must be the same before and after their users are read."""
        members = self._member_ids(name)
        users = [self._user(member) for member in members]
        if self._member_ids(name) != members:
            raise incomplete_error(self._address.where, f"the group {name!r} changed while it was read")
        return [self._row(user, self._role or name) for user in users]

    def _user(self, key: str) -> dict[str, Any]:
        user = self._reader.get_object(f"{self._base}/Users/{quote(key, safe='')}")
        if user.get("id") != key:
            raise self._reader.unexpected_error()
        return user

    def _member_ids(self, name: str) -> list[str]:
        text = quote(f'displayName eq "{_escaped(name)}"')
        resources = self._pages("Groups", f"filter={text}&attributes=id,displayName,members")
        groups = [group for group in resources if str(group.get("displayName")).casefold() == name.casefold()]
        if len(groups) != 1:
            raise FetchError(
                f"{self._address.where}: {len(groups)} groups are named {name!r}, not one", hint="correct `group`"
            )
        members = groups[0].get("members") or []
        if not members:  # or the service doesn't show them; as of an empty list, that removes nobody
            raise FetchError(
                f"{self._address.where}: the group {name!r} has no members, or the service doesn't show them",
                hint="check the group, and that the token may read its members; leave out a group that is empty",
            )
        if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
            raise self._reader.unexpected_error()
        if any(str(each.get("type", "User")).lower() != "user" for each in members):
            raise FetchError(
                f"{self._address.where}: the group {name!r} contains a group, which is not read",
                hint="name both groups: group=NAME&group=NAME",
            )
        ids = [each.get("value") for each in members]
        if len(ids) > MAX_USERS or not all(isinstance(each, str) and each for each in ids):
            raise self._reader.unexpected_error()
        return sorted(map(str, ids))

    def _users_with_roles(self) -> Iterator[DirectoryRow]:
        for user in self._pages("Users", f"attributes={_ATTRIBUTES}"):
            roles = user.get("roles") or []
            for role in roles if isinstance(roles, list) else [roles]:
                value = (role.get("value") or role.get("display")) if isinstance(role, dict) else role
                if not isinstance(value, str) or not value:
                    raise self._reader.unexpected_error()
                yield self._row(user, self._role or value)

    def _pages(self, kind: str, query: str) -> Iterator[dict[str, Any]]:
        """Yield all resources of a search; its pages must fit each other."""
        seen: set[str] = set()
        total = None
        while total is None or len(seen) < total:
            start = len(seen) + 1
            page = self._reader.get_object(f"{self._base}/{kind}?{query}&startIndex={start}&count={PER_PAGE}")
            resources, now = page.get("Resources", []), page.get("totalResults")
            if not isinstance(now, int) or not isinstance(resources, list):
                raise self._reader.unexpected_error()
            if now > MAX_USERS:
                raise FetchError(f"{self._address.where}: more than {MAX_USERS:,} entries", hint="name a group")
            if total not in {None, now} or page.get("startIndex", start) != start:
                raise incomplete_error(self._address.where, "the pages changed while they were read")
            total = now
            for resource in resources:
                key = resource.get("id") if isinstance(resource, dict) else None
                if not isinstance(key, str) or key in seen:
                    raise incomplete_error(self._address.where, "an entry without id, or twice")
                seen.add(key)
                yield resource
            if (not resources and len(seen) < total) or len(seen) > total:
                raise incomplete_error(self._address.where, f"{len(seen):,} entries came of {total:,}")

    def _row(self, user: dict[str, Any], role: str) -> DirectoryRow:
        emails = user.get("emails") or []
        if not isinstance(emails, list) or not all(isinstance(each, dict) for each in emails):
            raise self._reader.unexpected_error()
        primary = [each for each in emails if each.get("primary") is True] or emails
        login = str(user.get("userName") or "")
        email = login if "@" in login else ""
        if primary:
            email = str(primary[0].get("value") or "")
        is_active = user.get("active", True)
        if not isinstance(is_active, bool):  # an unclear word must neither give nor take a role
            raise self._reader.unexpected_error()
        return DirectoryRow(email, str(user.get("displayName") or ""), role, is_active)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
