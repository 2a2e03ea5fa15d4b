from datetime import date

import pytest

from rolesync.model.findings import CellError
from rolesync.reader.header import Layout, lay_out
from rolesync.reader.roles import RoleReader
from rolesync.reader.row import RowReader


def reader(*header: str, delimiter: str = ",") -> RowReader:
    layout = lay_out(header, 1)
    assert isinstance(layout, Layout)
    return RowReader(layout, RoleReader(("Admin",), {}, allows_many=layout.allows_many), date(2026, 3, 1), delimiter)


def problems(rows: RowReader, *cells: str) -> list[tuple[str, str | None]]:
    """The problems of row 5 as (code, column); `read` must raise one of them."""
    with pytest.raises(CellError) as caught:
        rows.read(cells)
    findings = list(rows.problems(5, cells))
    assert {finding.row for finding in findings} == {5}
    assert caught.value.code in {finding.code for finding in findings}
    return [(finding.code, finding.column) for finding in findings]


def test_address_and_id_are_both_read() -> None:
    email, user_id, role, _ = reader("role", "User ID", "E-Mail").read(["Admin", "7", "A@X.edu"])
    assert (email, user_id, role.names) == ("a@x.edu", 7, ("Admin",))


def test_an_address_or_an_id_is_enough() -> None:
    rows = reader("email", "user_id", "role")
    assert rows.read(["a@x.edu", "", "Admin"])[:2] == ("a@x.edu", 0)
    assert rows.read(["\u00a0", "7", "Admin"])[:2] == ("", 7)


def test_surplus_empty_cells_are_accepted() -> None:
    assert reader("email", "role").read(["a@x.edu", "Admin", "", " "])[0] == "a@x.edu"


def test_missing_ignored_cells_at_the_end_are_accepted() -> None:
    assert reader("email", "role", "note").read(["a@x.edu", "Admin"])[0] == "a@x.edu"


def test_rows_that_do_not_fit_the_header_are_refused() -> None:
    assert problems(reader("email", "role"), "a@x.edu", "Admin", "x") == [("row_too_long", None)]
    assert problems(reader("email", "role"), "a@x.edu") == [("row_too_short", None)]
    assert problems(reader("email", "dept", "role", "note"), "a@x.edu", "Admin", "note") == [("row_too_short", None)]


def test_a_row_without_identity_is_refused() -> None:
    assert problems(reader("E-Mail", "role"), "", "Admin") == [("identity_missing", "E-Mail")]
    assert problems(reader("email", "user_id", "role"), "", " ", "Admin") == [("identity_missing", None)]


def test_every_problem_of_a_row_is_found() -> None:
    rows = reader("email", "user_id", "Role", "note")
    assert problems(rows, "ann", "007", "", "x\nb@x.edu,,Admin,") == [
        ("swallowed_row", "note"),
        ("email_invalid", "email"),
        ("user_id_invalid", "user_id"),
        ("role_missing", "Role"),
    ]


def test_an_invalid_address_refuses_a_row_with_a_valid_id() -> None:
    assert problems(reader("email", "user_id", "role"), "ann", "7", "Admin") == [("email_invalid", "email")]


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_row_inside_an_ignored_cell_is_found(newline: str, delimiter: str) -> None:
    line = delimiter.join(["b@x.edu", "Admin", "x"])
    cells = ["a@x.edu", "Admin", f"said{newline}{line}{newline}c"]
    header = ["email", "role", "note"]
    assert problems(reader(*header, delimiter=delimiter), *cells) == [("swallowed_row", "note")]
    for other in {",", ";", "\t", "|", ""} - {delimiter}:  # other delimiters, or a workbook
        assert reader(*header, delimiter=other).read(cells)[0] == "a@x.edu"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (("email", "note", "role"), ("a@x.edu", "x,Admin\nb@x.edu,y", "Admin")),
        (("note", "email", "role"), ("x,a@x.edu,Admin\ny", "b@x.edu", "Admin")),
        (("note", "user_id", "role", "x"), ("x,7,Admin,\n\ny", "8", "Admin", "")),
        (("user_id", "note", "role"), ("7", "x,Admin\n8,y", "Admin")),
    ],
)
def test_the_ends_of_two_rows_in_an_ignored_cell_are_found(header: tuple[str, ...], cells: tuple[str, ...]) -> None:
    assert problems(reader(*header), *cells) == [("swallowed_row", "note")]


@pytest.mark.parametrize(
    "note", ["see\nb@x.edu, ext. 12", "a, b\nc", "Assistants:\nb@x.edu,", "12, 13\n14, 15, 16", ",\n7,"]
)
def test_a_note_between_used_columns_is_not_a_row(note: str) -> None:
    assert reader("email", "note", "role").read(["a@x.edu", note, "Admin"])[0] == "a@x.edu"


@pytest.mark.parametrize("note", ["one\ntwo, three", "Hello,\nb@x.edu", "a,b\n\n,,,\nAdmin,b@x.edu"])
def test_a_note_of_several_lines_is_not_a_row(note: str) -> None:
    assert reader("email", "role", "note").read(["a@x.edu", "Admin", note])[0] == "a@x.edu"
