from collections.abc import Sequence

import pytest

from rolesync.model.findings import Finding
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.header import headers
from rolesync.tables.table import Table, open_table
from tests.tables.books import xlsx


def read(data: bytes) -> tuple[tuple[str, ...], list[tuple[int, list[str]]], list[Finding]]:
    table = open_table(data, headers(), AS_WRITTEN)
    if isinstance(table, tuple):
        return (), [], list(table)
    rows: list[tuple[int, list[str]]] = []
    findings: list[Finding] = []
    for number, cells in table.rows:
        if isinstance(cells, tuple):
            findings.extend(cells)
        else:
            rows.append((number, cells))
    return table.header, rows, [*table.notes, *findings]


def codes(findings: Sequence[Finding]) -> list[tuple[str, int | None, str | None]]:
    return [(finding.code, finding.row, finding.column) for finding in findings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_dialect_gives_the_same_cells(delimiter: str, newline: str, mark: str) -> None:
    lines = [["email", "role"], ["a@x.edu", '"b, c; d|e\tf"'], ["ü@x.edu", '"say ""hi"""']]
    text = mark + newline.join(delimiter.join(line) for line in lines)
    header, rows, findings = read(text.encode())
    assert header == ("email", "role")
    assert rows == [(2, ["a@x.edu", "b, c; d|e\tf"]), (3, ["ü@x.edu", 'say "hi"'])]
    assert findings == []


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    data = b'\n,,\nemail,role\n\n"a\nb",x\r\n\r\n  ,\nc,y'
    table = open_table(data, headers(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert table.header_row == 3
    rows = list(table.rows)
    assert rows == [(5, ["a\nb", "x"]), (7, ["  ", ""]), (8, ["c", "y"])]


def test_line_breaks_inside_quotes_stay_as_they_are() -> None:
    _, rows, _ = read(b'email,role\r\n"a\rb\r\nc\nd",x\r\n')
    assert rows == [(2, ["a\rb\r\nc\nd", "x"])]


def test_only_line_ends_end_lines() -> None:
    _, rows, findings = read("email,role\na\u2028b,c\x0bd\x85e\n".encode())
    assert rows == [(2, ["a\u2028b", "c\x0bd\x85e"])]
    assert findings == []


def test_delimiter_follows_from_the_header_not_from_the_rows() -> None:
    header, rows, _ = read(b"email;role\na,b,c,d;e,f\n")
    assert header == ("email", "role")
    assert rows == [(2, ["a,b,c,d", "e,f"])]


def test_quoted_header_in_any_delimiter() -> None:
    assert read(b'"email";"role"\n"a";"b"\n')[0] == ("email", "role")


def test_two_delimiters_that_fit_equally_are_refused() -> None:
    header, rows, findings = read(b"email;name,role\na;b,c\n")
    assert (header, rows) == ((), [])
    assert codes(findings) == [("delimiter_unclear", 1, None)]


def test_header_of_one_column_is_the_same_under_all_delimiters() -> None:
    assert read(b"email\na\n") == (("email",), [(2, ["a"])], [])


def test_a_cell_of_megabytes_is_read_and_bytes_may_lie_anywhere_in_blocks() -> None:
    data = b"email,role\n" + b"a" * (2**20 - 12) + "é,x\n".encode() + b"b,y\n"
    table = open_table(data, headers(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert table.clean
    assert [(number, len(cells[0])) for number, cells in table.rows if isinstance(cells, list)] == [
        (2, 2**20 - 11),
        (3, 1),
    ]


@pytest.mark.parametrize("data", [b"a,\xe9", b"a\0,b", b"\xed\xb2\xa9,x", b"\xc0\xaf,y"])
def test_what_is_no_text_is_not_clean(data: bytes) -> None:
    table = open_table(b"email,role\n" + data, headers(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert not table.clean


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2])
def test_byte_order_marks_are_no_part_of_the_header(mark: bytes) -> None:
    assert read(mark + b"email,role\na,b\n") == (("email", "role"), [(2, ["a", "b"])], [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_with_its_mark(encoding: str) -> None:
    data = "\ufeffemail;role\r\nü;😀\r\n".encode(encoding)
    assert read(data) == (("email", "role"), [(2, ["ü", "😀"])], [])


def test_cut_utf16_is_refused() -> None:
    _, _, findings = read("\ufeffemail,role\na,b\n".encode("utf-16-le")[:-1])
    assert codes(findings) == [("not_utf8", None, None)]
    assert "from byte" in findings[0].message


def test_utf32_is_named() -> None:
    _, _, findings = read("email,role\n".encode("utf-32"))
    assert codes(findings) == [("not_utf8", None, None)]
    assert "UTF-32" in findings[0].message


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_a_line_that_names_the_delimiter_is_believed(line: str) -> None:
    data = f"\ufeff{line}\r\nemail;role\r\na,b;c\r\n".encode()
    assert read(data) == (("email", "role"), [(3, ["a,b", "c"])], [])


def test_a_line_may_name_a_delimiter_that_is_not_looked_for() -> None:
    assert read(b"sep=^\nemail^role\na^b\n") == (("email", "role"), [(3, ["a", "b"])], [])


@pytest.mark.parametrize("mark", [b"\x86", b"\xe9", b"\0"])
def test_a_line_that_names_no_character_is_a_title(mark: bytes) -> None:
    header, rows, findings = read(b"sep=" + mark + b"\nemail,role\na,b\n")
    assert (header, rows) == (("email", "role"), [(3, ["a", "b"])])
    assert codes(findings) == [("title_ignored", 1, None)]


def test_unclosed_quote_ends_the_reading_at_its_row() -> None:
    _, rows, findings = read(b'email,role\na,x\n"b,y\nc,z\n')
    assert rows == [(2, ["a", "x"])]
    assert codes(findings) == [("unclosed_quote", 3, None)]


def test_unclosed_quote_in_the_last_row() -> None:
    _, _, findings = read(b'email,role\na,"x')
    assert codes(findings) == [("unclosed_quote", 2, None)]


def test_unclosed_quote_in_the_header() -> None:
    _, _, findings = read(b'"email,role\na,x\n')
    assert codes(findings) == [("unclosed_quote", 1, None)]


def test_broken_quotes_in_one_line_leave_the_next_row_readable() -> None:
    _, rows, findings = read(b'email,role\n"a"b,x\nc,y\n"d"e,z')
    assert rows == [(3, ["c", "y"])]
    assert codes(findings) == [("broken_quoting", 2, None), ("broken_quoting", 4, None)]


def test_broken_quotes_over_several_lines_end_the_reading() -> None:
    _, rows, findings = read(b'email,role\na,"x\nb,"y\nc,z\n')
    assert rows == []
    assert codes(findings) == [("broken_quoting", 2, None)]
    assert "nor can the rows after it" in findings[0].message


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n", b" \r\n\t\r\n", b",,,\n,,,\n", b";;\n\n;;", b" | |\r"])
def test_nothing_at_all(data: bytes) -> None:
    table = open_table(data, headers(), AS_WRITTEN)
    assert isinstance(table, tuple)
    assert codes(table) == [("no_rows", None, None)]
    assert "remove everybody" in table[0].message


def test_titles_above_the_header_are_said() -> None:
    header, rows, findings = read(b"Admins of Studio,\n\n# as of June\nE-Mail,role\na,b\n")
    assert (header, rows) == (("E-Mail", "role"), [(5, ["a", "b"])])
    assert codes(findings) == [("title_ignored", 1, None), ("title_ignored", 3, None)]
    assert "'# as of June' stands above the header" in findings[1].message


def test_a_person_above_the_header_is_refused() -> None:
    _, _, findings = read(b"a@x.edu,Admin\nemail,role\nb@x.edu,Admin\n")
    assert codes(findings) == [("row_above_header", 1, None)]
    assert "--header-row" in findings[0].message


def test_a_header_that_is_named_is_believed() -> None:
    data = b'"a"b,c\nx@x.edu,Admin\nemail,name\na,b\n'
    table = open_table(data, headers(), ListForm(header_row=3))
    assert isinstance(table, Table)
    assert (table.header, list(table.rows)) == (("email", "name"), [(4, ["a", "b"])])
    assert codes(table.notes) == [("title_ignored", 2, None)]


@pytest.mark.parametrize("row", [5, 3])
def test_a_named_header_row_that_is_not_there(row: int) -> None:
    table = open_table(b"email,role\na,b\n\n", headers(), ListForm(header_row=row))
    assert isinstance(table, tuple)
    assert codes(table) == [("no_rows", None, None)]


def test_without_a_header_the_first_row_is_shown() -> None:
    header, rows, _ = read(b"a@x.edu,Admin\nb@x.edu,Admin\n")
    assert header == ("a@x.edu", "Admin")
    assert rows == [(2, ["b@x.edu", "Admin"])]


def test_a_row_that_is_broken_before_a_header_was_found_is_said() -> None:
    _, _, findings = read(b'People\n"a"b,c\nemail,role\n')
    assert codes(findings) == [("broken_quoting", 2, None)]


def test_text_has_no_sheets() -> None:
    table = open_table(b"email,role\n", headers(), ListForm(sheet="People"))
    assert isinstance(table, tuple)
    assert codes(table) == [("sheet_unclear", None, None)]


LIST = [["email", "role"], ["a@x.edu", "Admin"]]


def sheets(data: bytes, form: ListForm = AS_WRITTEN) -> tuple[str, list[str]]:
    """The sheet that is read, and the codes of what was said."""
    table = open_table(data, headers(), form)
    notes = table if isinstance(table, tuple) else table.notes
    return "" if isinstance(table, tuple) else table.sheet, [note.code for note in notes]


def test_the_only_sheet_that_makes_sense_is_read() -> None:
    assert sheets(xlsx({"Empty": [], "People": LIST})) == ("People", [])
    assert sheets(xlsx({"Notes": [["read me"]], "People": LIST})) == ("People", ["sheets_ignored"])
    assert sheets(xlsx({"Old": LIST, "People": LIST}, hidden={"Old"})) == ("People", ["sheets_ignored"])


def test_a_hidden_sheet_that_is_passed_over_is_called_so() -> None:
    table = open_table(xlsx({"Old": LIST, "People": LIST}, hidden={"Old"}), headers(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert "not 'Old' (hidden)" in table.notes[0].message


def test_several_sheets_that_make_sense_are_refused() -> None:
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


def test_a_workbook_without_rows() -> None:
    assert sheets(xlsx({"A": [], "B": []})) == ("", ["no_rows"])
    assert sheets(xlsx({"A": [], "B": LIST}), ListForm("A")) == ("", ["no_rows"])


def test_notes_above_the_header_do_not_matter() -> None:
    data = xlsx({"A": [["Title", ""], *LIST, ["b@x.edu", "Admin"]]}, merged=["A1:B1"], hidden_rows=[1])
    assert sheets(data) == ("A", ["title_ignored"])
