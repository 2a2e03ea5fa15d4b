"""Assignments → distinct assignments, with findings on rows that repeat or contradict other rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.desired import ListRows
from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import pack
from rolesync.model.vocabulary import Level
from rolesync.reader.contradictions import contradictions
from rolesync.reader.validity import Validity

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_DENSE = 4  # numbers below so many times their count are counted in a table


class Deduplicated(NamedTuple):
    """The assignments that are in force today, each once, and those that aren't (DESIRED)."""

    in_force: ListRows
    not_in_force: pd.DataFrame


def deduplicate(
    in_force: ListRows, not_in_force: ListRows, validities: Mapping[int, Validity]
) -> tuple[Deduplicated, list[Finding]]:
    """Compare the rows of a list with each other.

    - An id has one address and an address one id. A row that contradicts an earlier row about that is refused.
    - If one row names an id with its address and another the id alone, both get the address. So the address can be
      compared with Studio's, whichever row is kept.
    - Rows that contradict each other about a role are refused, see `contradictions`.
    - Of rows with the same user and role, the first is kept.

    Args:
        in_force: the assignments that are in force today, with duplicates.
        not_in_force: the others, in the same form.
        validities: the rows with an action or dates, by row number.
    """
    if not len(not_in_force) and not validities and not _may_conflict(in_force):
        return Deduplicated(in_force, not_in_force.frame()), []
    rows, rows_not_in_force, findings = _compare_rows(in_force.frame(), not_in_force.frame(), validities, in_force)
    return Deduplicated(ListRows.of(rows), rows_not_in_force), findings


def _may_conflict(rows: ListRows) -> bool:
    """Whether rows may repeat or contradict each other; decided without unpacking the addresses."""
    has_id, has_email = rows.user_id != 0, rows.email.size > 0
    if (has_id & ~has_email).any():
        return True
    if rows.index.distinct:
        return bool(_repeated(rows.user_id[has_id]).any())
    once = np.flatnonzero(has_id & (np.diff(rows.row, prepend=0) > 0))  # a row with several roles counts once
    return bool(
        _repeated(rows.user_id[once]).any()
        or _repeated(rows.index.first[once]).any()
        or _possible_duplicates(rows.user_id, rows.index.first, rows.role.codes).any()
    )


