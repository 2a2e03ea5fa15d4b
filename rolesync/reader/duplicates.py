"""Assignments → the same without repetitions, and findings about rows that repeat or contradict others."""

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

_DENSE = 4  # numbers that are counted in a table of so many times their own number


class Deduplicated(NamedTuple):
    """The roles that are given, each once, and those that rows name and don't give today (DESIRED)."""

    given: ListRows
    withheld: pd.DataFrame


def deduplicate(
    given: ListRows, withheld: ListRows, standings: Mapping[int, Validity]
) -> tuple[Deduplicated, list[Finding]]:
    """Compare the rows of a list with each other.

    One id has one address and one address one id: a row that says otherwise than an earlier one is refused. An id that
    is given with its address in one row and alone in another gets the address in both, so that it can be checked
    against Studio whichever row is kept. Rows that contradict each other about a role are refused, see
    `contradictions`. The same person and role again is kept once, as the first row says it.

    Args:
        given: the roles that are given today, with repetitions.
        withheld: those that aren't, in the same form.
        standings: the rows that say more than who and which role.
    """
    if not len(withheld) and not standings and not _may_clash(given):
        return Deduplicated(given, withheld.frame()), []
    kept, left, findings = _compared(given.frame(), withheld.frame(), standings, given)
    return Deduplicated(ListRows.of(kept), left), findings


def _may_clash(given: ListRows) -> bool:
    """Whether there may be anything to settle, without making texts of the addresses."""
    has_id, has_email = given.user_id != 0, given.email.size > 0
    if (has_id & ~has_email).any():
        return True
    if given.index.distinct:
        return bool(_alike(given.user_id[has_id]).any())
    once = np.flatnonzero(has_id & (np.diff(given.row, prepend=0) > 0))  # a row with several roles once
    return bool(
        _alike(given.user_id[once]).any()
        or _alike(given.index.first[once]).any()
        or _seem_repeated(given.user_id, given.index.first, given.role.codes).any()
    )


def _compared(
    given: pd.DataFrame, withheld: pd.DataFrame, standings: Mapping[int, Validity], of_given: ListRows
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """What `deduplicate` gives, as frames; `of_given` is `given`, too."""
    seem_repeated = _seem_repeated(of_given.user_id, of_given.index.first, of_given.role.codes)
    everything, index = given, of_given.index
    if len(withheld):
        everything = pd.concat([given, withheld]).sort_values("row", kind="stable")
        index = Index(pack(everything["email"].tolist()))
    findings: list[Finding] = []
    has_id = everything["user_id"].to_numpy() != 0
    if has_id.any():
        blank = (everything["email"] == "").to_numpy()
        findings += _conflicts(everything, index.first, has_id & ~blank)
        has_id &= blank
    if has_id.any():  # without an address
        addresses = _addresses(everything, findings)
        given, withheld = (_with_addresses(rows, addresses) for rows in (given, withheld))
    given, withheld = _without(given, findings), _without(withheld, findings)
    if standings:
        against = list(contradictions(given, withheld, standings))
        given, withheld = _without(given, against), _without(withheld, against)
        findings += against
    rows = given[seem_repeated[given.index]] if seem_repeated.any() else given.iloc[:0]
    if len(rows):
        keys = rows.assign(email=rows["email"].where(rows["user_id"] == 0, ""))
        repeated = keys.duplicated(["user_id", "email", "role"])
        firsts = keys.groupby(["user_id", "email", "role"], observed=True, sort=False)["row"].transform("first")
        findings.extend(_duplicates(keys[repeated], firsts[repeated]))
        given = given.drop(index=keys.index[repeated])
    return given.reset_index(drop=True), withheld.reset_index(drop=True), findings


def _seem_repeated(user_id: Ints, address: Ints, role: "npt.NDArray[np.integer]") -> Mask:
    """Which rows may give a person a role that another one gives, too: no row that does is left out."""
    roles = int(role.max(initial=0)) + 1
    repeated = np.zeros(len(role), np.bool_)
    for which, people in ((user_id == 0, address), (user_id != 0, user_id)):
        repeated[which] = _alike(people[which] * roles + role[which])  # of the largest ids, what is left after 64 bits
    return repeated


def _alike(numbers: "npt.NDArray[np.integer]") -> Mask:
    """Which numbers are there several times, told in the way that costs least."""
    alike = np.zeros(len(numbers), np.bool_)
    if not (numbers[1:] > numbers[:-1]).all():
        if numbers.min() >= 0 and numbers.max() < _DENSE * len(numbers):
            alike |= (np.bincount(numbers) > 1)[numbers]
        else:
            alike |= pd.Index(numbers).duplicated(keep=False)
    return alike


def _without(rows: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    refused = {finding.row for finding in findings}
    return rows[~rows["row"].isin(refused)] if refused else rows


def _pairs(assignments: pd.DataFrame) -> pd.DataFrame:
    return assignments[(assignments["user_id"] != 0) & (assignments["email"] != "")]


def _conflicts(assignments: pd.DataFrame, addresses: Ints, are_pairs: Mask) -> Iterator[Finding]:
    once = np.flatnonzero(are_pairs & (np.diff(assignments["row"], prepend=0) > 0))  # a row with several roles once
    alike = _alike(assignments["user_id"].to_numpy()[once]) | _alike(addresses[once])
    pairs = assignments.iloc[once[alike]]
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
            message = text.format(_shown(name), _shown(value), _shown(first_value), first_row)
            yield error(Code.IDENTITY_CONFLICT, f"{message}; correct one of the two rows", row=int(row))


def _addresses(everything: pd.DataFrame, findings: Sequence[Finding]) -> "pd.Series[str]":
    """The address of each id that is given with one, by id."""
    return _pairs(_without(everything, findings)).drop_duplicates("user_id").set_index("user_id")["email"]


def _with_addresses(rows: pd.DataFrame, addresses: "pd.Series[str]") -> pd.DataFrame:
    known = (rows["email"] == "") & rows["user_id"].isin(addresses.index)
    if not known.any():
        return rows
    return rows.assign(email=rows["email"].where(~known, rows["user_id"].map(addresses)))


def _duplicates(repeated: pd.DataFrame, firsts: "pd.Series[int]") -> Iterator[Finding]:
    people = repeated["email"].where(repeated["user_id"] == 0, repeated["user_id"].astype("str"))
    for row, person, role, first in zip(repeated["row"], people, repeated["role"], firsts, strict=True):
        where = "this row names it twice" if row == first else f"row {first} says so already"
        message = f"{person} gets the role {quoted(role)} again: {where}; it counts once"
        yield Finding(Level.WARNING, Code.DUPLICATE.value, message, int(row))


def _shown(value: object) -> str:
    return quoted(value) if isinstance(value, str) else str(value)
