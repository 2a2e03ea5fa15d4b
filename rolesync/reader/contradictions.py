"""Rows that name the same person and role and can't both be meant.

Rows that follow each other in time are a sequence, and together say when the role is held. But one row that gives a
role and one that takes it, or two whose times overlap and differ, leave open which of them was to be corrected: either
may be a left-over, and whichever counts, somebody keeps or loses a role against one of the rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, Protocol, TypeVar

import pandas as pd

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.reader.validity import PLAIN, Period, Validity


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


_Claim = TypeVar("_Claim", bound=Says)


class _Said(NamedTuple):
    person: str
    role: str
    row: int
    taken: bool
    period: Period


def contradictions(given: pd.DataFrame, withheld: pd.DataFrame, standings: Mapping[int, Validity]) -> Iterator[Finding]:
    """Refuse every row that another one contradicts, each with the first such row.

    Args:
        given: the roles that rows give today (DESIRED with repetitions).
        withheld: those that they don't, in the same form.
        standings: the rows that say more than who and which role.
    """
    said = sorted(_said(pd.concat([given, withheld]), standings))
    for _, group in groupby(said, itemgetter(0, 1)):
        for one, other in contradicted(group):
            where = f"{one.person} and the role {quoted(one.role)}"
            text = f"{where}: this row {_words(one)}, row {other.row} {_words(other)}"
            yield error(Code.CONTRADICTION, f"{text}; delete the one that is not meant", row=one.row)


def contradicted(said: Iterable[_Claim]) -> Iterator[tuple[_Claim, _Claim]]:
    """Yield each of these, all about one person and role, that another one contradicts, with the first that does.

    Two can't both be meant if one gives the role and the other takes it, or if both give it, for days that differ and
    overlap; a day on which one ends and the other begins makes no difference.
    """
    rows = list(said)
    firsts: dict[tuple[bool, Period], _Claim] = {}
    for one in rows:
        firsts.setdefault((one.taken, one.period), one)
    if len(firsts) < 2:  # noqa: PLR2004  # nobody to differ from
        return
    keys, claims = list(firsts), list(firsts.values())
    taking = [place for place, (taken, _) in enumerate(keys) if taken]
    giving = {place: period for place, (taken, period) in enumerate(keys) if not taken}
    against = _first_overlaps(giving)
    for place in giving if taking else ():
        against[place] = min(against.get(place, taking[0]), taking[0])
    against |= dict.fromkeys(taking if giving else (), next(iter(giving), 0))
    others = {keys[place]: claims[other] for place, other in against.items()}
    for one in rows:
        if other := others.get((one.taken, one.period)):
            yield one, other


def _first_overlaps(periods: Mapping[int, Period]) -> dict[int, int]:
    """Find the first other period that each period overlaps, by place; a period without one is left out.

    Halves the places again and again, and looks in the second half only for periods that overlap none of the first.
    The periods that overlap a period are those that start before its end, less those that end by its start: two binary
    searches, so that n periods take n (log n)² steps, even if all of them overlap.
    """
    firsts: dict[int, int] = {}

    def search(places: Sequence[int], open_places: Iterable[int]) -> list[int]:
        """Record the first of `places` that each open place overlaps; return the open places that overlap none."""
        starts = sorted(periods[place].starts for place in places)
        ends = sorted(periods[place].expires for place in places)
        within = set(places)
        matches: list[int] = []
        others: list[int] = []
        for place in open_places:
            start, end = periods[place]
            overlaps = bisect_left(starts, end) - bisect_right(ends, start)
            if place in within:
                overlaps -= 1 if start < end else -1  # what the period itself adds to the difference
            (matches if overlaps else others).append(place)
        if len(places) == 1:
            firsts.update(dict.fromkeys(matches, places[0]))
        elif matches:
            middle = len(places) // 2
            search(places[middle:], search(places[:middle], matches))
        return others

    search(list(periods), periods)
    return firsts


def _said(rows: pd.DataFrame, standings: Mapping[int, Validity]) -> Iterator[_Said]:
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
        yield _Said(person, role, row, standing.removes, standing.period)


def _words(said: _Said) -> str:
    return "takes it away" if said.taken else f"gives it {said.period.text}"
