from collections.abc import Sequence
from datetime import date

import pytest

from rolesync.model.findings import CellError, Note
from rolesync.model.periods import Period
from rolesync.reader.header import Layout, lay_out
from rolesync.reader.validity import ADD_WORDS, REMOVE_WORDS, UNLIMITED, ValidityReader, read_action

TODAY = date(2026, 3, 1)


def reader(header: Sequence[str], notes: list[Note]) -> ValidityReader:
    layout = lay_out(header, 1)
    assert isinstance(layout, Layout)
    return ValidityReader(layout, TODAY, lambda _column: notes.append)


@pytest.mark.parametrize("word", [*ADD_WORDS, *map(str.upper, ADD_WORDS), "", "  "])
def test_words_that_give_the_role(word: str) -> None:
    assert read_action(word) is False


@pytest.mark.parametrize("word", [*REMOVE_WORDS, " Deleted "])
def test_words_that_remove_the_role(word: str) -> None:
    assert read_action(word) is True


@pytest.mark.parametrize("word", ["maybe", "no", "removed?", "on leave", "x"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(CellError) as caught:
        read_action(word)
    assert caught.value.code == "action_unknown"
    assert "remove" in caught.value.message


@pytest.mark.parametrize(
    ("starts", "expires", "code"),
    [
        ("2026-03-01", "2026-03-01", None),
        ("2026-03-02", "", "role_not_yet"),
        ("", "2026-02-28", "role_ended"),
        ("2026-02-28", "2026-03-02", None),
    ],
)
def test_a_role_is_in_force_on_its_first_and_last_day_too(starts: str, expires: str, code: str | None) -> None:
    notes: list[Note] = []
    validity = reader(["email", "role", "starts", "expires"], notes).read(["a@x.edu", "Admin", starts, expires])
    assert validity.in_force is (code is None)
    assert not validity.removes
    assert [note.code for note in notes] == ([code] if code else [])


def test_a_removed_role_has_no_other_note() -> None:
    notes: list[Note] = []
    cells = ["a@x.edu", "Admin", "remove", "2026-01-01"]
    validity = reader(["email", "role", "status", "expires"], notes).read(cells)
    assert (validity.in_force, validity.removes) == (False, True)
    assert [note.code for note in notes] == ["role_taken"]


def test_a_row_without_action_and_dates_is_unlimited() -> None:
    notes: list[Note] = []
    assert reader(["email", "role", "action", "expires"], notes).read(["a@x.edu", "Admin", "add", ""]) is UNLIMITED
    assert notes == []


def test_reversed_dates_are_refused() -> None:
    with pytest.raises(CellError, match=r"2026-07-01 .* 2026-06-30") as caught:
        reader(["email", "role", "valid from", "valid until"], []).read(["a", "b", "2026-07-01", "2026-06-30"])
    assert caught.value.code == "dates_reversed"


def test_periods_are_described_in_words() -> None:
    assert Period().text == "without dates"
    assert Period(expires=TODAY).text == "until 2026-03-01"
    assert Period(TODAY, TODAY).text == "from 2026-03-01 until 2026-03-01"
