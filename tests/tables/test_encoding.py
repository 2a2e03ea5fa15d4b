import pytest

from rolesync.model.lists import AS_WRITTEN
from rolesync.reader.header import header_rules
from rolesync.tables.table import Table, open_table
from tests.tables.opening import codes, read


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


@pytest.mark.parametrize("data", [b"a,\xe9", b"a\0,b", b"\xed\xb2\xa9,x", b"\xc0\xaf,y"])
def test_invalid_bytes_are_noticed_when_a_table_is_opened(data: bytes) -> None:
    table = open_table(b"email,role\n" + data, header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert not table.all_text


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2])
def test_byte_order_marks_are_not_part_of_the_header(mark: bytes) -> None:
    assert read(mark + b"email,role\na,b\n") == (("email", "role"), [(2, ["a", "b"])], [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_with_a_byte_order_mark_is_read(encoding: str) -> None:
    data = "\ufeffemail;role\r\nü;😀\r\n".encode(encoding)
    assert read(data) == (("email", "role"), [(2, ["ü", "😀"])], [])


def test_cut_utf16_is_refused() -> None:
    _, _, findings = read("\ufeffemail,role\na,b\n".encode("utf-16-le")[:-1])
    assert codes(findings) == [("not_utf8", None, None)]
    assert "from byte" in findings[0].message


def test_utf32_is_refused_by_name() -> None:
    _, _, findings = read("email,role\n".encode("utf-32"))
    assert codes(findings) == [("not_utf8", None, None)]
    assert "UTF-32" in findings[0].message


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_a_first_line_names_the_delimiter(line: str) -> None:
    data = f"\ufeff{line}\r\nemail;role\r\na,b;c\r\n".encode()
    assert read(data) == (("email", "role"), [(3, ["a,b", "c"])], [])


def test_a_first_line_may_name_any_delimiter() -> None:
    assert read(b"sep=^\nemail^role\na^b\n") == (("email", "role"), [(3, ["a", "b"])], [])


@pytest.mark.parametrize("mark", [b"\x86", b"\xe9", b"\0"])
def test_a_first_line_that_names_no_valid_delimiter_is_a_title(mark: bytes) -> None:
    header, rows, findings = read(b"sep=" + mark + b"\nemail,role\na,b\n")
    assert (header, rows) == (("email", "role"), [(3, ["a", "b"])])
    assert codes(findings) == [("title_ignored", 1, None)]
