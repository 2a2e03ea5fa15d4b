import pytest

from rolesync.model.lists import ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.table import Table, open_table
from tests.tables.opening import codes, read


def test_titles_above_the_header_are_reported() -> None:
    header, rows, findings = read(b"Admins of Studio,\n\n# as of June\nE-Mail,role\na,b\n")
    assert (header, rows) == (("E-Mail", "role"), [(5, ["a", "b"])])
    assert codes(findings) == [("title_ignored", 1, None), ("title_ignored", 3, None)]
    assert "'# as of June' is above the header" in findings[1].message


def test_a_data_row_above_the_header_is_an_error() -> None:
    _, _, findings = read(b"a@x.edu,Admin\nemail,role\nb@x.edu,Admin\n")
    assert codes(findings) == [("row_above_header", 1, None)]
    assert "--header-row" in findings[0].message


def test_a_named_header_row_is_used() -> None:
    data = b'"a"b,c\nx@x.edu,Admin\nemail,name\na,b\n'
    table = open_table(data, header_rules(), ListForm(header_row=3))
    assert isinstance(table, Table)
    assert (table.header, list(table.rows)) == (("email", "name"), [(4, ["a", "b"])])
    assert codes(table.findings) == [("title_ignored", 2, None)]


@pytest.mark.parametrize("row", [5, 3])
def test_a_named_header_row_must_exist(row: int) -> None:
    table = open_table(b"email,role\na,b\n\n", header_rules(), ListForm(header_row=row))
    assert isinstance(table, tuple)
    assert codes(table) == [("no_rows", None, None)]


def test_without_a_header_the_first_row_is_taken_as_one() -> None:
    header, rows, _ = read(b"a@x.edu,Admin\nb@x.edu,Admin\n")
    assert header == ("a@x.edu", "Admin")
    assert rows == [(2, ["b@x.edu", "Admin"])]


def test_a_broken_row_before_any_header_is_reported() -> None:
    _, _, findings = read(b'People\n"a"b,c\nemail,role\n')
    assert codes(findings) == [("broken_quoting", 2, None)]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_lines_that_are_quoted_as_a_whole_are_split(delimiter: str) -> None:
    lines = ['"email,role"', '"a@x.edu,""Admin, all"""', "b@x.edu,c", '"x"', '"a,b,c"']
    text = "\n".join(lines).replace(",", delimiter)
    header, rows, _ = read(text.encode())
    assert header == ("email", "role")
    assert rows == [
        (2, ["a@x.edu", f"Admin{delimiter} all"]),
        (3, ["b@x.edu", "c"]),
        (4, ["x"]),
        (5, [f"a{delimiter}b{delimiter}c"]),
    ]


def test_a_header_that_is_quoted_as_a_whole_is_split_if_one_column_is_known() -> None:
    header, rows, _ = read(b'"email,""Job title"""\n"a@x.edu,""Admin"""\n')
    assert (header, rows) == (("email", "Job title"), [(2, ["a@x.edu", "Admin"])])
    assert read(b'"Jobs, by title"\n"a,b"\n')[0] == ("Jobs, by title",)


def test_lines_that_are_quoted_as_a_whole_may_follow_a_plain_header() -> None:
    assert read(b'email,role\na@x.edu,Admin\n"b@x.edu,Admin"\n"c""@x.edu,x"\n')[1][1:] == [
        (3, ["b@x.edu", "Admin"]),
        (4, ['c"@x.edu', "x"]),
    ]
