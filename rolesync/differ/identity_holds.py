"""Holds changes where the list may mean another user than the one with the address.

An address can change in Studio, or move to another user. Then a row still means the same person, by a former address.
The record knows which user had the address at the last run. A holder without an address may be the user of any row that
fits no user in Studio.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from rolesync.differ.removal_holds import hold
from rolesync.model.desired import ListRows
from rolesync.model.findings import name_some
from rolesync.model.frames import HELD, frame
from rolesync.model.history import ExpectedHolders
from rolesync.model.packed.emails import packed_keys
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import join, pack
from rolesync.model.plans import Changes
from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.vocabulary import Action


class _Doubt(NamedTuple):
    """A row whose address `user_id` had at the last run. `owner` has it now, and gains a role; 0 if nobody has it."""

    row: int
    email: str
    user_id: int
    owner: int = 0
    position: int = -1  # of the owner's change


@dataclass(slots=True)
class _Holds:
    """Changes to hold: reason and sentence by position in CHANGES, and users to name in place of the change's."""

    reasons: dict[int, tuple[HeldReason, str]]
    user_ids: dict[int, int]


def hold_uncertain_identities(changes: Changes, rows: ListRows, expected: ExpectedHolders | None) -> Changes:
    """Turn changes into held rows while it is uncertain whom the list means.

    Args:
        changes: the differ's result.
        rows: the rows of the list that are in force.
        expected: the holders at the last run, with their addresses; None if unknown.

    Returns:
        The remaining changes. Held are:

        - an addition to a user, if another user had the address of the row at the last run;
        - the removals of the user who had the address of such a row, or of a row that no user fits now;
        - the removal of a user without an address, if no user fits a row of the same role.
    """
    unfound = _is_unfound(changes.held)
    doubts = list(_doubts(changes, changes.held[unfound], rows, expected)) if expected else []
    holds = _Holds({}, {})
    losers = _hold_removals(changes.changes, doubts, holds)
    _hold_additions(doubts, holds)
    renamed = {(doubt.row, doubt.email): doubt for doubt in doubts if not doubt.owner and doubt.user_id in losers}
    nameless = _hold_without_address(changes.changes, changes.held[unfound], renamed, holds)
    held = _explain_unfound(changes.held, unfound, renamed, losers, nameless)
    return hold(replace(changes, held=held), holds.reasons, holds.user_ids)


def former_addresses(held: pd.DataFrame, expected: ExpectedHolders | None) -> dict[int, str]:
    """Find the addresses of earlier runs by which rows still mean users, so that the next runs hold these changes too.

    Args:
        held: HELD of a plan.
        expected: the holders at the last run, with their addresses; None if unknown.

    Returns:
        Addresses by user id: those of held additions, and those of rows that no user fits. The latter count also while
        the user holds no role, because other hands, or Canvas, may give it back.
    """
    additions = held[held["action"] == Action.ADD.value]
    readdressed = additions[additions["reason"].isin([HeldReason.RENAMED.value, HeldReason.ADDRESS_MOVED.value])]
    former = dict(zip(readdressed["user_id"].tolist(), readdressed["email"].tolist(), strict=True))
    emails = additions["email"][_is_unfound(additions)].tolist()
    if expected and emails:
        for place, user_ids in _users_before(Index(pack(emails)), expected).items():
            former |= dict.fromkeys(user_ids, emails[place])
    return former


