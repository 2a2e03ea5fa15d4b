import pytest
from hypothesis import given, strategies as st

from rolesync.model.lists import AS_WRITTEN
from rolesync.reader.header import header_rules
from rolesync.tables.csv_records import Records
from rolesync.tables.grid import Block
from rolesync.tables.table import Table, open_table
from tests.tables.opening import codes, read


def test_plain_lines_are_taken_as_a_block_and_others_are_parsed() -> None:
    records = Records(b'a,b\r\nc,d\n"e,",f\ng,h\n', ",", first=2)
    assert records.take_block() is None  # a delimiter inside quotes
    plain = Records(b"a,b\r\nc,d\n", ",", first=2)
    assert plain.at_block_start
    assert plain.take_block() == Block(2, b"a,b\nc,d\n", b",")
    assert plain.bytes_left == 0
    assert list(plain.rows) == []
    assert list(records.rows) == [(2, ["a", "b"]), (3, ["c", "d"]), (4, ["e,", "f"]), (5, ["g", "h"])]


@pytest.mark.parametrize("quote", ['"', "'"])
@given(st.lists(st.lists(st.text("ab,\"' \n", max_size=4), min_size=1, max_size=3), min_size=1, max_size=5), st.data())
def test_a_block_without_its_quotes_has_the_cells_of_the_parsed_rows(
    quote: str, table: list[list[str]], data: st.DataObject
) -> None:
    def cell(text: str) -> str:
        escaped = text.replace(quote, 2 * quote)
        return f"{quote}{escaped}{quote}" if data.draw(st.booleans()) else text

    text = "".join(",".join(map(cell, row)) + "\n" for row in table).encode()
    parsed = [(number, cells) for number, cells in Records(text, ",", quote=quote).rows if any(cells)]
    block = Records(text, ",", quote=quote).take_block()
    if block:
        lines = enumerate(block.data.decode().removesuffix("\n").split("\n"), block.number)
        assert [(number, line.split(",")) for number, line in lines if line.strip(",")] == parsed


def test_whole_cells_lose_their_quotes_in_a_block() -> None:
    block = Records(b'"a","",b\n"c","d",""\n', ",").take_block()
    assert block == Block(1, b"a,,b\nc,d,\n", b",")


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    data = b'\n,,\nemail,role\n\n"a\nb",x\r\n\r\n  ,\nc,y'
    table = open_table(data, header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert table.header_row == 3
    rows = list(table.rows)
    assert rows == [(5, ["a\nb", "x"]), (7, ["  ", ""]), (8, ["c", "y"])]


def test_line_breaks_inside_quotes_are_kept() -> None:
    _, rows, _ = read(b'email,role\r\n"a\rb\r\nc\nd",x\r\n')
    assert rows == [(2, ["a\rb\r\nc\nd", "x"])]


def test_only_cr_and_lf_end_a_line() -> None:
    _, rows, findings = read("email,role\na\u2028b,c\x0bd\x85e\n".encode())
    assert rows == [(2, ["a\u2028b", "c\x0bd\x85e"])]
    assert findings == []


def test_a_cell_may_span_blocks_and_hold_megabytes() -> None:
    data = b"email,role\n" + b"a" * (2**20 - 12) + "é,x\n".encode() + b"b,y\n"
    table = open_table(data, header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert table.all_text
    assert [(number, len(cells[0])) for number, cells in table.rows if isinstance(cells, list)] == [
        (2, 2**20 - 11),
        (3, 1),
    ]


def test_no_row_follows_an_unclosed_quote() -> None:
    _, rows, findings = read(b'email,role\na,x\n"b,y\nc,z\n')
    assert rows == [(2, ["a", "x"])]
    assert codes(findings) == [("unclosed_quote", 3, None)]


def test_an_unclosed_quote_in_the_last_row_is_reported() -> None:
    _, _, findings = read(b'email,role\na,"x')
    assert codes(findings) == [("unclosed_quote", 2, None)]


def test_an_unclosed_quote_in_the_header_is_reported() -> None:
    _, _, findings = read(b'"email,role\na,x\n')
    assert codes(findings) == [("unclosed_quote", 1, None)]


def test_broken_quotes_within_a_line_leave_the_next_row_readable() -> None:
    _, rows, findings = read(b'email,role\n"a"b,x\nc,y\n"d"e,z')
    assert rows == [(3, ["c", "y"])]
    assert codes(findings) == [("broken_quoting", 2, None), ("broken_quoting", 4, None)]


def test_no_row_follows_broken_quotes_over_several_lines() -> None:
    _, rows, findings = read(b'email,role\na,"x\nb,"y\nc,z\n')
    assert rows == []
    assert codes(findings) == [("broken_quoting", 2, None)]
    assert "nor can the rows after it" in findings[0].message


def test_quotes_that_are_escaped_by_a_backslash_are_read() -> None:
    rows = read(b'email,note,role\na@x.edu,"said \\"hi\\", ok",Admin\nb@x.edu,"C:\\",Admin\n')[1]
    assert rows == [(2, ["a@x.edu", 'said "hi", ok', "Admin"]), (3, ["b@x.edu", "C:\\", "Admin"])]


def test_a_row_with_broken_quotes_is_shown() -> None:
    _, _, findings = read(b'email,role\n"a"x@x.edu,Admin\nb@x.edu,"Admin\nc@x.edu,Admin\n')
    assert codes(findings) == [("broken_quoting", 2, None), ("unclosed_quote", 3, None)]
    assert "the row '\"a\"x@x.edu,Admin' can't be read" in findings[0].message
    assert "a quote opens in this row ('b@x.edu,\"Admin')" in findings[1].message


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('"email"^"role"', "write `sep=^` as the first line"),
        ('"email" , "role"', "replace it by a comma without blanks"),
        ('"email"::"role"', "replace it by a comma without blanks"),
        ('"em"ail",role', "a quote inside a quoted cell must be doubled"),
        ('"em"ail"', "a quote inside a quoted cell must be doubled"),
    ],
)
def test_cells_that_something_else_separates_are_refused_with_what_to_write(text: str, advice: str) -> None:
    (row,) = Records(f"{text}\n".encode(), ",").rows
    assert isinstance(row[1], tuple)
    assert advice in row[1][0].message
