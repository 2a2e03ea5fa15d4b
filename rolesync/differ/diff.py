"""Compares the list with Studio: the changes that make the managed roles equal to the list, and the held changes.

Each row is matched with a live user once. From there on, users are positions in the live frame and roles are masks
over it, so a million rows cost no object per row. If a row may mean several users, or none for certain,
it adds no role, and none of these users loses a role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.differ.matching import Ints, JoinedPeople, Mask, MatchedRows, join_people, match_rows
from rolesync.differ.near_addresses import with_near_addresses
from rolesync.model.desired import Desired, ListRows
from rolesync.model.frames import CHANGES, DESIRED, HELD, categorical, frame, require
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import PackedTexts
from rolesync.model.plans import Changes, Policy, RoleCount
from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.vocabulary import Action, Mode

Rows = npt.NDArray[np.int32]

_ACTIONS = tuple(action.value for action in Action)
_REASONS = tuple(reason.value for reason in Reason)
_BLOCK = 2**16  # rows processed at a time: their intermediate arrays fit into the processor's cache


@dataclass(frozen=True, eq=False)
class _SortedList:
    """The list, sorted by row number; `role` is an index of `roles`, the managed ones, or -1 for any other role."""

    roles: tuple[str, ...]
    row: Ints
    email: PackedTexts
    index: Index  # of the addresses
    user_id: Ints
    role: Ints


@dataclass(frozen=True, eq=False)
class _NamingRows:
    """The lowest row that names each live user, 0 for none: for any role, and by managed role (roles by users)."""

    any_role: Rows
    role: Rows


def diff(desired: Desired | pd.DataFrame, live: Live, policy: Policy) -> Changes:
    """Compute the changes that make the holders of the managed roles equal to the list.

    Args:
        desired: the list, or only its assignments (DESIRED).
        live: Studio's users (LIVE), complete for the managed roles.
        policy: which roles are managed, and whether users may lose them.

    Returns:
        `changes` (CHANGES) by user and role, `held` (HELD) by row and user, and the count of each managed role in the
        policy's order. The result doesn't depend on the order of the input rows.

    Raises:
        TypeError: a frame is not as the model describes it.
        ValueError: a row names no user or has no number, two live users have the same id, the roles of a live user are
            missing, or `live` is not complete for a managed role. All are programming errors of the caller.
    """
    rows = _all_rows(desired) if isinstance(desired, Desired) else ListRows.of(desired)
    roles = tuple(dict.fromkeys(policy.managed_roles))
    listed = _sort_list(rows, roles)
    people = join_people(live.users, listed.index)
    holds = _holders(live, roles)
    matched = match_rows(listed.email, listed.user_id, people)
    naming = _naming_rows(listed, matched, len(roles), len(people.users))

    adds = (naming.role > 0) & ~holds
    losses = (naming.role == 0) & holds if policy.mode is Mode.SYNC else np.zeros_like(holds)
    doubts = _doubts(listed, people, matched)
    doubtful = np.zeros(len(people.users), np.bool_)
    doubtful[list(doubts)] = True
    removals, held_removals = losses & ~doubtful, losses & doubtful
    changes = _changes(listed, people, naming, adds, removals)
    held = _held(listed, people, matched, live.refusals, _held_removals(people, doubts, listed.roles, held_removals))
    return Changes(
        changes=changes,
        held=with_near_addresses(held, changes),
        roles=tuple(
            RoleCount(role, int(holds[at].sum()), int(adds[at].sum()), int(removals[at].sum()))
            for at, role in enumerate(roles)
        ),
    )


def _all_rows(desired: Desired) -> ListRows:
    """Return the rows of the list, with those not in force today as rows of the role "", which is never managed.

    So the list still names their users, and an uncertain row not in force causes no removal.
    """
    if not len(desired.not_in_force):
        return desired.listed
    parts = [desired.assignments, require(desired.not_in_force, DESIRED).assign(role="")]
    return ListRows.of(pd.concat([part.astype({"role": "str"}) for part in parts]).astype({"role": "category"}))


def _sort_list(rows: ListRows, roles: Sequence[str]) -> _SortedList:
    if (rows.row[1:] < rows.row[:-1]).any():
        rows = rows.take(np.argsort(rows.row, kind="stable"))
    invalid = (rows.row < 1) | ((rows.user_id <= 0) & (rows.email.size == 0))
    if invalid.any():
        row = rows.row[int(np.argmax(invalid))]
        raise ValueError(f"row {row} of the list names nobody, or has no number: the reader must refuse it")
    index = {role: at for at, role in enumerate(roles)}
    listed_roles = rows.role.categories.tolist()
    table = np.array([*(index.get(role, -1) for role in listed_roles), -1], np.int64)  # the last element is for code -1
    return _SortedList(tuple(roles), rows.row, rows.email, rows.index, rows.user_id, table[rows.role.codes])


def _holders(live: Live, roles: Sequence[str]) -> Mask:
    """Return who holds which managed role (roles by users)."""
    unread = sorted(set(roles) - set(live.roles))
    if unread:
        raise ValueError(f"the read of Studio is not complete for {unread}, so no change can be computed from it")
    codes = live.users["roles"].cat.codes.to_numpy()
    if (codes < 0).any():
        raise ValueError("the roles of a live user are missing, so no change can be computed")
    sets = [set(parse_roles(text)) for text in live.users["roles"].cat.categories]
    table = np.array([[role in names for names in sets] for role in roles], np.bool_).reshape(len(roles), len(sets))
    return table[:, codes]


def _naming_rows(listed: _SortedList, matched: MatchedRows, roles: int, users: int) -> _NamingRows:
    any_role, by_role = np.zeros(users, np.int32), np.zeros((roles, users), np.int32)
    # Backwards, so that the lowest row is written last and stays.
    for start in reversed(range(0, len(listed.row), _BLOCK)):
        block = slice(start, start + _BLOCK)
        sure = np.flatnonzero(matched.position[block] >= 0)[::-1]
        position, row, role = (column[block][sure] for column in (matched.position, listed.row, listed.role))
        any_role[position] = row
        managed = role >= 0
        by_role[role[managed], position[managed]] = row[managed]
    return _NamingRows(any_role, by_role)


def _doubts(listed: _SortedList, people: JoinedPeople, matched: MatchedRows) -> dict[int, tuple[int, HeldReason]]:
    """Map the position of each user whom an uncertain row may mean to the lowest such row and its reason."""
    ambiguous, mismatch = matched.unmatched[HeldReason.AMBIGUOUS], matched.unmatched[HeldReason.IDENTITY_MISMATCH]
    doubts: dict[int, tuple[int, HeldReason]] = {}
    rows = np.flatnonzero(ambiguous | mismatch)
    for at, position_of_id in zip(rows, people.find_ids(listed.user_id[rows]).tolist(), strict=True):
        candidates = [*people.sharing(matched.by_address[at]), *([position_of_id] if mismatch[at] else [])]
        reason = HeldReason.IDENTITY_MISMATCH if mismatch[at] else HeldReason.AMBIGUOUS
        for position in candidates:
            if position >= 0:
                doubts.setdefault(position, (int(listed.row[at]), reason))
    return doubts


def _changes(
    listed: _SortedList, people: JoinedPeople, naming: _NamingRows, adds: Mask, removals: Mask
) -> pd.DataFrame:
    users = people.users
    role, position = np.nonzero(adds | removals)
    user_id = people.users["user_id"].to_numpy()
    order = np.lexsort((role, user_id[position]))
    role, position = role[order], position[order]
    is_addition = adds[role, position]
    no_email = np.array([not key for key in people.keys(position)], np.bool_)
    named = naming.any_role[position]
    not_named = np.where(no_email, _REASONS.index(Reason.NO_EMAIL), _REASONS.index(Reason.NOT_LISTED))
    removal_reason = np.where(named > 0, _REASONS.index(Reason.LISTED_WITHOUT_ROLE), not_named)
    before = users["roles"].array.take(position)
    return frame(
        CHANGES,
        {
            "user_id": user_id[position],
            "email": users["email"].array.take(position),
            "name": users["name"].array.take(position),
            "action": categorical(
                np.where(is_addition, _ACTIONS.index(Action.ADD), _ACTIONS.index(Action.REMOVE)), _ACTIONS
            ),
            "role": categorical(role, listed.roles),
            "reason": categorical(np.where(is_addition, _REASONS.index(Reason.LISTED), removal_reason), _REASONS),
            "row": np.where(is_addition, naming.role[role, position], named),
            "before": categorical(before.codes, before.categories.tolist()),
        },
    )


def _held(
    listed: _SortedList,
    people: JoinedPeople,
    matched: MatchedRows,
    refusals: Mapping[str, str],
    removals: dict[str, list[Any]],
) -> pd.DataFrame:
    parts = [_held_additions(listed, people, matched, reason, refusals) for reason in matched.unmatched]
    parts.append(removals)
    held = {name: [cell for part in parts for cell in part[name]] for name in HELD}
    rank = {role: at for at, role in enumerate(listed.roles)}
    order = np.lexsort((held["user_id"], held["action"], [rank[role] for role in held["role"]], held["row"]))
    return frame(HELD, {name: [cells[at] for at in order] for name, cells in held.items()})


def _held_additions(
    listed: _SortedList, people: JoinedPeople, matched: MatchedRows, reason: HeldReason, refusals: Mapping[str, str]
) -> dict[str, list[Any]]:
    rows = np.flatnonzero(matched.unmatched[reason] & (listed.role >= 0))
    emails, reasons = listed.email.texts(rows), [reason.value] * len(rows)
    if reason is HeldReason.NOT_IN_STUDIO:
        details = ["not in Studio yet; the next run looks again"] * len(rows)
        for at, email in enumerate(emails if refusals else ()):
            if email in refusals and not listed.user_id[rows[at]]:
                reasons[at] = HeldReason.SEARCH_REFUSED.value
                details[at] = f"whether this user is in Studio is unknown: {refusals[email]}; check the address"
    elif reason is HeldReason.AMBIGUOUS:
        details = [_describe_shared(people, matched.by_address[at]) for at in rows]
    else:
        details = [_describe_mismatch(people, int(listed.user_id[at]), matched.by_address[at]) for at in rows]
    return {
        "row": listed.row[rows].tolist(),
        "email": emails,
        "user_id": listed.user_id[rows].tolist(),
        "role": [listed.roles[at] for at in listed.role[rows]],
        "action": [Action.ADD.value] * len(rows),
        "reason": reasons,
        "detail": details,
    }


def _held_removals(
    people: JoinedPeople, doubts: Mapping[int, tuple[int, HeldReason]], roles: Sequence[str], held_removals: Mask
) -> dict[str, list[Any]]:
    removals = [(roles[role], position, *doubts[position]) for role, position in np.argwhere(held_removals).tolist()]
    return {
        "row": [row for _, _, row, _ in removals],
        "email": people.users["email"].iloc[[position for _, position, _, _ in removals]].tolist(),
        "user_id": [int(people.user_id[position]) for _, position, _, _ in removals],
        "role": [role for role, _, _, _ in removals],
        "action": [Action.REMOVE.value] * len(removals),
        "reason": [reason.value for _, _, _, reason in removals],
        "detail": [f"keeps the role until it is clear whether row {row} means this user" for _, _, row, _ in removals],
    }


def _describe_shared(people: JoinedPeople, owner: int) -> str:
    ids = ", ".join(str(people.user_id[at]) for at in people.sharing(owner))
    return f"users {ids} share this address; put the id of the right one into the row's user_id"


def _describe_mismatch(people: JoinedPeople, user_id: int, owner: int) -> str:
    owners = ", ".join(f"user {people.user_id[at]}" for at in people.sharing(owner))
    address = f"{owners} has it" if owners else "no user that was read has it"
    return (
        f"user {user_id} doesn't have this address in Studio, {address}; correct the row, or keep only one of the two"
    )