def _is_unfound(held: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows of HELD no user fits."""
    return held["reason"].isin([HeldReason.NOT_IN_STUDIO.value, HeldReason.SEARCH_REFUSED.value]) & (
        held["user_id"] == 0
    )


def _doubts(changes: Changes, unfound: pd.DataFrame, rows: ListRows, expected: ExpectedHolders) -> Iterator[_Doubt]:
    """Yield the rows whose addresses other users had at the last run."""
    additions = np.flatnonzero((changes.changes["action"] == Action.ADD.value).to_numpy())
    gaining = changes.changes.iloc[additions]
    addresses = join([pack(unfound["email"].tolist()), *packed_keys(gaining["email"].to_numpy(np.object_))])
    index = Index(addresses)
    users_before = _users_before(index, expected)
    for row, email, place in zip(
        unfound["row"].tolist(), unfound["email"].tolist(), index.first.tolist(), strict=False
    ):
        for user_id in sorted(users_before.get(place, ())):
            yield _Doubt(row, email, user_id)
    places = index.first[len(unfound) :]
    at = np.flatnonzero(np.isin(places, list(users_before)))
    named_by_id = set(rows.row[rows.user_id > 0].tolist()) if len(at) else set()
    doubtful = gaining.iloc[at]
    columns = (doubtful["row"].tolist(), doubtful["user_id"].tolist(), places[at].tolist(), additions[at].tolist())
    for row, owner, place, position in zip(*columns, strict=True):
        if owner not in users_before[place] and row not in named_by_id:
            (email,) = addresses.texts(slice(place, place + 1))
            for user_id in sorted(users_before[place]):
                yield _Doubt(row, email, user_id, owner, position)


def _users_before(address_index: Index, expected: ExpectedHolders) -> dict[int, set[int]]:
    """Find the users who had the wanted addresses at the last run, by the place of each address."""
    users: dict[int, set[int]] = {}
    for addresses in (*expected.holders.values(), expected.former):
        user_ids, start = list(addresses), 0
        for keys in packed_keys(list(addresses.values())):
            places = address_index.find(keys)
            for at in np.flatnonzero(places >= 0).tolist():
                users.setdefault(int(places[at]), set()).add(user_ids[start + at])
            start += len(keys)
    return users


def _hold_removals(table: pd.DataFrame, doubts: Sequence[_Doubt], holds: _Holds) -> Mapping[int, str]:
    """Hold the removals of users who had the address of a row; return the addresses of these users today."""
    by_user: dict[int, _Doubt] = {}
    for doubt in doubts:
        by_user.setdefault(doubt.user_id, doubt)
    mask = (table["action"] == Action.REMOVE.value) & table["user_id"].isin(list(by_user))
    positions = np.flatnonzero(mask.to_numpy()).tolist()
    today = dict(zip(table["user_id"].iloc[positions].tolist(), table["email"].iloc[positions].tolist(), strict=True))
    for position, user_id in zip(positions, table["user_id"].iloc[positions].tolist(), strict=True):
        doubt = by_user[user_id]
        holds.reasons[position] = (
            (HeldReason.ADDRESS_MOVED, _describe_moved(doubt))
            if doubt.owner
            else (HeldReason.RENAMED, _describe_renamed(doubt, today[user_id]))
        )
    return today


def _hold_additions(doubts: Sequence[_Doubt], holds: _Holds) -> None:
    for doubt in doubts:
        if doubt.owner and doubt.position not in holds.reasons:
            holds.reasons[doubt.position] = HeldReason.ADDRESS_MOVED, _describe_moved(doubt)
            holds.user_ids[doubt.position] = doubt.user_id


def _hold_without_address(
    table: pd.DataFrame, unfound: pd.DataFrame, renamed: Mapping[tuple[int, str], _Doubt], holds: _Holds
) -> dict[str, list[int]]:
    """Hold the removals of users without an address who may be meant by a row; return these users by role."""
    keys = zip(unfound["row"].tolist(), unfound["email"].tolist(), unfound["role"].tolist(), strict=True)
    roles = {role for row, email, role in keys if (row, email) not in renamed}
    users: dict[str, list[int]] = {}
    mask = (table["reason"] == Reason.NO_EMAIL.value) & table["role"].isin(list(roles))
    for position in np.flatnonzero(mask.to_numpy()).tolist():
        if position not in holds.reasons:
            user_id, role = int(table["user_id"].iloc[position]), str(table["role"].iloc[position])
            users.setdefault(role, []).append(user_id)
            text = f"#{user_id} has no address in Studio, and rows of this role are not found: one may mean this user"
            advice = "put this user_id into that row; or to remove the role, into a row with the action remove"
            holds.reasons[position] = HeldReason.MAY_BE_LISTED, f"{text}; {advice}"
    return users


def _explain_unfound(
    held: pd.DataFrame,
    unfound: "pd.Series[bool]",
    renamed: Mapping[tuple[int, str], _Doubt],
    today: Mapping[int, str],
    nameless: Mapping[str, Sequence[int]],
) -> pd.DataFrame:
    """Add to the rows that no user fits who may be meant by them."""
    if not (renamed or nameless):
        return held
    cells = {name: held[name].tolist() for name in HELD}
    for at in np.flatnonzero(unfound.to_numpy()).tolist():
        if doubt := renamed.get((cells["row"][at], cells["email"][at])):
            cells["user_id"][at] = doubt.user_id
            cells["reason"][at] = HeldReason.RENAMED.value
            cells["detail"][at] = _describe_renamed(doubt, today[doubt.user_id])
        elif users := nameless.get(cells["role"][at]):
            some = name_some(f"#{user_id}" for user_id in users)
            cells["detail"][at] += f"; or a holder without an address: {some}; if so, put the user_id into the row"
    return frame(HELD, cells)


def _describe_renamed(doubt: _Doubt, email: str) -> str:
    now = f"is now {email}" if email else "has no address now"
    return f"#{doubt.user_id} was {doubt.email}, and {now}: correct row {doubt.row}, or delete it"


def _describe_moved(doubt: _Doubt) -> str:
    text = f"{doubt.email} was the address of #{doubt.user_id}, and is now that of #{doubt.owner}"
    return f"{text}: put the user_id of the right user into row {doubt.row}"
