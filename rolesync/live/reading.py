"""Live, by the fewest searches, and proven complete.

The holders of each managed role are read by role search, 50 a request. Whoever the list names for a role and who isn't
among its holders is looked up by address or id. A read counts only if all its pages agree with each other and with what
they hold; otherwise it is read again, and if it stays so, refused: nothing may be concluded from half a picture.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import pandas as pd

from rolesync.errors import IncompleteReadError, NotFoundError, UnprocessableError
from rolesync.model import DESIRED, LIVE, Live, Progress, Requests, email_key, frame, require, role_names, role_set
from rolesync.studio import StudioReader, UserPage
from rolesync.studio.users import PER_PAGE

READS = 3  # how often a read that doesn't add up is made in all

Found = TypeVar("Found")


def look(studio: StudioReader, roles: Sequence[str], asked: pd.DataFrame, progress: Progress) -> Live:
    """Read the holders of `roles` and the people of `asked` who are not among them.

    Args:
        studio: where to read.
        roles: role names, compared exactly.
        asked: DESIRED; rows with other roles are passed over.
        progress: told after each answer.

    Returns:
        People (LIVE), each once. Who was asked for and isn't there is not in Studio.

    Raises:
        IncompleteReadError: Studio's answers still contradict each other after several reads.
        StudioError: Studio refused or can't be reached.
    """
    before = Counter(studio.client.counts)
    wanted = require(asked, DESIRED)[asked["role"].isin(roles)]
    people, fewest = _settled("the whole read", lambda: _look_once(studio, roles, wanted, progress))
    users = frame(LIVE, {"user_id": people.ids, "email": people.emails, "name": people.names, "roles": people.roles})
    made = Counter(studio.client.counts) - before
    return Live(users, tuple(roles), Requests(dict(sorted(made.items())), fewest))


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
        found = [(role, set(_holders(studio, role, _untold).ids)) for role in roles]
        return {user_id: frozenset(role for role, ids in found if user_id in ids) for user_id in user_ids}
    return {
        user_id: None if held is None else held.intersection(roles)
        for user_id, held in roles_of_each(studio, user_ids).items()
    }


def roles_of_each(studio: StudioReader, user_ids: Collection[int]) -> dict[int, frozenset[str] | None]:
    """Read all roles of these people, one by one; None for somebody who is no longer in Studio."""
    people = studio.client.each(lambda user_id: (user_id, _look_up(studio, user_id)), sorted(user_ids))
    return {user_id: frozenset(role_names(person.roles[0])) if person.ids else None for user_id, person in people}


def _untold(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody: reading again is a part of another stage."""


class _MovedError(Exception):
    """Answers that contradict each other: somebody changed something meanwhile, or Studio errs."""


@dataclass(slots=True)
class _People:
    """People as columns, in the order they were read: keeping an object for each costs several times the memory."""

    ids: list[int] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)  # role_set

    def add(self, user_id: int, email: str, name: str, roles: str) -> None:
        self.ids.append(user_id)
        self.emails.append(email)
        self.names.append(name)
        self.roles.append(roles)

    def extend(self, more: "_People") -> None:
        self.ids += more.ids
        self.emails += more.emails
        self.names += more.names
        self.roles += more.roles


def _settled(what: str, read: Callable[[], Found]) -> Found:
    """Read until the answers agree with each other, at most `READS` times."""
    reason = ""
    for _ in range(READS):
        try:
            return read()
        except _MovedError as moved:
            reason = str(moved)
    raise IncompleteReadError(
        f"{what} is not complete after {READS} tries: {reason}",
        hint="nothing can be concluded from it; try again when nobody changes roles, or ask Studio's support",
    )


