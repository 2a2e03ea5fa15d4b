import pytest

from rolesync.model.findings import CellError
from rolesync.reader.header import Layout, lay_out
from rolesync.reader.ignored_rows import find_ignored_row, find_total


def layout(*header: str) -> Layout:
    result = lay_out(header, 1)
    assert isinstance(result, Layout)
    return result


def test_a_repeated_header_is_ignored() -> None:
    note = find_ignored_row(["x", "E-MAIL", " Role "], layout("name", "email", "role"))
    assert note
    assert note.code == "header_repeated"


@pytest.mark.parametrize("cells", [["role", "email"], ["email", ""], ["email"], ["email", "Admin"]])
def test_rows_that_differ_from_the_header_are_read(cells: list[str]) -> None:
    assert find_ignored_row(cells, layout("email", "role")) is None


def test_a_comment_is_ignored() -> None:
    note = find_ignored_row(["# teachers", "", " "], layout("email", "role", "note"))
    assert note
    assert (note.code, note.level.value) == ("comment_ignored", "warning")


@pytest.mark.parametrize("text", ["#N/A", "#NV", "#REF!", "#DIV/0!", "#NAME?", "#BEZUG!", "#N/D"])
def test_an_error_value_is_not_a_comment(text: str) -> None:
    assert find_ignored_row([text, ""], layout("email", "role")) is None
    assert find_ignored_row([text, "Admin"], layout("email", "role")) is None


@pytest.mark.parametrize("cells", [["#b@x.edu", "Admin"], ["# b@x.edu", ""], ["", "#x", "Admin"]])
def test_a_commented_row_that_may_name_a_user_is_refused(cells: list[str]) -> None:
    with pytest.raises(CellError) as caught:
        find_ignored_row(cells, layout("", "email", "role"))
    assert caught.value.code == "commented_row"


@pytest.mark.parametrize(
    "cells",
    [
        ["Total", "25"],
        ["Total: 25", ""],
        ["", "Grand total", "1,234"],
        ["TOTAL:"],
        ["25 users"],
        ["Summe", "3"],
        ["-- End of list --"],
        ["EOF"],
        ["Count = 3"],
        ["Total", "", "3 rows"],
    ],
)
def test_totals_and_end_marks_are_ignored(cells: list[str]) -> None:
    note = find_total(cells)
    assert note
    assert note.code == "footer_ignored"


@pytest.mark.parametrize(
    "cells",
    [
        ["25"],
        ["25", "30"],
        ["total@x.edu", "Admin"],
        ["Total", "Admin"],
        ["ann", "Admin"],
        ["Totally Ann"],
        ["Total: ann"],
        ["a@x.edu", ""],
        ["7", "Admin"],
        ["x" + " " * 100_000 + "y="],
    ],
)
def test_a_row_that_may_name_a_user_is_not_a_total(cells: list[str]) -> None:
    assert find_total(cells) is None


@pytest.mark.parametrize(
    "cells",
    [
        ["-----", "----"],
        ["|------|:---:|"],
        ["=====", ""],
        ["\u2500\u2500\u253c\u2500\u2500"],
        ["(1 rows affected)"],
        ["(1", "234 rows affected)"],
        ["2 rows selected."],
        ["2 rows in set (0.00 sec)"],
        ["(2 Zeilen)"],
        ["Completion time: 2026-01-01T00:00:00"],
        ["SQL> spool off"],
        ["Query returned 2 rows."],
        ["Bye"],
    ],
)
def test_lines_that_database_programs_add_are_ignored(cells: list[str]) -> None:
    assert find_ignored_row(cells, layout("email", "role")) is not None


@pytest.mark.parametrize(
    "cells",
    [["-", ""], ["--", "Admin"], ["2 rows a@x.edu"], ["time: a@x.edu"], ["rows"], ["7"], ["-" * 100_000 + "x"]],
)
def test_a_row_that_may_name_a_user_is_no_line_of_a_program(cells: list[str]) -> None:
    assert find_ignored_row(cells, layout("email", "role")) is None
