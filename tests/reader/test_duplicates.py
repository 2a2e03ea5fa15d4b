import pandas as pd
from hypothesis import example, given, settings, strategies as st

from rolesync.model.desired import ListRows
from rolesync.model.findings import Finding
from rolesync.model.frames import DESIRED, frame, require
from rolesync.reader.duplicates import deduplicate
from tests.hashing import hashes_of

Row = tuple[int, str, int, str]


def assignments(*rows: Row) -> pd.DataFrame:
    return frame(DESIRED, {name: [row[place] for row in rows] for place, name in enumerate(DESIRED)})


def settled(*rows: Row) -> tuple[list[Row], list[Finding]]:
    (given, withheld), findings = deduplicate(ListRows.of(assignments(*rows)), ListRows.of(assignments()), {})
    assert withheld.empty
    kept = given.frame()
    require(kept, DESIRED)
    assert list(kept.index) == list(range(len(kept)))
    return list(kept.itertuples(index=False, name=None)), findings


def test_nothing_to_settle() -> None:
    rows: list[Row] = [(2, "a@x", 0, "Admin"), (3, "a@x", 0, "Teacher"), (4, "", 7, "Admin"), (5, "b@x", 8, "Admin")]
    assert settled(*rows) == (rows, [])
    assert settled() == ([], [])


def test_a_repetition_counts_once_and_names_the_first_row() -> None:
    kept, findings = settled(
        (2, "a@x", 0, "Admin"), (3, "a@x", 0, "Admin"), (9, "a@x", 0, "Admin"), (9, "", 7, "Admin")
    )
    assert kept == [(2, "a@x", 0, "Admin"), (9, "", 7, "Admin")]
    assert [(finding.code, finding.level, finding.row) for finding in findings] == [
        ("duplicate", "warning", 3),
        ("duplicate", "warning", 9),
    ]
    assert all("row 2 " in finding.message and "a@x" in finding.message for finding in findings)


def test_a_role_twice_in_one_row() -> None:
    kept, findings = settled((5, "", 7, "Admin"), (5, "", 7, "Admin"))
    assert kept == [(5, "", 7, "Admin")]
    assert "this row names it twice" in findings[0].message
    assert "7 gets" in findings[0].message


def test_an_id_is_the_identity_where_it_is_given() -> None:
    kept, findings = settled((2, "", 7, "Admin"), (3, "a@x", 7, "Admin"), (4, "a@x", 7, "Teacher"))
    assert kept == [(2, "a@x", 7, "Admin"), (4, "a@x", 7, "Teacher")]
    assert [(finding.code, finding.row) for finding in findings] == [("duplicate", 3)]


def test_an_address_alone_stays_alone() -> None:
    """Only Studio knows whether it is the same person; whoever compares with Studio sees both rows."""
    rows: list[Row] = [(2, "a@x", 0, "Admin"), (3, "a@x", 7, "Admin")]
    assert settled(*rows) == (rows, [])


def test_an_id_with_two_addresses_is_refused() -> None:
    kept, findings = settled(
        (2, "a@x", 7, "Admin"), (3, "b@x", 7, "Admin"), (4, "b@x", 7, "Teacher"), (5, "c@x", 0, "Admin")
    )
    assert kept == [(2, "a@x", 7, "Admin"), (5, "c@x", 0, "Admin")]
    assert [(finding.code, finding.level, finding.row) for finding in findings] == [
        ("identity_conflict", "error", 3),
        ("identity_conflict", "error", 4),
    ]
    assert "user id 7 has the address 'b@x' here but 'a@x' in row 2" in findings[0].message


def test_an_address_with_two_ids_is_refused() -> None:
    kept, findings = settled((2, "a@x", 7, "Admin"), (3, "a@x", 8, "Admin"))
    assert kept == [(2, "a@x", 7, "Admin")]
    assert [(finding.code, finding.row) for finding in findings] == [("identity_conflict", 3)]
    assert "the address 'a@x' has the user id 8 here but 7 in row 2" in findings[0].message


def test_a_row_with_several_roles_conflicts_once() -> None:
    _, findings = settled((2, "a@x", 7, "Admin"), (3, "b@x", 7, "Admin"), (3, "b@x", 7, "Teacher"))
    assert [finding.row for finding in findings] == [3]


PEOPLE = st.tuples(st.sampled_from(["", "a@x", "b@x", "c@x", "str\u00e4@x"]), st.integers(0, 4)).filter(any)
ROWS = st.lists(st.tuples(st.integers(2, 8), PEOPLE, st.sampled_from(["Admin", "Teacher"])), max_size=8)


@settings(deadline=None)
@given(ROWS)
@example([(2, ("a@x", 1), "Admin"), (3, ("b@x", 2), "Admin")])
@example([(2, ("a@x", 0), "Admin"), (3, ("b@x", 0), "Admin")])
def test_a_list_without_clashes_is_passed_over_and_no_other(rows: list[tuple[int, tuple[str, int], str]]) -> None:
    found = [(number, *person, role) for number, person, role in sorted(rows)]
    with hashes_of(0):  # of which all are the same, so that every list is looked at row by row
        expected = settled(*found)
    assert settled(*found) == expected
