import pytest

from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.table import open_table
from tests.tables.opening import codes, read


def test_the_header_alone_decides_the_delimiter() -> None:
    header, rows, _ = read(b"email;role\na,b,c,d;e,f\n")
    assert header == ("email", "role")
    assert rows == [(2, ["a,b,c,d", "e,f"])]


def test_without_a_header_the_delimiter_makes_a_cell_of_an_address() -> None:
    assert read(b"1\tann@x.edu\tAdmin\n2\tbo@x.edu\tAdmin\n")[0] == ("1", "ann@x.edu", "Admin")


def test_a_quoted_header_is_read_under_any_delimiter() -> None:
    assert read(b'"email";"role"\n"a";"b"\n')[0] == ("email", "role")


def test_two_delimiters_that_fit_equally_are_refused() -> None:
    header, rows, findings = read(b"email;name,role\na;b,c\n")
    assert (header, rows) == ((), [])
    assert codes(findings) == [("delimiter_unclear", 1, None)]


def test_a_header_that_a_delimiter_does_not_divide_is_no_other_reading() -> None:
    assert read(b",role\na@x.edu,Admin\n") == (("", "role"), [(2, ["a@x.edu", "Admin"])], [])


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


R = b'"user_id","name","role"\n"1",101,"Ann","Admin"\n"2",102,"Bo","Admin"\n'


@pytest.mark.parametrize(
    "data",
    [
        R,
        R.replace(b'"Admin"\n', b'"Admin",""\n').replace(b'"role"', b'"role","note"'),
        R.replace(b'"1"', b'"3"').replace(b'"2"', b'"17"'),
        b"email,role,note\n1,a@x.edu,Admin,\n2,b@x.edu,Admin,\n",
        R + b'"3",103,"Cy","Admin"\n' * 1000,
    ],
)
def test_a_header_that_lacks_a_name_is_refused_and_can_be_completed(data: bytes) -> None:
    data = data if len(data) < 200 else R + b"".join(b'"%d",103,"Cy","Admin"\n' % number for number in range(3, 999))
    _, _, findings = read(data)
    assert codes(findings) == [("header_short", 1, None)]
    assert "write `row` and a separator before the header" in findings[0].message
    header, rows, findings = read(b"row," + data)
    assert (header[0], len(rows[0][1]), findings) == ("row", len(header), [])


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'"login" "role"\n"1" "ann" "Admin"\n"2" "bo" "Admin"\n', '"row" '),
        (b'"name" "role"\n"a@x.edu" "Ann" "Admin"\n"b@x.edu" "Bo" "Admin"\n', '"email" '),
        (b"name,role\na@x.edu,Ann,Admin\n", "email,"),
    ],
)
def test_a_header_that_lacks_a_name_is_refused_whatever_separates_cells(data: bytes, name: str) -> None:
    _, _, findings = read(data)
    assert codes(findings) == [("header_short", 1, None)]
    assert f"write `{name.strip(', ').strip(chr(34))}` and a separator" in findings[0].message
    header, rows, findings = read(name.encode() + data)
    assert (len(rows[-1][1]), findings) == (len(header), [])


@pytest.mark.parametrize(
    "data", [b"user_id,role\n101,Admin,\n", b"email,role\na@x.edu,Admin,\n", b"user_id,role\n7,x\n"]
)
def test_a_last_separator_is_no_missing_name(data: bytes) -> None:
    assert read(data)[2] == []
