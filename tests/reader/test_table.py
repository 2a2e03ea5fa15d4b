import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from rolesync.errors import Exit, InputRefusedError
from rolesync.model import Finding
from rolesync.reader.header import score
from rolesync.reader.table import Table, is_blank, open_table, read_file


def read(data: bytes) -> tuple[tuple[str, ...], list[tuple[int, list[str]]], list[Finding]]:
    table = open_table(data, score)
    if isinstance(table, tuple):
        return (), [], list(table)
    rows: list[tuple[int, list[str]]] = []
    findings: list[Finding] = []
    for number, cells in table.rows:
        if isinstance(cells, tuple):
            findings.extend(cells)
        else:
            rows.append((number, cells))
    return table.header, rows, findings


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
    table = open_table(data, score)
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


@pytest.mark.parametrize(
    ("data", "looks_like"),
    [
        (gzip.compress(b"email,role\n", mtime=0), "gzip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, looks_like: str) -> None:
    _, _, findings = read(data)
    assert codes(findings) == [("not_text", None, None)]
    assert looks_like in findings[0].message
    assert "CSV" in findings[0].message


def test_zip_and_workbook_are_named() -> None:
    for entries in (["xl/workbook.xml"], []):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for entry in entries:
                archive.writestr(entry, "")
        _, _, findings = read(buffer.getvalue())
        assert codes(findings) == [("not_text", None, None)]
        assert "ZIP" in findings[0].message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_are_named(encoding: str) -> None:
    _, _, findings = read("email,role\n".encode(encoding))
    assert codes(findings) == [("not_utf8", None, None)]
    assert "UTF-16" in findings[0].message


def test_bytes_that_are_not_utf8_are_found_by_row_and_column() -> None:
    header, rows, findings = read("email,Rôle,role\na,é,x\n".encode() + b"b,\xe9t\xe9,y\nc,ok,\xff\xfe\nd,e,f,\x80\n")
    assert header == ("email", "Rôle", "role")
    assert rows == [(2, ["a", "é", "x"])]
    assert codes(findings) == [("not_utf8", 3, "Rôle"), ("not_utf8", 4, "role"), ("not_utf8", 5, None)]
    assert "0xE9" in findings[0].message
    assert "CSV UTF-8" in findings[0].message
    for finding in findings:
        finding.message.encode()  # a message must be writable anywhere


def test_surrogates_and_overlong_forms_are_not_utf8() -> None:
    _, rows, findings = read(b"email,role\n\xed\xb2\xa9,x\n\xc0\xaf,y\n")
    assert rows == []
    assert codes(findings) == [("not_utf8", 2, "email"), ("not_utf8", 3, "email")]


def test_bytes_split_between_blocks_are_utf8() -> None:
    data = b"email,role\n" + b"a" * (2**20 - 12) + "é,x\n".encode() + b"b,y\n"
    table = open_table(data, score)
    assert isinstance(table, Table)
    # A cell longer than the csv module takes is that row's finding; the next row is read.
    numbers = [(number, isinstance(cells, tuple)) for number, cells in table.rows]
    assert numbers == [(2, True), (3, False)]


def test_nul_bytes_are_found() -> None:
    _, rows, findings = read(b"email,role\na\0,x\0\nb,y\n")
    assert rows == [(3, ["b", "y"])]
    assert codes(findings) == [("nul_byte", 2, "email"), ("nul_byte", 2, "role")]


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
    table = open_table(data, score)
    assert isinstance(table, tuple)
    assert codes(table) == [("no_rows", None, None)]
    assert "remove everybody" in table[0].message


def test_blank_is_any_blank() -> None:
    assert is_blank(["", " ", "\u00a0\t"])
    assert not is_blank(["", "0"])
    assert is_blank([])


def test_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match="does not exist") as caught:
        read_file(tmp_path / "none.csv")
    assert caught.value.exit_code is Exit.INPUT_REFUSED
    assert caught.value.hint
    assert "none.csv" in caught.value.message


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match="is a folder"):
        read_file(tmp_path)


def test_file_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"")
    with pytest.raises(InputRefusedError, match="can't be read") as caught:
        read_file(tmp_path / "list" / "list.csv")
    assert caught.value.hint


def test_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"x" * 11)
    assert read_file(path, limit=11)[0] == b"x" * 11
    with pytest.raises(InputRefusedError, match="more than 10 bytes"):
        read_file(path, limit=10)
