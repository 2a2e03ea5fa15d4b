"""One sheet as a spreadsheet program opens it: widths, formats, colours, drop-downs and pages."""

import io
from datetime import date, datetime
from typing import Any

import openpyxl

from rolesync.report.spreadsheet.sheet import DAY, SIZE, AtLeast, Cells, Column, Footer, Sheet
from rolesync.report.spreadsheet.workbook import format_xlsx

FOOTER = Footer("plan", "9c1f" * 16, "https://a&b.example.com")
COLUMNS = (Column("decision"), Column("decision_reason", least=20), Column("action"), Column("user id"))


def written(sheet: Sheet) -> Any:  # openpyxl's own type knows charts, too, as sheets
    return openpyxl.load_workbook(io.BytesIO(format_xlsx(9, [sheet], FOOTER, instead="")))[sheet.title]


def sheet(*rows: Cells, words: tuple[str, ...] = ()) -> Sheet:
    return Sheet("changes", COLUMNS, rows, "action", words, {"exclude": "Empty: as planned."}, "exclude")


def test_error_values_and_long_ids_are_stored_as_text() -> None:
    rows = [("#N/A", "", "", 2**53 + 1), (None, None, "add", 12)]
    assert list(written(sheet(*rows)).values)[1:] == [
        ("'#N/A", None, None, "9007199254740993"),
        (None, None, "add", 12),
    ]


def test_rows_that_may_have_an_answer_get_a_drop_down_that_explains_it() -> None:
    rows = [("", "", "add", number) for number in (1, 2, 3)]
    (validation,) = written(sheet(*rows, words=("exclude", "", "exclude"))).data_validations.dataValidation
    assert str(validation.sqref) == "A2 A4"
    assert validation.formula1 == '"exclude"'
    assert (validation.promptTitle, validation.prompt) == ("decision", "Empty: as planned.")
    assert validation.error == "Only exclude, or an empty cell."


def test_answers_stay_in_sight_and_a_long_sheet_is_printed_on_numbered_pages() -> None:
    target = written(sheet(("", "", "add", 1), words=("exclude",)))
    assert (target.freeze_panes, target.auto_filter.ref) == ("B2", "A1:D2")
    assert (target.page_setup.orientation, target.page_setup.fitToWidth, target.page_setup.fitToHeight) == (
        "landscape",
        None,
        0,
    )
    assert target.sheet_properties.pageSetUpPr.fitToPage
    assert target.print_title_rows == "$1:$1"
    assert target.oddFooter.left.text == "plan 9c1f9c1f9c1f, https://a&&b.example.com"
    assert target.oddFooter.right.text == "&A, page &P of &N"


def test_columns_are_as_wide_as_their_texts_and_long_texts_wrap() -> None:
    columns = (Column("name", 10), Column("email", 30), Column("note", least=25))
    target = written(Sheet("list", columns, [("x" * 25, "ann@example.edu", None), ("y", None, None)]))
    assert [target.column_dimensions[letter].width for letter in "ABC"] == [10, 17, 25]
    assert [target[cell].alignment.wrap_text for cell in ("A2", "B2")] == [True, None]
    assert [target.row_dimensions[row].height for row in (2, 3)] == [45, None]


def test_sizes_and_dates_are_numbers_in_the_format_of_people() -> None:
    columns = (Column("size", number_format=SIZE), Column("last viewed", number_format=DAY), Column("media"))
    target = written(Sheet("list", columns, [(AtLeast(2_110_000_000), date(2026, 5, 3), 0), (5, None, AtLeast(3))]))
    assert [cell.value for cell in target[2]] == [2_110_000_000, datetime.fromisoformat("2026-05-03"), 0]
    assert target["B2"].number_format == "d mmm yyyy"
    assert target["A3"].number_format == SIZE
    assert target["A2"].number_format.startswith('[<999500]"≥ "0,')
    assert target["C3"].number_format == '"≥ "0'
    assert target["A1"].alignment.horizontal == "right"


def test_the_word_of_a_row_colours_it_and_an_answer_strikes_it_through() -> None:
    target = written(sheet(("", "", "remove", 1), ("", "", "add", 2), words=("exclude",) * 2))
    rules = {
        (str(ranged.sqref), rule.formula[0]): rule.dxf
        for ranged in target.conditional_formatting
        for rule in ranged.rules
    }
    assert rules["A2:D3", '$A2="exclude"'].font.strike
    assert rules["C2:D3", '$C2="remove"'].fill.bgColor.rgb != rules["C2:D3", '$C2="add"'].fill.bgColor.rgb
    assert rules["A2:B3", "TRUE"].fill.bgColor.rgb


def test_a_sheet_of_text_has_a_heading_and_no_filters() -> None:
    guide = Sheet("how", (Column("Please decide", 14), Column("", 20)), [("1", "word " * 10)], is_text=True)
    target = written(guide)
    assert (target["A1"].value, target["A1"].font.size, target.auto_filter.ref) == ("Please decide", 16, None)
    assert not target.sheet_view.showGridLines
    assert target["B2"].alignment.wrap_text
    assert target.row_dimensions[2].height == 3 * 15 + 5
    assert target.page_setup.orientation == "portrait"
