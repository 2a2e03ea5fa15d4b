from datetime import date

import pytest

from rolesync.model.findings import CellError, Note
from rolesync.reader.dates import has_no_end, possible_days, read_date, read_last_day


def read(cell: str) -> tuple[date | None, list[Note]]:
    notes: list[Note] = []
    return read_date(cell, notes.append), notes


@pytest.mark.parametrize("cell", ["2026-06-30", " 2026-06-30 "])
def test_iso_dates_get_no_note(cell: str) -> None:
    assert read(cell) == (date(2026, 6, 30), [])


@pytest.mark.parametrize("cell", ["", " ", "\u00a0"])
def test_a_blank_cell_has_no_date(cell: str) -> None:
    assert read(cell) == (None, [])


@pytest.mark.parametrize(
    "cell",
    [
        "2026/6/30",
        "2026.06.30",
        "30.6.2026",
        "30. 06. 2026",
        "30/06/2026",
        "06/30/2026",
        "30-06-2026",
        "30 June 2026",
        "30-Jun-2026",
        "30 jun. 2026",
        "June 30, 2026",
        "Jun 30th 2026",
        "2026-06-30 00:00:00",
        "2026-06-30T00:00:00Z",
        "6/30/2026 12:00:00 AM",
        "30.06.2026 0:00",
    ],
)
def test_other_unambiguous_forms_are_read_with_a_note(cell: str) -> None:
    day, notes = read(cell)
    assert day == date(2026, 6, 30)
    assert [(note.code, note.level.value) for note in notes] == [("date_normalised", "warning")]
    assert "2026-06-30" in notes[0].message


def test_a_date_that_is_the_same_with_day_and_month_swapped_is_read() -> None:
    assert read("05/05/2026")[0] == date(2026, 5, 5)


def test_an_ambiguous_date_is_refused() -> None:
    with pytest.raises(CellError, match="may be 2026-03-04 or 2026-04-03") as caught:
        read("03/04/2026")
    assert caught.value.code == "date_ambiguous"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("soon", "is not a date;"),
        ("2026-02-30", "is not a date;"),
        ("45838", "day number"),
        ("2026-06-30 12:00", "it has a time"),
        ("30.06.26", "two digits"),
        ("2026-06", "is not a date;"),
        ("0000-00-00", "is not a date;"),
    ],
)
def test_a_text_that_is_not_a_date_is_refused_with_the_reason(cell: str, reason: str) -> None:
    for _ in range(2):  # the second result comes from the cache
        with pytest.raises(CellError, match=reason) as caught:
            read(cell)
        assert caught.value.code == "date_invalid"
        assert "2026-06-30" in caught.value.message


@pytest.mark.parametrize(
    "cell", ["never", "Never expires", "unbefristet", "Läuft nie ab", "jamais", "無期限", "nunca caduca"]
)
def test_a_word_may_say_that_a_role_has_no_last_day(cell: str) -> None:
    assert has_no_end(cell)
    assert read_last_day(cell, lambda _note: None) is None


@pytest.mark.parametrize("cell", ["", "2026-06-30", "soon", "mai", "-"])
def test_other_cells_are_read_as_a_last_day(cell: str) -> None:
    assert not has_no_end(cell)


def test_a_date_may_be_several_days() -> None:
    assert possible_days("3/4/2026") == [date(2026, 3, 4), date(2026, 4, 3)]