def _look_once(
    studio: StudioReader, roles: Sequence[str], wanted: pd.DataFrame, progress: Progress
) -> tuple[_People, int]:
    holders = {role: _holders(studio, role, progress) for role in roles}
    fewest = sum(max(1, -(-len(people.ids) // PER_PAGE)) for people in holders.values())
    emails, ids = _missing(wanted, holders)

    found = _People()
    keys: list[str | int] = [*emails, *ids]
    people = studio.client.each(lambda key: _look_up(studio, key), keys)
    for done, person in enumerate(people, start=1):
        found.extend(person)
        progress("looking people up", done, len(keys))
    _refuse_unseen_holders(found, {role: frozenset(people.ids) for role, people in holders.items()})
    return _merged([*holders.values(), found]), fewest + len(keys)


def _holders(studio: StudioReader, role: str, progress: Progress) -> _People:
    what = f"the search for role {role!r}"

    def fetch(number: int) -> _Page:
        page = studio.search_role(role, number)
        for spelled in set(page.roles):
            if role not in (held := role_names(spelled)):
                one = page.ids[page.roles.index(spelled)]
                raise _MovedError(f"{what} gave user {one}, whose roles are {', '.join(held) or 'none'}")
        return _Page.of(page, number)

    def told(page: _Page) -> None:
        progress(f"reading {role}", page.number, max(1, page.last))

    return _settled(what, lambda: _read_all(what, fetch, studio.client.each, told))


def _look_up(studio: StudioReader, key: str | int) -> _People:
    """Find who has this address (any number of people) or this id (one person or nobody).

    It runs in one of the client's own threads, so that the rare further pages of an address are read one by one.
    """
    try:
        if isinstance(key, int):
            user = studio.user(key)
            return _People([user.id], [user.email], [user.name], [role_set(user.roles)])
        what = f"the search for {key}"
        hits = _settled(what, lambda: _read_all(what, lambda n: _Page.of(studio.search_email(key, n), n), _one_by_one))
    except (NotFoundError, UnprocessableError):  # nobody has an address or id that Studio calls impossible
        return _People()
    same = _People()
    for user_id, email, name, roles in zip(hits.ids, hits.emails, hits.names, hits.roles, strict=True):
        if email_key(email) == key:  # how Studio matches isn't documented: prefix and substring hits are others
            same.add(user_id, email, name, roles)
    return same


def _one_by_one(fetch: Callable[[int], "_Page"], numbers: range) -> Iterable["_Page"]:
    return map(fetch, numbers)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a search, its people as columns."""

    number: int  # the one asked for
    current: int
    last: int
    total: int
    people: _People

    @classmethod
    def of(cls, page: UserPage, number: int) -> "_Page":
        people = _People(page.ids, page.emails, page.names, page.roles)
        return cls(number, page.current_page, page.last_page, page.total_count, people)


def _read_all(
    what: str,
    fetch: Callable[[int], _Page],
    several: Callable[[Callable[[int], _Page], range], Iterable[_Page]],
    told: Callable[[_Page], None] = lambda _: None,
) -> _People:
    """Read all pages of one search, and hold them against each other."""
    first = fetch(1)
    if first.last > max(1, first.total):
        raise _MovedError(f"{what} has {first.last} pages for {first.total} people")
    people = _People()
    for page in chain([first], several(fetch, range(2, first.last + 1))):
        if (page.last, page.total) != (first.last, first.total):
            raise _MovedError(f"{what} had {first.total} people on page 1, {page.total} on page {page.number}")
        if page.current != page.number and page.total:
            raise _MovedError(f"{what} gave page {page.current} instead of {page.number}")
        people.extend(page.people)
        told(page)
    distinct = len(set(people.ids))
    if not distinct == first.total == len(people.ids):
        raise _MovedError(f"{what} gave {len(people.ids)} people, {distinct} of them different, of {first.total}")
    return people


def _missing(wanted: pd.DataFrame, holders: dict[str, _People]) -> tuple[list[str], list[int]]:
    """Find the addresses and ids that are named for a role and are not among its holders.

    Somebody found only as the holder of another role is looked up all the same if named by address: who else has that
    address shows only then. An id is unique, so that it is enough to have seen it anywhere.
    """
    emails: set[str] = set()
    for role, people in holders.items():
        by_email = wanted.loc[(wanted["role"] == role) & (wanted["user_id"] == 0), "email"]
        emails.update(set(by_email.tolist()).difference(map(email_key, people.emails)))
    seen = set(chain.from_iterable(people.ids for people in holders.values()))
    ids = set(wanted["user_id"].tolist()) - seen - {0}
    return sorted(emails), sorted(ids)


def _refuse_unseen_holders(found: _People, holders: dict[str, frozenset[int]]) -> None:
    """Nobody may hold a role by their own record and be missing in the search for it."""
    for user_id, roles in zip(found.ids, found.roles, strict=True):
        for role in holders.keys() & role_names(roles):
            if user_id not in holders[role]:
                raise _MovedError(f"user {user_id} holds {role!r}, but the search for it didn't give them")


def _merged(parts: Collection[_People]) -> _People:
    """Put everybody together, each once; nobody may have been seen in two states."""
    people = _People()
    state: dict[int, tuple[str, str]] = {}
    for part in parts:
        for user_id, email, name, roles in zip(part.ids, part.emails, part.names, part.roles, strict=True):
            known = state.get(user_id)
            if known is None:
                state[user_id] = (email, roles)
                people.add(user_id, email, name, roles)
            elif known != (email, roles):
                raise _MovedError(f"user {user_id} changed from {known} to {(email, roles)}")
    return people
