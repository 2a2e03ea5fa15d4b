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


def deduplicated(*rows: Row) -> tuple[list[Row], list[Finding]]:
    (in_force, not_in_force), findings = deduplicate(ListRows.of(assignments(*rows)), ListRows.of(assignments()), {})
    assert not_in_force.empty
    kept = in_force.frame()
    require(kept, DESIRED)
    assert list(kept.index) == list(range(len(kept)))
    return list(kept.itertuples(index=False, name=None)), findings


def test_distinct_rows_are_kept_as_they_are() -> None:
    rows: list[Row] = [(2, "a@x", 0, "Admin"), (3, "a@x", 0, "Teacher"), (4, "", 7, "Admin"), (5, "b@x", 8, "Admin")]
    assert deduplicated(*rows) == (rows, [])
    assert deduplicated() == ([], [])


def test_a_duplicate_counts_once_and_names_the_first_row() -> None:
    kept, findings = deduplicated(
        (2, "a@x", 0, "Admin"), (3, "a@x", 0, "Admin"), (9, "a@x", 0, "Admin"), (9, "", 7, "Admin")
    )
    assert kept == [(2, "a@x", 0, "Admin"), (9, "", 7, "Admin")]
    assert [(finding.code, finding.level, finding.row) for finding in findings] == [
        ("duplicate", "warning", 3),
        ("duplicate", "warning", 9),
    ]
    assert all("row 2 " in finding.message and "a@x" in finding.message for finding in findings)


def test_a_role_named_twice_in_a_row_counts_once() -> None:
    kept, findings = deduplicated((5, "", 7, "Admin"), (5, "", 7, "Admin"))
    assert kept == [(5, "", 7, "Admin")]
    assert "this row names it twice" in findings[0].message
    assert "7 gets" in findings[0].message


def test_rows_with_an_id_are_compared_by_id() -> None:
    kept, findings = deduplicated((2, "", 7, "Admin"), (3, "a@x", 7, "Admin"), (4, "a@x", 7, "Teacher"))
    assert kept == [(2, "a@x", 7, "Admin"), (4, "a@x", 7, "Teacher")]
    assert [(finding.code, finding.row) for finding in findings] == [("duplicate", 3)]


def test_an_address_without_id_stays_without() -> None:
    """Only Studio knows whether it is the same user, so the differ needs both rows."""
    rows: list[Row] = [(2, "a@x", 0, "Admin"), (3, "a@x", 7, "Admin")]
    assert deduplicated(*rows) == (rows, [])


def test_an_id_with_two_addresses_is_refused() -> None:
    kept, findings = deduplicated(
        (2, "a@x", 7, "Admin"), (3, "b@x", 7, "Admin"), (4, "b@x", 7, "Teacher"), (5, "c@x", 0, "Admin")
    )
    assert kept == [(2, "a@x", 7, "Admin"), (5, "c@x", 0, "Admin")]
    assert [(finding.code, finding.level, finding.row) for finding in findings] == [
        ("identity_conflict", "error", 3),
        ("identity_conflict", "error", 4),
    ]
    assert "user id 7 has the address 'b@x' here but 'a@x' in row 2" in findings[0].message


def test_an_address_with_two_ids_is_refused() -> None:
    kept, findings = deduplicated((2, "a@x", 7, "Admin"), (3, "a@x", 8, "Admin"))
    assert kept == [(2, "a@x", 7, "Admin")]
    assert [(finding.code, finding.row) for finding in findings] == [("identity_conflict", 3)]
    assert "the address 'a@x' has the user id 8 here but 7 in row 2" in findings[0].message


def test_a_row_with_several_roles_conflicts_once() -> None:
    _, findings = deduplicated((2, "a@x", 7, "Admin"), (3, "b@x", 7, "Admin"), (3, "b@x", 7, "Teacher"))
    assert [finding.row for finding in findings] == [3]


IDENTITIES = st.tuples(st.sampled_from(["", "a@x", "b@x", "c@x", "str\u00e4@x"]), st.integers(0, 4)).filter(any)
ROWS = st.lists(st.tuples(st.integers(2, 8), IDENTITIES, st.sampled_from(["Admin", "Teacher"])), max_size=8)


@settings(deadline=None)
@given(ROWS)
@example([(2, ("a@x", 1), "Admin"), (3, ("b@x", 2), "Admin")])
@example([(2, ("a@x", 0), "Admin"), (3, ("b@x", 0), "Admin")])
def test_the_fast_path_gives_the_same_result(rows: list[tuple[int, tuple[str, int], str]]) -> None:
    sorted_rows = [(number, *identity, role) for number, identity, role in sorted(rows)]
    with hashes_of(0):  # all hashes collide, so every list is compared row by row
        expected = deduplicated(*sorted_rows)
    assert deduplicated(*sorted_rows) == expected
