import pytest

from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.table import Table, open_table
from tests.tables.books import xlsx
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


def test_text_has_no_sheets() -> None:
    table = open_table(b"email,role\n", header_rules(), ListForm(sheet="People"))
    assert isinstance(table, tuple)
    assert codes(table) == [("sheet_unclear", None, None)]


LIST = [["email", "role"], ["a@x.edu", "Admin"]]


def sheets(data: bytes, form: ListForm = AS_WRITTEN) -> tuple[str, list[str]]:
    """The name of the sheet that is read, and the codes of the findings."""
    table = open_table(data, header_rules(), form)
    findings = table if isinstance(table, tuple) else table.findings
    return "" if isinstance(table, tuple) else table.sheet, [finding.code for finding in findings]


def test_the_only_sheet_with_a_list_is_read() -> None:
    assert sheets(xlsx({"Empty": [], "People": LIST})) == ("People", [])
    assert sheets(xlsx({"Notes": [["read me"]], "People": LIST})) == ("People", ["sheets_ignored"])
    assert sheets(xlsx({"Old": LIST, "People": LIST}, hidden={"Old"})) == ("People", ["sheets_ignored"])


def test_an_ignored_hidden_sheet_is_called_hidden() -> None:
    table = open_table(xlsx({"Old": LIST, "People": LIST}, hidden={"Old"}), header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert "not 'Old' (hidden)" in table.findings[0].message


def test_several_sheets_with_lists_are_refused() -> None:
    data = xlsx({"Old": LIST, "People": LIST})
    assert sheets(data) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("People")) == ("People", [])
    assert sheets(data, ListForm("1")) == ("Old", [])
    assert sheets(data, ListForm("3")) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("people")) == ("", ["sheet_unclear"])
    assert sheets(xlsx({"A": [["x"]], "B": [["y"]]})) == ("", ["sheet_unclear"])


def test_a_hidden_sheet_is_read_only_by_name() -> None:
    data = xlsx({"Front": [], "People": LIST}, hidden={"People"})
    assert sheets(data) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("People")) == ("People", ["hidden"])


def test_a_workbook_without_rows_is_refused() -> None:
    assert sheets(xlsx({"A": [], "B": []})) == ("", ["no_rows"])
    assert sheets(xlsx({"A": [], "B": LIST}), ListForm("A")) == ("", ["no_rows"])


def test_findings_above_the_header_are_left_out() -> None:
    data = xlsx({"A": [["Title", ""], *LIST, ["b@x.edu", "Admin"]]}, merged=["A1:B1"], hidden_rows=[1])
    assert sheets(data) == ("A", ["title_ignored"])
