import csv
import io
import re

import pytest
from hypothesis import given, strategies as st

from rolesync.tables.write_csv import escape_formula, format_csv, mark_as_utf8, unescape_formula, unescape_separated

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def test_rows_are_written_under_their_columns_and_read_back() -> None:
    text = format_csv(("name", "row"), [('a "b"\n, c', 1), ("", None)])
    assert text.startswith('name,row\n"a ')
    assert list(csv.reader(io.StringIO(text))) == [["name", "row"], ['a "b"\n, c', "1"], ["", ""]]


@pytest.mark.parametrize(
    "text", ['x;=HYPERLINK("http://x.example")', "x; =1", 'x;"=1', "x\t@a", "x|-1", "x\n=1", "x;\uff1d1", ";+1;-2"]
)
def test_no_cell_begins_a_formula_where_another_separator_is_used(text: str) -> None:
    csv_text = format_csv(("name",), [(text,)])
    cells = [cell.lstrip(' "') for line in csv_text.splitlines() for cell in re.split(r"[;\t|]", line)]
    assert not any(cell.startswith(("=", "+", "-", "@", "\uff1d")) for cell in cells)
    _, (read,) = csv.reader(io.StringIO(csv_text, newline=""))
    assert read != text
    assert unescape_formula(read) == text


@given(ANY_TEXT)
def test_an_escape_after_a_separator_is_undone(text: str) -> None:
    written = format_csv(("a",), [(text,)]).partition("\n")[2][1:-2].replace('""', '"')
    assert not re.search(r'[;\t|\r\n][\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20]', written)
    assert unescape_separated(written) in {text, unescape_separated(text)}


@pytest.mark.parametrize("text", ["a;b", "a, =1", "x;'b", "1-2;3"])
def test_other_texts_with_separators_stay(text: str) -> None:
    assert text in format_csv(("a",), [(text,)])


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", " =1", "\uff1d1", "-"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "ada@example.edu", " "])
def test_other_cells_stay(text: str) -> None:
    assert escape_formula(text) == text


@given(ANY_TEXT)
def test_an_escaped_formula_is_read_as_it_was(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == (text if escape_formula(text) != text else unescape_formula(text))
    assert unescape_formula(f"'{text}") in {text, f"'{text}"}


@pytest.mark.parametrize("text", ["", "'", "'a", "''=1", "a"])
def test_an_apostrophe_that_escapes_nothing_stays(text: str) -> None:
    assert unescape_formula(text) == text


@given(ANY_TEXT)
def test_no_escaped_text_begins_a_formula(text: str) -> None:
    assert not escape_formula(text).lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(("text", "marked"), [("a,b\n", "a,b\n"), ("é,b\n", "\ufeffé,b\n"), ("", "")])
def test_a_text_beyond_ascii_is_marked_as_utf8(text: str, marked: str) -> None:
    assert mark_as_utf8(text) == marked
