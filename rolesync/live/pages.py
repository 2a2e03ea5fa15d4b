"""Reads that add up: all pages of one search, or one person, with every answer held against the others."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol, TypeVar

from rolesync.errors import IncompleteReadError, NotFoundError, UnprocessableError
from rolesync.model.keys import email_key, format_roles, parse_roles
from rolesync.model.live import Progress
from rolesync.studio.users import PER_PAGE, StudioReader, UserPage

READS = 3  # how often a read that doesn't add up is made in all

Found = TypeVar("Found")


def roles_now(
    studio: StudioReader, roles: Sequence[str], user_ids: Collection[int], holders: int
) -> dict[int, frozenset[str] | None]:
    """Read again which of `roles` these people hold, the cheaper way: all holders 50 a request, or one by one.

    Args:
        studio: where to read.
        roles: the roles in question.
        user_ids: whom to look at.
        holders: about how many people hold one of the roles.

    Returns:
        For each id the roles held, of `roles` only; None for somebody who is no longer in Studio, as far as the way
        taken shows it.
    """
    if holders // PER_PAGE + len(roles) < len(user_ids):
        found = [(role, set(read_holders(studio, role, _untold).ids)) for role in roles]
        return {user_id: frozenset(role for role, ids in found if user_id in ids) for user_id in user_ids}
    return {
        user_id: None if held is None else held.intersection(roles)
        for user_id, held in roles_of_each(studio, user_ids).items()
    }


def roles_of_each(studio: StudioReader, user_ids: Collection[int]) -> dict[int, frozenset[str] | None]:
    """Read all roles of these people, one by one; None for somebody who is no longer in Studio."""
    people = studio.client.each(lambda user_id: (user_id, look_up(studio, user_id)), sorted(user_ids))
    return {user_id: frozenset(parse_roles(person.roles[0])) if person.ids else None for user_id, person in people}


def _untold(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody: reading again is a part of another stage."""


class InconsistentPagesError(Exception):
    """Answers that contradict each other: somebody changed something meanwhile, or Studio errs."""


@dataclass(slots=True)
class LiveUsers:
    """People as columns, in the order they were read: keeping an object for each costs several times the memory."""

    ids: list[int] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)  # role_set

    def add(self, user_id: int, email: str, name: str, roles: str) -> None:
        """Put one person at the end; `roles` is a `format_roles`."""
        self.ids.append(user_id)
        self.emails.append(email)
        self.names.append(name)
        self.roles.append(roles)

    def extend(self, more: "LiveUsers") -> None:
        """Put others at the end."""
        self.ids += more.ids
        self.emails += more.emails
        self.names += more.names
        self.roles += more.roles


def retry_until_consistent(what: str, read: Callable[[], Found]) -> Found:
    """Read until the answers agree with each other, at most `READS` times.

    Raises:
        IncompleteReadError: they never do.
    """
    reason = ""
    for _ in range(READS):
        try:
            return read()
        except InconsistentPagesError as moved:
            reason = str(moved)
    raise IncompleteReadError(
        f"{what} is not complete after {READS} tries: {reason}",
        hint="nothing can be concluded from it; try again when nobody changes roles, or ask Studio's support",
    )


def read_holders(studio: StudioReader, role: str, progress: Progress) -> LiveUsers:
    """Read everybody who holds a role.

    Raises:
        IncompleteReadError: the pages contradict each other, however often they are read.
        StudioError: Studio refused or can't be reached.
    """

    def told(page: "RolePage") -> None:
        progress(f"reading {role}", page.number, max(1, page.last))

    def fetch(number: int) -> "RolePage":
        return page_of_role(studio, role, number)

    what = search_for(role)
    return retry_until_consistent(what, lambda: _read_all(what, fetch, studio.client.each, told))


def page_of_role(studio: StudioReader, role: str, number: int) -> "RolePage":
    """Read one page of the holders of a role.

    Raises:
        MovedError: somebody on it doesn't hold the role.
    """
    page = studio.search_role(role, number)
    for spelled in set(page.roles):
        if role not in (held := parse_roles(spelled)):
            one = page.ids[page.roles.index(spelled)]
            raise InconsistentPagesError(
                f"{search_for(role)} gave user {one}, whose roles are {', '.join(held) or 'none'}"
            )
    return RolePage.of(page, number)


def search_for(role: str) -> str:
    """Name the search for a role in messages."""
    return f"the search for role {role!r}"


