"""Rows that name the same person and role and can't both be meant.

Rows that follow each other in time are a sequence, and together say when the role is held. But one row that gives a
role and one that takes it, or two whose times overlap and differ, leave open which of them was to be corrected: either
may be a left-over, and whichever counts, somebody keeps or loses a role against one of the rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple, Protocol

import pandas as pd

from rolesync.model import Finding
from rolesync.reader.findings import Code, error, quoted
from rolesync.reader.standing import PLAIN, Period, Standing

_row = attrgetter("row")


class Says(Protocol):
    """Whatever a row says of a person and a role: whether it takes the role away, and its days."""

    @property
    def taken(self) -> bool:
        """Whether the role is taken away."""
        ...

    @property
    def period(self) -> Period:
        """The days of the role."""
        ...


class _Said(NamedTuple):
    person: str
    role: str
    row: int
    taken: bool
    period: Period


def contradictions(given: pd.DataFrame, withheld: pd.DataFrame, standings: Mapping[int, Standing]) -> Iterator[Finding]:
    """Refuse every row that another one contradicts, each with the first such row.

    Args:
        given: the roles that rows give today (DESIRED with repetitions).
        withheld: those that they don't, in the same form.
        standings: the rows that say more than who and which role.
    """
    said = sorted(_said(pd.concat([given, withheld]), standings))
    for _, group in groupby(said, itemgetter(0, 1)):
        rows = list(group)
        firsts = {(one.taken, one.period): one for one in reversed(rows)}.values()
        for one in rows:
            if other := min((two for two in firsts if contradict(one, two)), default=None, key=_row):
                where = f"{one.person} and the role {quoted(one.role)}"
                text = f"{where}: this row {_words(one)}, row {other.row} {_words(other)}"
                yield error(Code.CONTRADICTION, f"{text}; delete the one that is not meant", row=one.row)


def _said(rows: pd.DataFrame, standings: Mapping[int, Standing]) -> Iterator[_Said]:
    """Say what each row says of a person; by id where the list gives it, even if another row does."""
    both = rows[(rows["user_id"] != 0) & (rows["email"] != "")]
    ids = dict(zip(both["email"], both["user_id"], strict=True))
    numbers = rows["user_id"].where(rows["user_id"] != 0, rows["email"].map(ids).fillna(0)).astype("int64")
    people = rows["email"].where(numbers == 0, numbers.astype("str"))
    repeated = pd.DataFrame({"person": people, "role": rows["role"].astype("str")}).duplicated(keep=False)
    columns: Iterable[tuple[str, str, int]] = zip(
        people[repeated].tolist(), rows["role"][repeated].tolist(), rows["row"][repeated].tolist(), strict=True
    )
    for person, role, row in columns:
        standing = standings.get(row, PLAIN)
        yield _Said(person, role, row, standing.taken, standing.period)


def contradict(one: Says, other: Says) -> bool:
    """Tell whether two rows about the same person and role can't both be meant."""
    if one.taken != other.taken:
        return True
    if one.taken or one.period == other.period:
        return False
    # A day on which one ends and the other begins makes no difference.
    return one.period.starts < other.period.expires and other.period.starts < one.period.expires


def _words(said: _Said) -> str:
    return "takes it away" if said.taken else f"gives it {said.period.text}"
