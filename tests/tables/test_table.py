import pytest

from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.table import open_table
from tests.tables.opening import codes, read


def test_the_header_alone_decides_the_delimiter() -> None:
    header, rows, _ = read(b"email;role\na,b,c,d;e,f\n")
    assert header == ("email", "role")
    assert rows == [(2, ["a,b,c,d", "e,f"])]


def test_a_quoted_header_is_read_under_any_delimiter() -> None:
    assert read(b'"email";"role"\n"a";"b"\n')[0] == ("email", "role")


def test_two_delimiters_that_fit_equally_are_refused() -> None:
    header, rows, findings = read(b"email;name,role\na;b,c\n")
    assert (header, rows) == ((), [])
    assert codes(findings) == [("delimiter_unclear", 1, None)]


def test_header_of_one_column_is_the_same_under_all_delimiters() -> None:
    assert read(b"email\na\n") == (("email",), [(2, ["a"])], [])


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n", b" \r\n\t\r\n", b",,,\n,,,\n", b";;\n\n;;", b" | |\r"])
def test_an_empty_file_has_no_rows(data: bytes) -> None:
    table = open_table(data, header_rules(), AS_WRITTEN)
    assert isinstance(table, tuple)
    assert codes(table) == [("no_rows", None, None)]
    assert "remove everybody" in table[0].message


def test_text_has_no_sheets() -> None:
    table = open_table(b"email,role\n", header_rules(), ListForm(sheet="People"))
    assert isinstance(table, tuple)
    assert codes(table) == [("sheet_unclear", None, None)]


def test_without_a_header_the_columns_are_numbered_and_no_row_is_lost() -> None:
    form = ListForm(no_header=True, email_column="1", role_column="2")
    table = open_table(b"\na@x.edu;Admin\nb@x.edu;Admin\n", header_rules(form), form)
    assert not isinstance(table, tuple)
    assert (table.header, table.header_row, table.delimiter) == (("1", "2"), 0, ";")
    assert list(table.rows) == [(2, ["a@x.edu", "Admin"]), (3, ["b@x.edu", "Admin"])]
