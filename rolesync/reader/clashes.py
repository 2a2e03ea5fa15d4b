"""Assignments → the same without repetitions, and findings about rows that repeat or contradict others."""

from collections.abc import Iterator

import pandas as pd

from rolesync.model import Finding, Level
from rolesync.reader.findings import Code, error, quoted


def settle(assignments: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Compare the rows of a list with each other.

    One id has one address and one address one id: a row that says otherwise than an earlier one is refused. An id that
    is given with its address in one row and alone in another gets the address in both, so that it can be checked
    against Studio whichever row is kept. The same person and role again is kept once, as the first row says it.

    Args:
        assignments: DESIRED, but with repetitions.

    Returns:
        DESIRED, and the findings.
    """
    findings = list(_conflicts(assignments))
    refused = {finding.row for finding in findings}
    if refused:
        assignments = assignments[~assignments["row"].isin(refused)]
    assignments = _with_addresses(assignments)
    keys = assignments.assign(email=assignments["email"].where(assignments["user_id"] == 0, ""))
    repeated = keys.duplicated(["user_id", "email", "role"])
    if repeated.any():
        firsts = keys.groupby(["user_id", "email", "role"], observed=True, sort=False)["row"].transform("first")
        findings.extend(_duplicates(keys[repeated], firsts[repeated]))
    return assignments[~repeated].reset_index(drop=True), findings


def _pairs(assignments: pd.DataFrame) -> pd.DataFrame:
    return assignments[(assignments["user_id"] != 0) & (assignments["email"] != "")]


def _conflicts(assignments: pd.DataFrame) -> Iterator[Finding]:
    pairs = _pairs(assignments).drop_duplicates("row")
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


def _with_addresses(assignments: pd.DataFrame) -> pd.DataFrame:
    addresses = _pairs(assignments).drop_duplicates("user_id").set_index("user_id")["email"]
    known = (assignments["email"] == "") & assignments["user_id"].isin(addresses.index)
    if not known.any():
        return assignments
    return assignments.assign(email=assignments["email"].where(~known, assignments["user_id"].map(addresses)))


def _duplicates(repeated: pd.DataFrame, firsts: "pd.Series[int]") -> Iterator[Finding]:
    people = repeated["email"].where(repeated["user_id"] == 0, repeated["user_id"].astype("str"))
    for row, person, role, first in zip(repeated["row"], people, repeated["role"], firsts, strict=True):
        where = "this row names it twice" if row == first else f"row {first} says so already"
        message = f"{person} gets the role {quoted(role)} again: {where}; it counts once"
        yield Finding(Level.WARNING, Code.DUPLICATE.value, message, int(row))


def _shown(value: object) -> str:
    return quoted(value) if isinstance(value, str) else str(value)
