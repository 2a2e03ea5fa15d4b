"""Reads everything a plan needs as one consistent picture: the holders of the managed roles, and the listed users."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

import numpy as np

from rolesync.live.consistency import InconsistentPagesError, retry_until_consistent
from rolesync.live.read_users import LiveUsers, read_holders
from rolesync.live.search import Key, find_users
from rolesync.live.strategy import SCANNABLE, USERS_PER_TRIAL
from rolesync.model.desired import ListRows
from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live, Progress, ReadStep, Requests
from rolesync.model.packed.emails import packed_keys
from rolesync.model.vocabulary import ReadMethod
from rolesync.studio.users import PER_PAGE, StudioReader


def read_live(
    studio: StudioReader, roles: Sequence[str], rows: ListRows, progress: Progress, *, scan: bool = False
) -> Live:
    """Read the holders of `roles`, and the listed users who are not among them.

    Args:
        studio: where to read.
        roles: role names, compared exactly.
        rows: the list; rows with other roles are skipped.
        progress: called after each answer.
        scan: allows finding many users on the pages of other roles, and accepts holders of any of `roles` as found,
            instead of one request for each user. The docstring of this package names the limits of pages.

    Returns:
        Users (LIVE), each once. A listed user who is missing in them is not in Studio, unless `refusals` has the
        address.

    Raises:
        IncompleteReadError: Studio's answers contradicted each other at every attempt.
        StudioError: Studio refused or can't be reached.
    """
    before = Counter(studio.client.counts)
    wanted_rows = rows.take(rows.role.isin(list(roles)))
    users, steps, minimum, refusals = retry_until_consistent(
        "the whole read", studio.client, lambda: _read_once(studio, roles, wanted_rows, progress, scan=scan)
    )
    table = frame(LIVE, {"user_id": users.ids, "email": users.emails, "name": users.names, "roles": users.roles})
    studio.client.finish_abandoned()
    by_kind = Counter(studio.client.counts) - before
    requests = Requests(dict(sorted(by_kind.items())), minimum, steps)
    return Live(table, tuple(roles), requests, studio.client.clock_skew, refusals)


def _read_once(
    studio: StudioReader, roles: Sequence[str], rows: ListRows, progress: Progress, *, scan: bool
) -> tuple[LiveUsers, tuple[ReadStep, ...], int, Mapping[str, str]]:
    holders = {role: read_holders(studio, role, progress) for role in roles}
    ids_by_role = {role: frozenset(users.ids) for role, users in holders.items()}
    found_users = find_users(
        studio,
        _missing(rows, holders, scan=scan),
        [role for role in SCANNABLE if role not in holders] if scan else [],
        listed_keys=lambda: _keys_of(rows),
        check=lambda users: _refuse_unseen_holders(users, ids_by_role),
        progress=progress,
    )
    steps = [_full_read(role, len(users.ids)) for role, users in holders.items()]
    minimum = sum(step.requests for step in steps) + found_users.theoretical_minimum
    return _merge([*holders.values(), found_users.users]), (*steps, *found_users.steps), minimum, found_users.refusals


def _full_read(role: str, users: int) -> ReadStep:
    pages = max(1, -(-users // PER_PAGE))
    return ReadStep(ReadMethod.HOLDERS, role, pages, pages, users)


def _keys_of(rows: ListRows) -> set[Key]:
    """Return the id of each listed user, or the address if the row has no id."""
    has_id = rows.user_id != 0
    return {*rows.email.texts(~has_id), *rows.user_id[has_id].tolist()}


def _missing(rows: ListRows, holders: dict[str, LiveUsers], *, scan: bool) -> list[Key]:
    """Find the addresses and ids that a row names for a role and that are not among its holders, each kind sorted.

    A user found only as holder of another role is looked up as well, if named by address: only the look-up shows other
    users with that address. With `scan`, and so many missing that pages are read for them, any role's holders count as
    found. An id is unique, so a holder of any role counts as found by id.
    """
    index = rows.index
    missing, seen = np.zeros((2, len(index)), np.bool_)
    for role, users in holders.items():
        among_holders = index.among(packed_keys(users.emails))
        named = index.first[(rows.role == role) & (rows.user_id == 0)]
        missing[named[~among_holders[named]]] = True
        seen |= among_holders
    ids = set(rows.user_id.tolist()) - {0}.union(*(users.ids for users in holders.values()))
    if scan and np.count_nonzero(missing) + len(ids) >= USERS_PER_TRIAL:
        missing &= ~seen
    emails = set(rows.email.texts(missing))
    return [*sorted(emails), *sorted(ids)]


def _refuse_unseen_holders(users: LiveUsers, holders: dict[str, frozenset[int]]) -> None:
    """Refuse a user who holds a role by their own record but is missing in the search for it."""
    for user_id, roles in zip(users.ids, users.roles, strict=True):
        for role in holders.keys() & parse_roles(roles):
            if user_id not in holders[role]:
                raise InconsistentPagesError(f"user {user_id} holds {role!r}, but the search for it didn't return them")


def _merge(parts: Collection[LiveUsers]) -> LiveUsers:
    """Merge users, each once; refuse a user who was seen in two states."""
    merged = LiveUsers()
    ids = list(chain.from_iterable(part.ids for part in parts))
    if len(set(ids)) == len(ids):  # no user is in two parts, as with one role: nothing to compare
        for part in parts:
            merged.extend(part)
        return merged
    states: dict[int, tuple[str, str]] = {}
    for part in parts:
        for user_id, email, name, roles in zip(part.ids, part.emails, part.names, part.roles, strict=True):
            earlier = states.get(user_id)
            if earlier is None:
                states[user_id] = (email, roles)
                merged.add(user_id, email, name, roles)
            elif earlier != (email, roles):
                raise InconsistentPagesError(f"user {user_id} changed from {earlier} to {(email, roles)}")
    return merged
