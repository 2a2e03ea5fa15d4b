import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from rolesync.model.findings import Finding
from tests.tables.books import SHEET, Rows, edited, ods, ods_cell, xls, xlsx
from tests.tables.opening import grids, refused_workbook, rows


def codes(data: bytes) -> list[tuple[str, int | None]]:
    (grid,) = grids(data)
    return [(finding.code, finding.row) for finding in grid.findings]


TABLE: Rows = [
    ["", "email", "user_id", "when"],
    ["", "a@x.edu", 101, date(2026, 6, 30)],
    ["", "", "", ""],
    ["", "b@x.edu", 102.5, True],
    ["", " 007 ", 2**53 + 2, "x"],
]
TEXT = [
    (1, ["", "email", "user_id", "when"]),
    (2, ["", "a@x.edu", "101", "2026-06-30"]),
    (4, ["", "b@x.edu", "102.5", "TRUE"]),
    (5, ["", " 007 ", "9007199254740994.0", "x"]),
]


@pytest.mark.parametrize("write", [xlsx, xls, ods])
def test_cells_become_what_a_person_would_type(write: Callable[..., bytes]) -> None:
    assert rows(write({"People": TABLE})) == TEXT


@pytest.mark.parametrize("write", [xlsx, xls, ods])
def test_dates_with_and_without_a_time(write: Callable[..., bytes]) -> None:
    moments = [datetime(2026, 6, 30, 12, 1), datetime(2026, 6, 30)]  # noqa: DTZ001  # spreadsheets have no time zones
    assert rows(write({"A": [moments]})) == [(1, ["2026-06-30 12:01:00", "2026-06-30"])]


def test_a_time_without_a_date() -> None:
    assert rows(xlsx({"A": [[time(8, 30)]]})) == [(1, ["08:30:00"])]


def test_hidden_sheets_are_marked() -> None:
    for data in (xlsx({"A": [], "B": []}, hidden={"B"}), xls({"A": [], "B": []}, hidden={"B"})):
        assert [(grid.name, grid.hidden) for grid in grids(data)] == [("A", False), ("B", True)]


@pytest.mark.parametrize("write", [xlsx, xls])
def test_hidden_rows_are_reported_and_read(write: Callable[..., bytes]) -> None:
    data = write({"A": [["x"], ["y"], ["z"]]}, hidden_rows=[2, 3])
    assert codes(data) == [("hidden", 3)]
    assert [number for number, _ in rows(data)] == [1, 2, 3]
    assert "rows that are hidden or filtered out in the workbook: 2 (2, 3)" in grids(data)[0].findings[0].message


MERGED = [["e", "role"], ["a", "Admin"], ["b", ""], ["c", ""], ["d", "x"]]


@pytest.mark.parametrize(
    "data",
    [
        xlsx({"A": MERGED}, merged=["B2:B4"]),
        xls({"A": MERGED}, merged=[(1, 3, 1, 1)]),
        ods(
            {
                "A": [
                    MERGED[0],
                    ["a", ods_cell("Admin", 'table:number-rows-spanned="3" table:number-columns-spanned="1"')],
                    ["b", "<table:covered-table-cell/>"],
                    ["c", "<table:covered-table-cell/>"],
                    MERGED[4],
                ]
            }
        ),
    ],
)
def test_merged_cells_are_filled_down_and_reported(data: bytes) -> None:
    assert codes(data) == [("merged_cells", 4)]
    assert rows(data) == [
        (1, ["e", "role"]),
        (2, ["a", "Admin"]),
        (3, ["b", "Admin"]),
        (4, ["c", "Admin"]),
        (5, ["d", "x"]),
    ]


def test_a_merged_column_is_filled_down_to_the_last_row() -> None:
    data = xlsx({"A": [["e", "role"], ["a", "Admin"], ["b", ""]]}, merged=["B2:B3"])
    data = edited(data, SHEET, '"B2:B3"', '"B2:B1048576"')
    assert codes(data) == [("merged_cells", 2**20)]
    assert rows(data) == [(1, ["e", "role"]), (2, ["a", "Admin"]), (3, ["b", "Admin"])]


@pytest.mark.parametrize(
    "merged", [["A1:P1048576"], [f"A{n}:B4000" for n in range(1, 2000)]], ids=["wide", "overlapping"]
)
def test_merged_areas_that_cover_too_many_cells_are_refused(merged: list[str]) -> None:
    data = xlsx({"A": [["e", "role"], *([["a", "Admin"]] * 3999)]})
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    data = edited(data, SHEET, "</sheetData>", f"</sheetData><mergeCells>{areas}</mergeCells>")
    if "P1048576" in merged[0]:
        data = edited(data, SHEET, "</sheetData>", '<row r="1048576"><c r="A1048576"><f>X</f></c></row></sheetData>')
    assert "cover" in refused_workbook(data)


