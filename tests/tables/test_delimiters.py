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
    assert ("title_ignored", 1, None) in codes(findings)


def test_the_line_that_names_the_delimiter_is_accounted_for() -> None:
    table = open_table(b"sep=;\nTitle\nemail;role\na;b\n", header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert table.rows_above == ((1, ["sep=;"]), (2, ["Title"]))


@pytest.mark.parametrize("delimiter", list(",;\t|^~"))
def test_rare_delimiters_are_known_without_being_named(delimiter: str) -> None:
    text = f"email{delimiter}role\nann~b^c@x.edu{delimiter}Admin\n".replace("~b^c", "" if delimiter in "~^" else "~b^c")
    header, rows, findings = read(text.encode())
    assert (header, findings) == (("email", "role"), [])
    assert len(rows[0][1]) == 2
