"""Reads users: all holders of a role, the users with an address or id, and again the roles of changed users."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from rolesync.errors import NotFoundError, UnprocessableError
from rolesync.live.consistency import InconsistentPagesError, PageCheck, retry_until_consistent
from rolesync.live.strategy import SCANNABLE
from rolesync.model.keys import email_key, email_spellings, format_roles, parse_roles
from rolesync.model.live import Progress
from rolesync.studio.users import PER_PAGE, StudioReader, UserPage


@dataclass(slots=True)
class LiveUsers:
    """Users as columns, in the order they were read: an object for each would cost several times the memory.

    `refusal` is Studio's answer if it refused every search for an address; else "".
    """

    ids: list[int] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)  # role sets, as `format_roles` formats them
    refusal: str = ""

    def add(self, user_id: int, email: str, name: str, roles: str) -> None:
        """Append one user; `roles` is formatted by `format_roles`."""
        self.ids.append(user_id)
        self.emails.append(email)
        self.names.append(name)
        self.roles.append(roles)

    def extend(self, users: "LiveUsers") -> None:
        """Append other users."""
        self.ids += users.ids
        self.emails += users.emails
        self.names += users.names
        self.roles += users.roles


@dataclass(frozen=True, slots=True)
class RolePage:
    """One page of a search, an `AnyPage`, with its users as columns."""

    number: int  # as requested
    current: int
    last: int
    total: int
    users: LiveUsers

    @classmethod
    def of(cls, page: UserPage, number: int) -> "RolePage":
        """Convert the page that was requested as `number`."""
        users = LiveUsers(page.ids, page.emails, page.names, page.roles)
        return cls(number, page.current_page, page.last_page, page.total_count, users)

    @property
    def ids(self) -> list[int]:
        """The ids of its users."""
        return self.users.ids


def read_holders(studio: StudioReader, role: str, progress: Progress) -> LiveUsers:
    """Read all holders of a role.

    Raises:
        IncompleteReadError: the pages contradicted each other at every attempt.
        StudioError: Studio refused or can't be reached.
    """

    def report(page: RolePage) -> None:
        progress(f"reading {role}", page.number, max(1, page.last))

    def fetch(number: int) -> RolePage:
        return page_of_role(studio, role, number)

    search = search_for(role)
    client = studio.client
    return retry_until_consistent(search, client, lambda: _read_all(search, fetch, client.each, report))


def page_of_role(studio: StudioReader, role: str, number: int) -> RolePage:
    """Read one page of the holders of a role.

    Raises:
        InconsistentPagesError: a user on it doesn't hold the role.
    """
    page = studio.search_role(role, number)
    for roles in set(page.roles):
        if role not in (names := parse_roles(roles)):
            user_id = page.ids[page.roles.index(roles)]
            raise InconsistentPagesError(
                f"{search_for(role)} returned user {user_id}, whose roles are {', '.join(names) or 'none'}"
            )
    return RolePage.of(page, number)


def search_for(role: str) -> str:
    """Name the search for a role in messages."""
    return f"the search for role {role!r}"


def look_up(studio: StudioReader, key: str | int) -> LiveUsers:
    """Find all users with an address (normalised by `email_key`), or the user with an id.

    It runs in one of the client's own threads, so the rare further pages of an address are read one by one.

    Raises:
        IncompleteReadError: the pages contradicted each other at every attempt.
        StudioError: Studio refused or can't be reached.
    """
    if isinstance(key, int):
        try:
            user = studio.user(key)
        except (NotFoundError, UnprocessableError):  # no user has an id that Studio calls impossible
            return LiveUsers()
        return LiveUsers([user.id], [user.email], [user.name], [format_roles(user.roles)])
    matches, refusals = LiveUsers(), list[str]()
    for spelling in email_spellings(key):
        hits = _search_email(studio, spelling)
        refusals.append(hits.refusal)
        for user_id, email, name, roles in zip(hits.ids, hits.emails, hits.names, hits.roles, strict=True):
            # How Studio matches isn't documented: prefix and substring hits are other users.
            if email_key(email) == key and user_id not in matches.ids:
                matches.add(user_id, email, name, roles)
    matches.refusal = refusals[0] if all(refusals) else ""
    return matches


def _search_email(studio: StudioReader, spelling: str) -> LiveUsers:
    """Read all pages of the search for one form of an address; no users if Studio calls the address impossible."""
    search = f"the search for {spelling}"

    def fetch(number: int) -> RolePage:
        return RolePage.of(studio.search_email(spelling, number), number)

    try:
        return retry_until_consistent(search, studio.client, lambda: _read_all(search, fetch, _one_by_one))
    except UnprocessableError as error:
        return LiveUsers(refusal=error.message)


def roles_now(
    studio: StudioReader, roles: Sequence[str], user_ids: Collection[int], holders: int
) -> dict[int, frozenset[str] | None]:
    """Read the roles of these users again, by the cheaper of two ways: all holders, or user by user.

    Args:
        studio: where to read.
        roles: the roles to search for.
        user_ids: the users to read.
        holders: about how many users hold one of the roles.

    Returns:
        For each id all roles of the user; None for a user who is no longer in Studio. A read of all holders returns no
        roles for a user who holds none of `roles`: it shows neither the other roles of such a user, nor who is gone.
        Each of `roles` is taken from its own search, since one of the searches may lag.
    """
    if holders // PER_PAGE + len(roles) >= len(user_ids):
        return roles_of_each(studio, user_ids)
    roles_of: dict[int, set[str]] = {user_id: set() for user_id in user_ids}
    for role in roles:
        users = read_holders(studio, role, _ignore_progress)
        for user_id, names in zip(users.ids, users.roles, strict=True):
            if user_id in roles_of:
                roles_of[user_id].update({role}, set(parse_roles(names)).difference(roles))
    return {user_id: frozenset(names) for user_id, names in roles_of.items()}


def roles_of_each(studio: StudioReader, user_ids: Collection[int]) -> dict[int, frozenset[str] | None]:
    """Read all roles of these users, one by one; None for a user who is no longer in Studio.

    If no user is found, a search must answer, too: a Studio in maintenance may answer 404 to everything.

    Raises:
        StudioError: Studio refused or can't be reached.
    """
    users = studio.client.each(lambda user_id: (user_id, look_up(studio, user_id)), sorted(user_ids))
    roles = {user_id: frozenset(parse_roles(user.roles[0])) if user.ids else None for user_id, user in users}
    if roles and all(names is None for names in roles.values()):
        studio.search_role(SCANNABLE[0])
    return roles


def _ignore_progress(_stage: str, _done: int, _total: int) -> None:
    """Report no progress: reading again is a part of another stage."""


def _one_by_one(fetch: Callable[[int], RolePage], numbers: range) -> Iterable[RolePage]:
    return map(fetch, numbers)


def _read_all(
    search: str,
    fetch: Callable[[int], RolePage],
    fetch_each: Callable[[Callable[[int], RolePage], range], Iterable[RolePage]],
    report: Callable[[RolePage], None] = lambda _: None,
) -> LiveUsers:
    """Read all pages of one search, and check them against each other."""
    first, check, users = fetch(1), PageCheck(search), LiveUsers()
    for page in chain([first], fetch_each(fetch, range(2, first.last + 1))):
        check.add(page)
        users.extend(page.users)
        report(page)
    return users
