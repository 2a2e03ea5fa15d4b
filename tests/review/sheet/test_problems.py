"""Problems of a table of decisions and their places, and cells as spreadsheet programs change them."""

import pytest

from rolesync.errors import Exit
from rolesync.model.findings import Code, Finding
from rolesync.model.vocabulary import Level
from rolesync.review.sheet.problems import DecisionsRefusedError, Problem, plain, problem_of


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("is empty", "changes", 2, "reason"), "sheet changes, row 2, column reason: is empty"),
        (Problem("is empty", row=2, column="reason"), "row 2, column reason: is empty"),
        (Problem("has no such column", "held"), "sheet held: has no such column"),
        (Problem("is not a table"), "is not a table"),
    ],
)
def test_a_problem_names_its_place_as_far_as_it_is_known(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_finding_of_the_table_reader_becomes_a_problem_of_its_sheet() -> None:
    finding = Finding(Level.ERROR, Code.MERGED_CELLS, "merged cells", 4, "decision")
    assert problem_of(finding, "held") == Problem("merged cells", "held", 4, "decision")
    assert problem_of(Finding(Level.ERROR, Code.DAMAGED, "cut off"), "") == Problem("cut off")


def test_refused_decisions_count_their_problems() -> None:
    single = DecisionsRefusedError([Problem("is empty")])
    assert "1 problem; nothing was approved" in single.message
    several = DecisionsRefusedError([Problem("is empty", row=row) for row in range(1_200)])
    assert "1,200 problems; nothing was approved" in several.message
    assert (several.exit_code, len(several.problems)) == (Exit.INPUT_REFUSED, 1_200)
    assert "rolesync show PLAN --xlsx FILE" in several.hint


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  on \t leave\n", "on leave"),
        ("'=on leave", "=on leave"),
        ("''tis so", "'tis so"),
        (1031.0, "1031"),
        ("1031.00", "1031"),
        (7, "7"),
        ("1031.5", "1031.5"),
        ("v1.0", "v1.0"),
    ],
)
def test_a_cell_means_the_same_after_a_program_has_saved_it(cell: object, text: str) -> None:
    assert plain(cell) == text