def test_cells_merged_across_columns_are_not_filled() -> None:
    data = xlsx({"A": [["e", "role"], ["a", ""], ["b", "x"]]}, merged=["A2:B2"])
    assert (codes(data), rows(data)[1]) == ([], (2, ["a", ""]))


def test_text_hidden_by_merged_cells_is_refused() -> None:
    covered = '<table:covered-table-cell office:value-type="string"><text:p>Teacher</text:p></table:covered-table-cell>'
    data = ods({"A": [["a", ods_cell("Admin", 'table:number-rows-spanned="2"')], ["b", covered]]})
    number, findings = rows(data)[1]
    assert number == 2
    assert isinstance(findings[0], Finding)
    assert (findings[0].code, findings[0].row) == ("merged_cells", 2)
    assert "'Teacher'" in findings[0].message


def test_a_formula_with_a_saved_value_is_read_as_that_value() -> None:
    data = edited(xlsx({"A": [["=1+1", "=B"]]}), SHEET, "<f>1+1</f><v/>", "<f>1+1</f><v>2</v>")
    data = edited(data, SHEET, '<c r="B1"><f>B</f><v/>', '<c r="B1" t="str"><f>B</f><v>ok</v>')
    assert rows(data) == [(1, ["2", "ok"])]


def test_rich_text_and_links_are_read_as_their_visible_text() -> None:
    rich = '<is><r><t>he</t></r><r><rPr><b/></rPr><t>llo@x.edu</t></r><rPh sb="0" eb="1"><t>zz</t></rPh></is>'
    data = edited(xlsx({"A": [["a"]]}), SHEET, "<is><t>a</t></is>", rich)
    assert rows(data) == [(1, ["hello@x.edu"])]
    names = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    link = f'<text:p><text:a xlink:href="mailto:other@x.edu" {names}>me@x.edu</text:a></text:p>'
    cell = f'<table:table-cell office:value-type="string">{link}</table:table-cell>'
    assert rows(ods({"A": [[cell]]})) == [(1, ["me@x.edu"])]


def replaced(data: bytes, *changes: tuple[str, str]) -> bytes:
    """A workbook with texts replaced in every part."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            text = source.read(item).decode()
            for old, new in changes:
                text = text.replace(old, new)
            target.writestr(item, text)
    return out.getvalue()


def test_a_strict_workbook_with_other_namespaces_is_read_the_same() -> None:
    transitional = "http://schemas.openxmlformats.org"
    strict = replaced(
        xlsx({"A": TABLE}),
        (f"{transitional}/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (f"{transitional}/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"),
    )
    assert rows(strict) == TEXT


def test_dates_follow_the_epoch_of_the_workbook() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append([date(2026, 6, 30)])
    out = BytesIO()
    book.save(out)
    assert rows(out.getvalue()) == [(1, ["2026-06-30"])]


def test_comments_are_not_read_as_text() -> None:
    note = "<office:annotation><text:p>ask Ann</text:p></office:annotation>"
    cell = f'<table:table-cell office:value-type="string">{note}<text:p>me@x.edu</text:p></table:table-cell>'
    assert rows(ods({"A": [[cell]]})) == [(1, ["me@x.edu"])]


def test_damaged_workbooks_are_refused() -> None:
    old = xls({"A": [["a"]]})
    assert "can't be read" in refused_workbook(edited(xlsx({"A": [["a"]]}), SHEET, "</sheetData>", "<sheetData>"))
    assert "can't be read" in refused_workbook(edited(xlsx({"A": [["a"]]}), "xl/workbook.xml", "<sheets>", "<sheets"))
    assert "can't be read" in refused_workbook(old[:600] + b"\xff" * 400 + old[1000:])


def test_thousands_of_formatted_empty_rows_are_blank() -> None:
    data = xlsx({"A": [["a"], *[[""]] * 5000, ["b"]]})
    assert rows(data) == [(1, ["a"]), (5002, ["b"])]


def test_merged_cells_are_known_by_their_rows() -> None:
    data = xlsx({"A": [["email", "role"], ["a", "x"], ["b", ""], ["c", ""]]}, merged=["B2:B4", "C1:D1"])
    assert grids(data)[0].merged == ((2, 4, 1),)
