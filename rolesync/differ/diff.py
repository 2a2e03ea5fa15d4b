"""What has to change: the list held against Studio, within the managed roles.

Every person that a row names is looked for among the live users once; from there on people are positions in the live
frame and roles are masks over it, so that a million rows cost no object per row. Where it is not certain whom a row
means, nothing is done for the row, and nobody whom it may mean loses a role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.differ.matching import JoinedPeople, join_people
from rolesync.model.desired import Desired, ListRows
from rolesync.model.frames import CHANGES, DESIRED, HELD, frame, require
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import PackedTexts, pack
from rolesync.model.plans import Changes, Policy, RoleCount
from rolesync.model.vocabulary import Action, HeldReason, Mode, Reason

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int32]

_ACTIONS = tuple(action.value for action in Action)
_REASONS = tuple(reason.value for reason in Reason)
_BLOCK = 2**16  # rows looked at at a time: what is made of them stays in a processor's own memory


@dataclass(frozen=True, eq=False)
class _Listed:
    """The list in the order of its rows; `role` is an index of `roles`, the managed ones, or -1 for any other role."""

    roles: tuple[str, ...]
    row: Ints
    email: PackedTexts
    index: Index  # of the addresses
    user_id: Ints
    role: Ints


@dataclass(frozen=True, eq=False)
class _Matched:
    """Whom each row of the list means: `position` of the user; -1 where `trouble` says why there is none."""

    position: Ints
    owner: Ints  # the first position that has the row's address, -1 for none
    trouble: Mapping[HeldReason, Mask]


@dataclass(frozen=True, eq=False)
class _Wanted:
    """The lowest row that names each live user, 0 for none: at all, and by managed role (shape roles by users)."""

    named: Rows
    role: Rows


def diff(desired: Desired | pd.DataFrame, live: Live, policy: Policy) -> Changes:
    """Say what has to change so that the managed roles are held by whom the list names.

    Args:
        desired: the list, or only its assignments (DESIRED).
        live: what Studio says, complete for the managed roles.
        policy: which roles are managed, and whether people may lose them.

    Returns:
        `changes` (CHANGES) by user and role, `held` (HELD) by row and user, and the count of each managed role in the
        policy's order. Nothing in it depends on the order of the input rows.

    Raises:
        TypeError: a frame is not as the model describes it.
        ValueError: a row names nobody or has no number, two live users have the same id, a live user's roles are
            missing, or `live` is not complete for a managed role. All are defects of the calling room.
    """
    rows = _all_rows(desired) if isinstance(desired, Desired) else ListRows.of(desired)
    roles = tuple(dict.fromkeys(policy.managed_roles))
    listed = _read_list(rows, roles)
    people = join_people(live.users, listed.index)
    holds = _holders(live, roles)
    matched = _match(listed, people)
    wanted = _want(listed, matched, len(roles), len(people.users))

    adds = (wanted.role > 0) & ~holds
    losses = (wanted.role == 0) & holds if policy.mode is Mode.SYNC else np.zeros_like(holds)
    doubts = _doubts(listed, people, matched)
    doubtful = np.zeros(len(people.users), np.bool_)
    doubtful[list(doubts)] = True
    removals, kept = losses & ~doubtful, losses & doubtful
    return Changes(
        changes=_changes(listed, people, wanted, adds, removals),
        held=_held(listed, people, matched, doubts, kept),
        roles=tuple(
            RoleCount(role, int(holds[at].sum()), int(adds[at].sum()), int(removals[at].sum()))
            for at, role in enumerate(roles)
        ),
    )


def _all_rows(desired: Desired) -> ListRows:
    """What the list asks for, with the rows that give no role today as rows of a role that is nobody's.

    So whoever stands there is named by the list, and nobody loses a role where it isn't certain whom such a row means.
    """
    if not len(desired.not_in_force):
        return desired.listed
    parts = [desired.assignments, require(desired.not_in_force, DESIRED).assign(role="")]
    return ListRows.of(pd.concat([part.astype({"role": "str"}) for part in parts]).astype({"role": "category"}))


def _read_list(rows: ListRows, roles: Sequence[str]) -> _Listed:
    if (rows.row[1:] < rows.row[:-1]).any():
        rows = rows.take(np.argsort(rows.row, kind="stable"))
    nobody = (rows.user_id <= 0) & (rows.email.size == 0)
    if nobody.any() or (rows.row < 1).any():
        at = int(np.argmax(nobody | (rows.row < 1)))
        raise ValueError(f"row {rows.row[at]} of the list names nobody, or has no number: the reader must refuse it")
    index = {role: at for at, role in enumerate(roles)}
    known = rows.role.categories.tolist()
    table = np.array([*(index.get(role, -1) for role in known), -1], np.int64)  # the last one is for code -1
    return _Listed(tuple(roles), rows.row, rows.email, rows.index, rows.user_id, table[rows.role.codes])


def _holders(live: Live, roles: Sequence[str]) -> Mask:
    """Who holds which managed role: shape roles by users."""
    unread = sorted(set(roles) - set(live.roles))
    if unread:
        raise ValueError(f"what was read from Studio is not complete for {unread}, so nothing may follow from it")
    codes = live.users["roles"].cat.codes.to_numpy()
    if (codes < 0).any():
        raise ValueError("the roles of a live user are missing, so nothing may follow from them")
    sets = [set(parse_roles(spelled)) for spelled in live.users["roles"].cat.categories]
    table = np.array([[role in names for names in sets] for role in roles], np.bool_).reshape(len(roles), len(sets))
    return table[:, codes]


def _match(listed: _Listed, people: JoinedPeople) -> _Matched:
    owner = position = people.owner
    has_id = listed.user_id > 0
    wrong, ambiguous = np.zeros((2, len(owner)), np.bool_)
    if has_id.any():
        ids = np.append(people.users["user_id"], 0)  # with one more, which is nobody's, for -1
        rest = np.flatnonzero(has_id & (ids[owner] != listed.user_id))  # most ids are the address's
        position = owner.copy()
        position[rest] = people.find_ids(listed.user_id[rest])
        differ = rest[(position[rest] != owner[rest]) & (listed.email.size[rest] > 0)]
        # An id that Studio doesn't know beside an address that it does know may be a slip of the pen, too.
        if len(differ):
            keys = pack(people.keys(np.maximum(position[differ], 0)))
            wrong[differ] = (position[differ] < 0) | ~keys.same(np.arange(len(keys)), listed.email, differ)
    if people.shared:
        sharing = np.zeros(len(people.users), np.bool_)
        sharing[list(people.shared)] = True
        ambiguous = ~has_id & (owner >= 0) & sharing[owner]
    unsure = wrong | ambiguous
    return _Matched(
        np.where(unsure, -1, position) if unsure.any() else position,
        owner,
        {
            HeldReason.NOT_IN_STUDIO: (position < 0) & ~wrong,
            HeldReason.AMBIGUOUS: ambiguous,
            HeldReason.IDENTITY_MISMATCH: wrong,
        },
    )


def _want(listed: _Listed, matched: _Matched, roles: int, users: int) -> _Wanted:
    named, role = np.zeros(users, np.int32), np.zeros((roles, users), np.int32)
    for start in reversed(range(0, len(listed.row), _BLOCK)):  # the lowest row is written last, and stays
        block = slice(start, start + _BLOCK)
        sure = np.flatnonzero(matched.position[block] >= 0)[::-1]
        position, row, wanted = (column[block][sure] for column in (matched.position, listed.row, listed.role))
        named[position] = row
        managed = wanted >= 0
        role[wanted[managed], position[managed]] = row[managed]
    return _Wanted(named, role)


def _doubts(listed: _Listed, people: JoinedPeople, matched: _Matched) -> dict[int, tuple[int, HeldReason]]:
    """Everybody whom an uncertain row may mean, by position, with the lowest such row and what is wrong with it."""
    ambiguous, wrong = matched.trouble[HeldReason.AMBIGUOUS], matched.trouble[HeldReason.IDENTITY_MISMATCH]
    doubts: dict[int, tuple[int, HeldReason]] = {}
    rows = np.flatnonzero(ambiguous | wrong)
    for at, named in zip(rows, people.find_ids(listed.user_id[rows]).tolist(), strict=True):
        meant = [*people.sharing(matched.owner[at]), *([named] if wrong[at] else [])]
        reason = HeldReason.IDENTITY_MISMATCH if wrong[at] else HeldReason.AMBIGUOUS
        for position in meant:
            if position >= 0:
                doubts.setdefault(position, (int(listed.row[at]), reason))
    return doubts


def _changes(listed: _Listed, people: JoinedPeople, wanted: _Wanted, adds: Mask, removals: Mask) -> pd.DataFrame:
    users = people.users
    role, position = np.nonzero(adds | removals)
    user_id = people.users["user_id"].to_numpy()
    order = np.lexsort((role, user_id[position]))
    role, position = role[order], position[order]
    added = adds[role, position]
    no_email = np.array([not key for key in people.keys(position)], np.bool_)
    named = wanted.named[position]
    unnamed = np.where(no_email, _REASONS.index(Reason.NO_EMAIL), _REASONS.index(Reason.NOT_LISTED))
    lost = np.where(named > 0, _REASONS.index(Reason.LISTED_WITHOUT_ROLE), unnamed)
    before = users["roles"].array.take(position)
    return frame(
        CHANGES,
        {
            "user_id": user_id[position],
            "email": users["email"].array.take(position),
            "name": users["name"].array.take(position),
            "action": _category(np.where(added, _ACTIONS.index(Action.ADD), _ACTIONS.index(Action.REMOVE)), _ACTIONS),
            "role": _category(role, listed.roles),
            "reason": _category(np.where(added, _REASONS.index(Reason.LISTED), lost), _REASONS),
            "row": np.where(added, wanted.role[role, position], named),
            "before": _category(before.codes, before.categories.tolist()),
        },
    )


def _held(
    listed: _Listed, people: JoinedPeople, matched: _Matched, doubts: Mapping[int, tuple[int, HeldReason]], kept: Mask
) -> pd.DataFrame:
    parts = [_held_additions(listed, people, matched, reason) for reason in matched.trouble]
    parts.append(_held_removals(people, doubts, listed.roles, kept))
    held = {name: [cell for part in parts for cell in part[name]] for name in HELD}
    rank = {role: at for at, role in enumerate(listed.roles)}
    order = np.lexsort((held["user_id"], held["action"], [rank[role] for role in held["role"]], held["row"]))
    return frame(HELD, {name: [cells[at] for at in order] for name, cells in held.items()})


def _held_additions(
    listed: _Listed, people: JoinedPeople, matched: _Matched, reason: HeldReason
) -> dict[str, list[Any]]:
    rows = np.flatnonzero(matched.trouble[reason] & (listed.role >= 0))
    if reason is HeldReason.NOT_IN_STUDIO:
        detail = ["not in Studio yet: looked for again at the next run"] * len(rows)
    elif reason is HeldReason.AMBIGUOUS:
        detail = [_say_shared(people, matched.owner[at]) for at in rows]
    else:
        detail = [_say_mismatch(people, int(listed.user_id[at]), matched.owner[at]) for at in rows]
    return {
        "row": listed.row[rows].tolist(),
        "email": listed.email.texts(rows),
        "user_id": listed.user_id[rows].tolist(),
        "role": [listed.roles[at] for at in listed.role[rows]],
        "action": [Action.ADD.value] * len(rows),
        "reason": [reason.value] * len(rows),
        "detail": detail,
    }


def _held_removals(
    people: JoinedPeople, doubts: Mapping[int, tuple[int, HeldReason]], roles: Sequence[str], kept: Mask
) -> dict[str, list[Any]]:
    found = [(roles[role], position, *doubts[position]) for role, position in np.argwhere(kept).tolist()]
    return {
        "row": [row for _, _, row, _ in found],
        "email": people.users["email"].iloc[[at for _, at, _, _ in found]].tolist(),
        "user_id": [int(people.user_id[at]) for _, at, _, _ in found],
        "role": [role for role, _, _, _ in found],
        "action": [Action.REMOVE.value] * len(found),
        "reason": [reason.value for _, _, _, reason in found],
        "detail": [f"keeps the role until it is clear whether row {row} means this user" for _, _, row, _ in found],
    }


def _say_shared(people: JoinedPeople, owner: int) -> str:
    ids = ", ".join(str(people.user_id[at]) for at in people.sharing(owner))
    return f"users {ids} share this address: name the one that is meant by user_id"


def _say_mismatch(people: JoinedPeople, user_id: int, owner: int) -> str:
    owners = ", ".join(f"user {people.user_id[at]}" for at in people.sharing(owner)) or "nobody that was read"
    return (
        f"user {user_id} doesn't have this address in Studio, {owners} has: correct the row, or name only one of both"
    )


def _category(codes: npt.NDArray[np.int64], names: Sequence[str]) -> "pd.Categorical[str]":
    """Name the codes; the categories are the names in use, sorted, just as `frame` makes them from text."""
    made = pd.Categorical.from_codes(codes, pd.Index(names)).remove_unused_categories()
    return made.reorder_categories(sorted(made.categories))