def look_up(studio: StudioReader, key: str | int) -> LiveUsers:
    """Find who has this address (any number of people) or this id (one person or nobody).

    It runs in one of the client's own threads, so that the rare further pages of an address are read one by one.
    """
    try:
        if isinstance(key, int):
            user = studio.user(key)
            return LiveUsers([user.id], [user.email], [user.name], [format_roles(user.roles)])
        what = f"the search for {key}"
        hits = retry_until_consistent(
            what, lambda: _read_all(what, lambda n: RolePage.of(studio.search_email(key, n), n), _one_by_one)
        )
    except (NotFoundError, UnprocessableError):  # nobody has an address or id that Studio calls impossible
        return LiveUsers()
    same = LiveUsers()
    for user_id, email, name, roles in zip(hits.ids, hits.emails, hits.names, hits.roles, strict=True):
        if email_key(email) == key:  # how Studio matches isn't documented: prefix and substring hits are others
            same.add(user_id, email, name, roles)
    return same


def _one_by_one(fetch: Callable[[int], "RolePage"], numbers: range) -> Iterable["RolePage"]:
    return map(fetch, numbers)


@dataclass(frozen=True, slots=True)
class RolePage:
    """One page of a search, its people as columns."""

    number: int  # the one asked for
    current: int
    last: int
    total: int
    people: LiveUsers

    @classmethod
    def of(cls, page: UserPage, number: int) -> "RolePage":
        """Take the page that was asked for as `number`."""
        people = LiveUsers(page.ids, page.emails, page.names, page.roles)
        return cls(number, page.current_page, page.last_page, page.total_count, people)

    @property
    def ids(self) -> list[int]:
        """Who is on it."""
        return self.people.ids


class AnyPage(Protocol):
    """A page of whatever has ids."""

    @property
    def number(self) -> int:
        """The one asked for."""

    @property
    def current(self) -> int:
        """Which one it says it is."""

    @property
    def last(self) -> int:
        """How many it says there are."""

    @property
    def total(self) -> int:
        """How much it says there is on all of them."""

    @property
    def ids(self) -> list[int]:
        """What is on it."""


class PageCheck:
    """The pages of one search, in their order, each held against those before it, and the last one against all.

    `pages` is how many there are, 0 until one was added; `total` is how many people, or whatever `noun` says.
    """

    def __init__(self, what: str, noun: str = "people") -> None:
        self.pages = 0
        self.read = 0
        self._what = what
        self._noun = noun
        self._ids: list[int] = []
        self._said = (0, 0)  # the last page and the total that every page must agree on

    @property
    def total(self) -> int:
        """What the pages say there is in all."""
        return self._said[1]

    def add(self, page: AnyPage) -> None:
        """Take the next page.

        Raises:
            MovedError: it contradicts those before, or all of them together are not what they say.
        """
        what, noun, (last, total) = self._what, self._noun, self._said
        if not self.read:
            if page.last > max(1, page.total):
                raise InconsistentPagesError(f"{what} has {page.last} pages for {page.total} {noun}")
            self.pages, self._said = max(1, page.last), (page.last, page.total)
        elif (page.last, page.total) != (last, total):
            raise InconsistentPagesError(f"{what} had {total} {noun} on page 1, {page.total} on page {page.number}")
        if page.current != page.number and page.total:
            raise InconsistentPagesError(f"{what} gave page {page.current} instead of {page.number}")
        self._ids += page.ids
        self.read += 1
        if self.read == self.pages:
            self.hold(whole=True)

    def hold(self, *, whole: bool) -> None:
        """Hold all that was read against what it says of itself; `whole` if there is nothing more to read.

        Raises:
            MovedError: it gave something twice, or another number than it said.
        """
        number, distinct, total = len(self._ids), len(set(self._ids)), self.total
        if distinct != number or (number != total if whole else number >= total):
            raise InconsistentPagesError(
                f"{self._what} gave {number} {self._noun}, {distinct} of them different, of {total}"
            )


def _read_all(
    what: str,
    fetch: Callable[[int], RolePage],
    several: Callable[[Callable[[int], RolePage], range], Iterable[RolePage]],
    told: Callable[[RolePage], None] = lambda _: None,
) -> LiveUsers:
    """Read all pages of one search, and hold them against each other."""
    first, tally, people = fetch(1), PageCheck(what), LiveUsers()
    for page in chain([first], several(fetch, range(2, first.last + 1))):
        tally.add(page)
        people.extend(page.people)
        told(page)
    return people
