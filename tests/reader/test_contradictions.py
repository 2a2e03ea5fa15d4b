from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

from rolesync.model.desired import Desired
from rolesync.model.periods import ALWAYS, Period
from rolesync.reader.contradictions import contradicted_claims
from rolesync.reader.read import read_desired

HEADER = "email,user_id,role,action,starts,expires\n"


def read(folder: Path, rows: str) -> Desired:
    path = folder / "list.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 1))


def contradicted(desired: Desired) -> list[int | None]:
    return [finding.row for finding in desired.findings if finding.code == "contradiction"]


@pytest.mark.parametrize(
    "rows",
    [
        "a@x.edu,,Admin,add,,\na@x.edu,,Admin,remove,,\n",
        "a@x.edu,7,Admin,,,\n,7,Admin,remove,,\n",
        "a@x.edu,7,Admin,,,\na@x.edu,,Admin,remove,,\n",
        "a@x.edu,,Admin,,,2026-06-30\na@x.edu,,Admin,,,2026-07-31\n",
        "a@x.edu,,Admin,,,\na@x.edu,,Admin,,,2026-07-31\n",
        "a@x.edu,,Admin,,2026-01-01,2026-04-30\na@x.edu,,Admin,,2026-04-01,2026-07-31\n",
    ],
)
def test_both_contradicting_rows_are_refused_and_name_each_other(tmp_path: Path, rows: str) -> None:
    desired = read(tmp_path, rows)
    assert contradicted(desired) == [2, 3]
    assert desired.status == "reject"
    messages = [finding.message for finding in desired.findings if finding.code == "contradiction"]
    assert "row 3" in messages[0]
    assert "row 2" in messages[1]
    assert desired.assignments.empty


@pytest.mark.parametrize(
    "rows",
    [
        "a@x.edu,,Admin,,,2026-02-28\na@x.edu,,Admin,,2026-03-01,\n",
        "a@x.edu,,Admin,remove,,\na@x.edu,,Teacher,add,,\n",
        "a@x.edu,,Admin,remove,,\na@x.edu,,Admin,delete,,2026-01-01\n",
        "a@x.edu,,Admin,,,2026-06-30\na@x.edu,,Admin,add,,2026-06-30\n",
        "a@x.edu,,Admin,remove,,\nb@x.edu,,Admin,add,,\n",
    ],
)
def test_successive_or_equal_periods_are_no_contradiction(tmp_path: Path, rows: str) -> None:
    assert contradicted(read(tmp_path, rows)) == []


class Claim(NamedTuple):
    row: int
    removes: bool
    period: Period


DAYS = [date(2026, 3, 1) + timedelta(days=number) for number in range(8)]
PERIODS = st.one_of(
    st.just(ALWAYS),
    st.lists(st.sampled_from([date.min, *DAYS, date.max]), min_size=2, max_size=2)
    .map(sorted)
    .map(lambda days: Period(*days)),
)
MOSTLY_GIVING = st.sampled_from([False] * 6 + [True])


def contradict(claim: Claim, other: Claim) -> bool:
    """The definition of a contradiction."""
    if claim.removes or other.removes or claim.period == other.period:
        return claim.removes != other.removes
    return claim.period.starts < other.period.expires and other.period.starts < claim.period.expires


def contradicted_by_definition(claims: Sequence[Claim]) -> list[tuple[Claim, Claim]]:
    firsts = [(claim, next((other for other in claims if contradict(claim, other)), None)) for claim in claims]
    return [(claim, other) for claim, other in firsts if other]


@given(st.lists(st.tuples(MOSTLY_GIVING, PERIODS), max_size=12))
def test_each_claim_is_paired_with_the_first_that_contradicts_it(rows: list[tuple[bool, Period]]) -> None:
    claims = [Claim(row, *cells) for row, cells in enumerate(rows, start=2)]
    assert list(contradicted_claims(claims)) == contradicted_by_definition(claims)


def test_thousands_of_periods_of_a_user_are_compared_quickly() -> None:
    days = [date(2000, 1, 1) + timedelta(days=number) for number in range(5000)]
    claims = [Claim(row, removes=False, period=Period(day, day)) for row, day in enumerate(days)]
    assert list(contradicted_claims(claims)) == []
    whole = Claim(len(days), removes=False, period=Period(days[0], days[-1]))
    pairs = list(contradicted_claims([*claims, whole]))
    assert pairs == [
        *((claim, whole) for claim in claims[1:-1]),
        (whole, claims[1]),
    ]
