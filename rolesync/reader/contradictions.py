"""Rows about the same user and role that contradict each other.

Rows whose periods follow each other are a sequence; together they say when the role is in force. Other rows contradict
each other: one gives the role and another removes it, or their periods differ and overlap. Either row may be a leftover
of a correction. Whichever counted, a user would keep or lose a role against the other row, so both are refused.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, Protocol, TypeVar

import pandas as pd

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.periods import Period
from rolesync.reader.validity import UNLIMITED, Validity


class RoleClaim(Protocol):
    """What a row claims about a user's role: that it gives or removes the role, and for which days."""

    @property
    def removes(self) -> bool:
        """Whether the row removes the role."""
        ...

    @property
    def period(self) -> Period:
        """The days of the role."""
        ...


_Claim = TypeVar("_Claim", bound=RoleClaim)


class _RowClaim(NamedTuple):
    user: str
    role: str
    row: int
    removes: bool
    period: Period


def contradictions(
    in_force: pd.DataFrame, not_in_force: pd.DataFrame, validities: Mapping[int, Validity]
) -> Iterator[Finding]:
    """Yield an error for every row that another row contradicts; it names the first row that does.

    Args:
        in_force: the assignments that are in force today (DESIRED with duplicates).
        not_in_force: the others, in the same form.
        validities: the rows with an action or dates, by row number.
    """
    claims = sorted(_row_claims(pd.concat([in_force, not_in_force]), validities))
    for _, group in groupby(claims, itemgetter(0, 1)):
        for claim, other in contradicted_claims(group):
            subject = f"{claim.user} and the role {quoted(claim.role)}"
            text = f"{subject}: this row {describe_claim(claim)}, but row {other.row} {describe_claim(other)}"
            yield error(Code.CONTRADICTION, f"{text}; delete or correct the wrong row", row=claim.row)


def contradicted_claims(claims: Iterable[_Claim]) -> Iterator[tuple[_Claim, _Claim]]:
    """Find the claims that another claim contradicts.

    Two claims contradict each other if one gives the role and the other removes it, or if both give it for different
    periods that overlap. Periods that share only the day on which one ends and the other starts don't overlap.

    Args:
        claims: all about the same user and role.

    Yields:
        Each contradicted claim, with the first claim that contradicts it.
    """
    rows = list(claims)
    first_by_meaning: dict[tuple[bool, Period], _Claim] = {}
    for claim in rows:
        first_by_meaning.setdefault((claim.removes, claim.period), claim)
    if len(first_by_meaning) < 2:  # noqa: PLR2004  # all claims mean the same
        return
    meanings, firsts = list(first_by_meaning), list(first_by_meaning.values())
    removing = [place for place, (removes, _) in enumerate(meanings) if removes]
    giving = {place: period for place, (removes, period) in enumerate(meanings) if not removes}
    opponents = _first_overlaps(giving)
    if removing and giving:
        first_removing, first_giving = removing[0], next(iter(giving))
        for place in giving:
            opponents[place] = min(opponents.get(place, first_removing), first_removing)
        opponents |= dict.fromkeys(removing, first_giving)
    contradicting_claims = {meanings[place]: firsts[other] for place, other in opponents.items()}
    for claim in rows:
        if other := contradicting_claims.get((claim.removes, claim.period)):
            yield claim, other


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
        unmatched: list[int] = []
        for place in open_places:
            start, end = periods[place]
            overlaps = bisect_left(starts, end) - bisect_right(ends, start)
            if place in within:
                overlaps -= 1 if start < end else -1  # what the period itself adds to the difference
            (matches if overlaps else unmatched).append(place)
        if len(places) == 1:
            firsts.update(dict.fromkeys(matches, places[0]))
        elif matches:
            middle = len(places) // 2
            search(places[middle:], search(places[:middle], matches))
        return unmatched

    search(list(periods), periods)
    return firsts


def _row_claims(rows: pd.DataFrame, validities: Mapping[int, Validity]) -> Iterator[_RowClaim]:
    """Yield the claims of the rows whose user and role occur more than once.

    A user is identified by id if any row of the list names the id together with the user's address.
    """
    both = rows[(rows["user_id"] != 0) & (rows["email"] != "")]
    ids = dict(zip(both["email"], both["user_id"], strict=True))
    numbers = rows["user_id"].where(rows["user_id"] != 0, rows["email"].map(ids).fillna(0)).astype("int64")
    users = rows["email"].where(numbers == 0, numbers.astype("str"))
    repeated = pd.DataFrame({"user": users, "role": rows["role"].astype("str")}).duplicated(keep=False)
    columns: Iterable[tuple[str, str, int]] = zip(
        users[repeated].tolist(), rows["role"][repeated].tolist(), rows["row"][repeated].tolist(), strict=True
    )
    for user, role, row in columns:
        validity = validities.get(row, UNLIMITED)
        if validity.is_kept:
            yield _RowClaim(user, role, row, validity.removes, validity.period)


def describe_claim(claim: RoleClaim) -> str:
    """Describe a claim in a sentence about its row: "removes it", or "gives it until 2026-06-30"."""
    return "removes it" if claim.removes else f"gives it {claim.period.text}"
