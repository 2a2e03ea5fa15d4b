import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model.packed.texts import WORD
from rolesync.reader.column_words import CellMeaning, speaks_against_user, status_words
from rolesync.reader.plain_words import equal_cells, few_cells, may_hold_remark, may_speak_against
from rolesync.reader.remarks import phrases_against

WORDS = sorted(set(status_words(CellMeaning.AGAINST)))
EXAMPLE = str.maketrans({"#": "2024", "~": "May", "=": "3 May"})


def column(cells: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bytes of cells, and where each starts and ends."""
    sizes = np.array([len(cell.encode()) for cell in cells], np.int64)
    data = np.frombuffer("".join(cells).encode() + bytes(WORD), np.uint8)
    return data, np.cumsum(sizes) - sizes, np.cumsum(sizes)


def suspects(cells: list[str]) -> list[str]:
    places = {*may_speak_against(*column(cells), {}).tolist(), *may_hold_remark(*column(cells)).tolist()}
    return [cells[place] for place in sorted(places)]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(WORDS),
    st.sampled_from([str, str.upper, str.title, " ".join, lambda word: f" -{word}. "]),
    st.sampled_from(["", "(e)", "\u00a0", "!"]),
)
def test_no_word_against_a_user_is_missed(word: str, change: object, end: str) -> None:
    cell = change(word) + end  # type: ignore[operator]
    assert not speaks_against_user(cell) or suspects(["Ann", cell, ""]) == [cell]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=5))
def test_no_text_that_speaks_against_a_user_is_missed(cells: list[str]) -> None:
    cells = [cell for cell in cells if "\0" not in cell and cell.isprintable()]
    assert set(filter(speaks_against_user, cells)) <= set(suspects(cells))


@pytest.mark.parametrize(
    "cell", ["Ann Lee", "Elizabeth", "Terry", "Suspiria", "佐藤 太郎", "2026-01-31", "Zoë", "", "x"]
)
def test_names_are_no_suspects(cell: str) -> None:
    assert suspects([cell, cell]) == []


def test_few_different_cells_are_counted() -> None:
    cells = ["Yes", "No", "a long cell of words", "Yes", ""]
    assert few_cells(*column(cells), 4) == {b"Yes": 2, b"No": 1, b"a long cell of words": 1, b"": 1}
    assert few_cells(*column(cells), 3) is None


def test_cells_are_equal_to_the_last_byte() -> None:
    cells = ["12345678a", "12345678b", "12345678", "12345678a"]
    assert equal_cells(*column(cells), np.arange(1, 4), b"12345678a").tolist() == [3]


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(phrases_against()),
    st.sampled_from([str, str.upper, str.title, lambda phrase: unicodedata.normalize("NFD", phrase)]),
    st.text("zé ., ", max_size=9),
    st.text("zé ., ", max_size=9),
)
def test_no_remark_against_a_user_is_missed_wherever_it_is(
    phrase: str, change: object, before: str, after: str
) -> None:
    cell = f"{before} {change(phrase.translate(EXAMPLE))} {after}"  # type: ignore[operator]
    assert speaks_against_user(cell)
    assert cell in suspects([before, "", cell, after, "x"])


def test_a_part_of_a_japanese_text_is_found_wherever_it_is() -> None:
    cells = ["備考", "3月末で退職", "x", "年退", "職", "é", "2025年3月退職予定"]
    assert suspects(cells) == ["3月末で退職", "年退", "2025年3月退職予定"]


@pytest.mark.parametrize("ends", ["", "\n", "12345678" * 9])
def test_a_remark_that_two_cells_share_is_none(ends: str) -> None:
    assert suspects(["o longer x", "has le", "ft", ends]) == []