def _compare_rows(
    in_force: pd.DataFrame, not_in_force: pd.DataFrame, validities: Mapping[int, Validity], packed_in_force: ListRows
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Do the work of `deduplicate` on frames; `packed_in_force` holds the same rows as `in_force`."""
    index = packed_in_force.index
    may_repeat = _possible_duplicates(packed_in_force.user_id, index.first, packed_in_force.role.codes)
    all_rows = in_force
    if len(not_in_force):
        all_rows = pd.concat([in_force, not_in_force]).sort_values("row", kind="stable")
        index = Index(pack(all_rows["email"].tolist()))
    findings: list[Finding] = []
    has_id = all_rows["user_id"].to_numpy() != 0
    if has_id.any():
        no_email = (all_rows["email"] == "").to_numpy()
        findings += _identity_conflicts(all_rows, index.first, has_id & ~no_email)
        has_id &= no_email
    if has_id.any():  # without an address
        addresses = _addresses_by_id(all_rows, findings)
        in_force, not_in_force = (_with_addresses(rows, addresses) for rows in (in_force, not_in_force))
    in_force, not_in_force = _without(in_force, findings), _without(not_in_force, findings)
    if validities:
        contradicted = list(contradictions(in_force, not_in_force, validities))
        in_force, not_in_force = _without(in_force, contradicted), _without(not_in_force, contradicted)
        findings += contradicted
    rows = in_force[may_repeat[in_force.index]] if may_repeat.any() else in_force.iloc[:0]
    if len(rows):
        keys = rows.assign(email=rows["email"].where(rows["user_id"] == 0, ""))
        repeated = keys.duplicated(["user_id", "email", "role"])
        firsts = keys.groupby(["user_id", "email", "role"], observed=True, sort=False)["row"].transform("first")
        findings.extend(_duplicates(keys[repeated], firsts[repeated]))
        in_force = in_force.drop(index=keys.index[repeated])
    return in_force.reset_index(drop=True), not_in_force.reset_index(drop=True), findings


def _possible_duplicates(user_id: Ints, address: Ints, role: "npt.NDArray[np.integer]") -> Mask:
    """Mark rows that may share user and role with another row; no real duplicate is missed."""
    roles = int(role.max(initial=0)) + 1
    repeated = np.zeros(len(role), np.bool_)
    for which, identities in ((user_id == 0, address), (user_id != 0, user_id)):
        repeated[which] = _repeated(identities[which] * roles + role[which])  # very large ids may overflow and collide
    return repeated


def _repeated(numbers: "npt.NDArray[np.integer]") -> Mask:
    """Mark numbers that occur more than once, by the cheapest method."""
    repeated = np.zeros(len(numbers), np.bool_)
    if not (numbers[1:] > numbers[:-1]).all():
        if numbers.min() >= 0 and numbers.max() < _DENSE * len(numbers):
            repeated |= (np.bincount(numbers) > 1)[numbers]
        else:
            repeated |= pd.Index(numbers).duplicated(keep=False)
    return repeated


def _without(rows: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """The rows that no finding refuses."""
    refused = {finding.row for finding in findings}
    return rows[~rows["row"].isin(refused)] if refused else rows


def _identity_conflicts(assignments: pd.DataFrame, addresses: Ints, have_both: Mask) -> Iterator[Finding]:
    """Refuse each row whose id has another address, or whose address has another id, in an earlier row."""
    once = np.flatnonzero(have_both & (np.diff(assignments["row"], prepend=0) > 0))  # a row with several roles once
    repeated = _repeated(assignments["user_id"].to_numpy()[once]) | _repeated(addresses[once])
    pairs = assignments.iloc[once[repeated]]
    for key, other, text in (
        ("user_id", "email", "user id {0} has the address {1} here but {2} in row {3}"),
        ("email", "user_id", "the address {0} has the user id {1} here but {2} in row {3}"),
    ):
        if not pairs.drop_duplicates([key, other])[key].duplicated().any():
            continue
        firsts = pairs.drop_duplicates(key).set_index(key)
        wrong = pairs[pairs[key].map(firsts[other]) != pairs[other]]
        earlier = firsts.loc[wrong[key]]
        columns = (wrong["row"], wrong[key], wrong[other], earlier[other], earlier["row"])
        for row, name, value, first_value, first_row in zip(*columns, strict=True):
            message = text.format(_format(name), _format(value), _format(first_value), first_row)
            yield error(Code.IDENTITY_CONFLICT, f"{message}; correct one of the two rows", row=int(row))


def _addresses_by_id(all_rows: pd.DataFrame, findings: Sequence[Finding]) -> "pd.Series[str]":
    """The address of each id that a valid row names together with an address."""
    rows = _without(all_rows, findings)
    have_both = (rows["user_id"] != 0) & (rows["email"] != "")
    return rows[have_both].drop_duplicates("user_id").set_index("user_id")["email"]


def _with_addresses(rows: pd.DataFrame, addresses: "pd.Series[str]") -> pd.DataFrame:
    """Fill in the address of each id that has none in its row."""
    fillable = (rows["email"] == "") & rows["user_id"].isin(addresses.index)
    if not fillable.any():
        return rows
    return rows.assign(email=rows["email"].where(~fillable, rows["user_id"].map(addresses)))


def _duplicates(repeated: pd.DataFrame, firsts: "pd.Series[int]") -> Iterator[Finding]:
    people = repeated["email"].where(repeated["user_id"] == 0, repeated["user_id"].astype("str"))
    for row, person, role, first in zip(repeated["row"], people, repeated["role"], firsts, strict=True):
        where = "this row names it twice" if row == first else f"row {first} gives it already"
        message = f"{person} gets the role {quoted(role)} again: {where}; it counts once"
        yield Finding(Level.WARNING, Code.DUPLICATE.value, message, int(row))


def _format(value: object) -> str:
    return quoted(value) if isinstance(value, str) else str(value)
