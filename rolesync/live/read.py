"""The whole read: the holders of the managed roles first, then everybody else the list names, as one picture."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np

from rolesync.live.pages import InconsistentPagesError, LiveUsers, read_holders, retry_until_consistent
from rolesync.live.search import Key, find_unseen
from rolesync.live.strategy import SCANNABLE, SHARE
from rolesync.model.desired import ListRows
from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live, Progress, ReadStep, Requests
from rolesync.model.packed.emails import packed_keys
from rolesync.model.vocabulary import ReadMethod
from rolesync.studio.users import PER_PAGE, StudioReader


def read_live(
    studio: StudioReader, roles: Sequence[str], asked: ListRows, progress: Progress, *, scan: bool = False
) -> Live:
    """Read the holders of `roles` and the people of `asked` who are not among them.

    Args:
        studio: where to read.
        roles: role names, compared exactly.
        asked: the list's rows; those with other roles are passed over.
        progress: told after each answer.
        scan: whether people may be found by reading other roles page by page, and as holders of any of `roles`, rather
            than by a request each, where they are many; see the top of this package for what that can't show.

    Returns:
        People (LIVE), each once. Who was asked for and isn't there is not in Studio.

    Raises:
        IncompleteReadError: Studio's answers still contradict each other after several reads.
        StudioError: Studio refused or can't be reached.
    """
    before = Counter(studio.client.counts)
    wanted = asked.take(asked.role.isin(list(roles)))
    people, ways, fewest = retry_until_consistent(
        "the whole read", lambda: _look_once(studio, roles, wanted, progress, scan=scan)
    )
    users = frame(LIVE, {"user_id": people.ids, "email": people.emails, "name": people.names, "roles": people.roles})
    studio.client.finish_abandoned()
    made = Counter(studio.client.counts) - before
    return Live(users, tuple(roles), Requests(dict(sorted(made.items())), fewest, ways))


def _look_once(
    studio: StudioReader, roles: Sequence[str], wanted: ListRows, progress: Progress, *, scan: bool
) -> tuple[LiveUsers, tuple[ReadStep, ...], int]:
    holders = {role: read_holders(studio, role, progress) for role in roles}
    ids_of = {role: frozenset(people.ids) for role, people in holders.items()}
    found = find_unseen(
        studio,
        _missing(wanted, holders, scan=scan),
        [role for role in SCANNABLE if role not in holders] if scan else [],
        asked=lambda: _named(wanted),
        check=lambda people: _refuse_unseen_holders(people, ids_of),
        progress=progress,
    )
    ways = [_in_full(role, len(people.ids)) for role, people in holders.items()]
    fewest = sum(way.requests for way in ways) + found.theoretical_minimum
    return _merged([*holders.values(), found.people]), (*ways, *found.ways), fewest


def _in_full(role: str, people: int) -> ReadStep:
    pages = max(1, -(-people // PER_PAGE))
    return ReadStep(ReadMethod.HOLDERS, role, pages, pages, people)


def _named(wanted: ListRows) -> set[Key]:
    """List everybody the list names, by address or else by id."""
    by_id = wanted.user_id != 0
    return {*wanted.email.texts(~by_id), *wanted.user_id[by_id].tolist()}


def _missing(wanted: ListRows, holders: dict[str, LiveUsers], *, scan: bool) -> list[Key]:
    """Find the addresses and ids that are named for a role and are not among its holders, each kind sorted.

    Somebody found only as the holder of another role is looked up all the same if named by address: who else has that
    address shows only then. Only where so many are to be found that pages are read for them is it enough, with `scan`,
    to have seen the address as that of any role's holder. An id is unique, so that it always is.
    """
    index = wanted.index
    missing, seen = np.zeros((2, len(index)), np.bool_)
    for role, people in holders.items():
        own = index.among(packed_keys(people.emails))
        named = index.first[(wanted.role == role) & (wanted.user_id == 0)]
        missing[named[~own[named]]] = True
        seen |= own
    ids = set(wanted.user_id.tolist()) - {0}.union(*(people.ids for people in holders.values()))
    if scan and np.count_nonzero(missing) + len(ids) >= SHARE:
        missing &= ~seen
    emails = set(wanted.email.texts(missing))
    return [*sorted(emails), *sorted(ids)]


def _refuse_unseen_holders(found: LiveUsers, holders: dict[str, frozenset[int]]) -> None:
    """Nobody may hold a role by their own record and be missing in the search for it."""
    for user_id, roles in zip(found.ids, found.roles, strict=True):
        for role in holders.keys() & parse_roles(roles):
            if user_id not in holders[role]:
                raise InconsistentPagesError(f"user {user_id} holds {role!r}, but the search for it didn't give them")


def _merged(parts: Collection[LiveUsers]) -> LiveUsers:
    """Put everybody together, each once; nobody may have been seen in two states."""
    people = LiveUsers()
    ids = list(chain.from_iterable(part.ids for part in parts))
    if len(set(ids)) == len(ids):  # nobody is in two parts, as with one role: nothing to compare
        for part in parts:
            people.extend(part)
        return people
    state: dict[int, tuple[str, str]] = {}
    for part in parts:
        for user_id, email, name, roles in zip(part.ids, part.emails, part.names, part.roles, strict=True):
            known = state.get(user_id)
            if known is None:
                state[user_id] = (email, roles)
                people.add(user_id, email, name, roles)
            elif known != (email, roles):
                raise InconsistentPagesError(f"user {user_id} changed from {known} to {(email, roles)}")
    return people
