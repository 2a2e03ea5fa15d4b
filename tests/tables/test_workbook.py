import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO

import openpyxl
import pytest
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from rolesync.model.findings import Finding
from rolesync.tables.file_type import Content, content_of
from rolesync.tables.grid import Cells, Grid
from rolesync.tables.workbook import UNSAVED, workbook_grids
from tests.tables.books import Rows, ods, ods_cell, ods_row, xls, xlsx


def grids(data: bytes) -> list[Grid]:
    content = content_of(data)
    assert isinstance(content, Content)
    found = workbook_grids(content)
    assert isinstance(found, list)
    return found


def rows(data: bytes) -> list[tuple[int, Cells]]:
    (grid,) = grids(data)
    return list(grid.rows)


def codes(data: bytes) -> list[tuple[str, int | None]]:
    (grid,) = grids(data)
    return [(note.code, note.row) for note in grid.notes]


def edited(data: bytes, part: str, old: str, new: str) -> bytes:
    """A workbook with one part changed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            text = source.read(item).replace(b" />", b"/>")
            if item.filename == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            target.writestr(item, text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
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
def test_times(write: Callable[..., bytes]) -> None:
    moments = [datetime(2026, 6, 30, 12, 1), datetime(2026, 6, 30)]  # noqa: DTZ001  # as spreadsheets have it
    assert rows(write({"A": [moments]})) == [(1, ["2026-06-30 12:01:00", "2026-06-30"])]


def test_times_without_a_day() -> None:
    assert rows(xlsx({"A": [[time(8, 30)]]})) == [(1, ["08:30:00"])]


def test_hidden_sheets_are_told() -> None:
    for data in (xlsx({"A": [], "B": []}, hidden={"B"}), xls({"A": [], "B": []}, hidden={"B"})):
        assert [(grid.name, grid.hidden) for grid in grids(data)] == [("A", False), ("B", True)]


@pytest.mark.parametrize("write", [xlsx, xls])
def test_hidden_rows_are_told_and_count(write: Callable[..., bytes]) -> None:
    data = write({"A": [["x"], ["y"], ["z"]]}, hidden_rows=[2, 3])
    assert codes(data) == [("hidden", 3)]
    assert [number for number, _ in rows(data)] == [1, 2, 3]
    assert "2 rows are hidden or filtered away in the workbook (2, 3)" in grids(data)[0].notes[0].message


def test_hidden_rows_of_an_ods() -> None:
    hidden = ods_row(ods_cell("y"), 'table:visibility="filter" table:number-rows-repeated="2"')
    blank = ods_row("<table:table-cell/>", 'table:visibility="collapse" table:number-rows-repeated="1048000"')
    data = ods({"A": [["x"], hidden, ["z"], blank]})
    assert codes(data) == [("hidden", 3)]
    assert rows(data) == [(1, ["x"]), (2, ["y"]), (3, ["y"]), (4, ["z"])]


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
def test_merged_cells_are_filled_down_and_told(data: bytes) -> None:
    assert codes(data) == [("merged_cells", 4)]
    assert rows(data) == [
        (1, ["e", "role"]),
        (2, ["a", "Admin"]),
        (3, ["b", "Admin"]),
        (4, ["c", "Admin"]),
        (5, ["d", "x"]),
    ]


def test_a_merged_column_is_filled_as_far_as_there_are_rows() -> None:
    data = xlsx({"A": [["e", "role"], ["a", "Admin"], ["b", ""]]}, merged=["B2:B3"])
    data = edited(data, SHEET, '"B2:B3"', '"B2:B1048576"')
    assert codes(data) == [("merged_cells", 2**20)]
    assert rows(data) == [(1, ["e", "role"]), (2, ["a", "Admin"]), (3, ["b", "Admin"])]


def test_merged_columns_are_not_filled() -> None:
    data = xlsx({"A": [["e", "role"], ["a", ""], ["b", "x"]]}, merged=["A2:B2"])
    assert (codes(data), rows(data)[1]) == ([], (2, ["a", ""]))


def test_text_below_merged_cells_is_refused() -> None:
    covered = '<table:covered-table-cell office:value-type="string"><text:p>Teacher</text:p></table:covered-table-cell>'
    data = ods({"A": [["a", ods_cell("Admin", 'table:number-rows-spanned="2"')], ["b", covered]]})
    number, findings = rows(data)[1]
    assert number == 2
    assert isinstance(findings[0], Finding)
    assert (findings[0].code, findings[0].row) == ("merged_cells", 2)
    assert "'Teacher'" in findings[0].message


def test_formulas_without_a_value_are_shown_as_such() -> None:
    assert rows(xlsx({"A": [["a", "=1+1", "x"]]})) == [(1, ["a", "=1+1", "x"])]
    formula = '<table:table-cell table:formula="of:=[.A1]" table:number-columns-repeated="2"/>'
    assert rows(ods({"A": [["a", formula, "x"]]})) == [(1, ["a", "=[.A1]", "=[.A1]", "x"])]


UNCALCULATED = '<table:table-cell table:formula="of:=X1" table:number-columns-repeated="2"/>'


@pytest.mark.parametrize(
    "data",
    [xlsx({"A": [["a", "b", "c"], [], ["=X1", "=X1"]]}), ods({"A": [["a", "b", "c"], [""], [UNCALCULATED]]})],
)
def test_a_last_row_of_nothing_but_formulas_without_a_value_is_there(data: bytes) -> None:
    assert rows(data) == [(1, ["a", "b", "c"]), (3, ["=X1", "=X1", ""])]


def test_a_row_of_an_old_workbook_with_nothing_but_formulas_is_no_blank_row() -> None:
    """Where none has a value, the file doesn't tell whether it was ever calculated."""
    data = xls({"A": [["email", "role"], [xlwt.Formula('B9&"@x.edu"'), xlwt.Formula("B9")], ["a@x.edu", "Admin"]]})
    (_, header), (number, cells), (_, last) = rows(data)
    assert (header, last, number) == (["email", "role"], ["a@x.edu", "Admin"], 2)
    assert cells == [UNSAVED, ""]


def test_a_formula_for_text_has_a_value_only_where_one_was_saved() -> None:
    data = edited(xlsx({"A": [["a", "=X"]]}), SHEET, '<c r="B1"><f>X</f><v/>', '<c r="B1" t="str"><f>X</f>')
    assert rows(data) == [(1, ["a", "=X"])]
    data = edited(data, SHEET, "<f>X</f>", "<f>X</f><v></v>")
    assert rows(data) == [(1, ["a", ""])]


def test_text_of_no_type_is_text() -> None:
    note = "<office:annotation><text:p>ask Ann</text:p></office:annotation>"
    bare = f"<table:table-cell>{note}<text:p>me@<text:span>x.edu</text:span></text:p></table:table-cell>"
    assert rows(ods({"A": [["a"], [bare], [f"<table:table-cell>{note}</table:table-cell>"]]})) == [
        (1, ["a"]),
        (2, ["me@x.edu"]),
    ]


def test_formulas_with_a_value_are_that_value() -> None:
    data = edited(xlsx({"A": [["=1+1", "=B"]]}), SHEET, "<f>1+1</f><v/>", "<f>1+1</f><v>2</v>")
    data = edited(data, SHEET, '<c r="B1"><f>B</f><v/>', '<c r="B1" t="str"><f>B</f><v>ok</v>')
    assert rows(data) == [(1, ["2", "ok"])]


def test_error_values_are_no_empty_cells() -> None:
    kind = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    error = f'<table:table-cell table:formula="of:=#N/A" {kind}><text:p>#N/A</text:p></table:table-cell>'
    repeated = ods_row(error, 'table:number-rows-repeated="2"')
    assert rows(ods({"A": [["a"], repeated]})) == [(1, ["a"]), (2, ["#N/A"]), (3, ["#N/A"])]
    data = edited(xlsx({"A": [["a", "#N/A"]]}), SHEET, 't="e"', "t='e'")
    assert rows(data) == [(1, ["a", "#N/A"])]


def test_rich_text_and_links_are_their_visible_text() -> None:
    rich = '<is><r><t>he</t></r><r><rPr><b/></rPr><t>llo@x.edu</t></r><rPh sb="0" eb="1"><t>zz</t></rPh></is>'
    data = edited(xlsx({"A": [["a"]]}), SHEET, "<is><t>a</t></is>", rich)
    assert rows(data) == [(1, ["hello@x.edu"])]
    names = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    link = f'<text:p><text:a xlink:href="mailto:other@x.edu" {names}>me@x.edu</text:a></text:p>'
    cell = f'<table:table-cell office:value-type="string">{link}</table:table-cell>'
    assert rows(ods({"A": [[cell]]})) == [(1, ["me@x.edu"])]


def respelled(data: bytes, *changes: tuple[str, str]) -> bytes:
    """A workbook with something written otherwise in every part."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            text = source.read(item).decode()
            for old, new in changes:
                text = text.replace(old, new)
            target.writestr(item, text)
    return out.getvalue()


def test_strict_workbooks_have_other_names_for_the_same() -> None:
    transitional = "http://schemas.openxmlformats.org"
    strict = respelled(
        xlsx({"A": TABLE}),
        (f"{transitional}/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (f"{transitional}/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"),
    )
    assert rows(strict) == TEXT


def test_cells_need_not_say_where_they_are() -> None:
    data = xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"], ["b@x.edu", "=X"]]})
    for place in ("A1", "B1", "A2", "B2", "A3", "B3"):
        data = edited(data, SHEET, f'<c r="{place}"', "<c")
    assert rows(data) == [(1, ["email", "role"]), (2, ["a@x.edu", "Admin"]), (3, ["b@x.edu", "=X"])]


def test_days_are_counted_from_where_the_workbook_says() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append([date(2026, 6, 30)])
    out = BytesIO()
    book.save(out)
    assert rows(out.getvalue()) == [(1, ["2026-06-30"])]


def test_comments_are_no_text() -> None:
    note = "<office:annotation><text:p>ask Ann</text:p></office:annotation>"
    cell = f'<table:table-cell office:value-type="string">{note}<text:p>me@x.edu</text:p></table:table-cell>'
    assert rows(ods({"A": [[cell]]})) == [(1, ["me@x.edu"])]


def refused(data: bytes) -> str:
    content = content_of(data)
    assert isinstance(content, Content)
    found = workbook_grids(content)
    assert isinstance(found, Finding)
    assert (found.code, found.row) == ("damaged", None)
    return found.message


def test_one_cell_far_away_takes_no_memory() -> None:
    data = xlsx({"A": [["a"]]})
    stray = edited(data, SHEET, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert "spans 17,179,869,184 cells" in refused(stray)
    blank = ods_row('<table:table-cell table:number-columns-repeated="16384"/>', 'table:number-rows-repeated="1048575"')
    far = ods_row(f'<table:table-cell table:number-columns-repeated="16383"/>{ods_cell("x")}')
    assert "spans 17,179,869,184 cells" in refused(ods({"A": [blank, far]}))
    assert rows(ods({"A": [["x"], blank]})) == [(1, ["x"])]


def test_a_cell_far_to_the_right_is_no_bomb() -> None:
    data = edited(xlsx({"A": [["a"]]}), SHEET, "</row>", '<c r="XFD1"/></row>')
    assert rows(data) == [(1, ["a"])]


def test_damaged_workbooks_are_refused() -> None:
    old = xls({"A": [["a"]]})
    assert "can't be read" in refused(edited(xlsx({"A": [["a"]]}), SHEET, "</sheetData>", "<sheetData>"))
    assert "can't be read" in refused(edited(xlsx({"A": [["a"]]}), "xl/workbook.xml", "<sheets>", "<sheets"))
    assert "can't be read" in refused(old[:600] + b"\xff" * 400 + old[1000:])


def test_thousands_of_formatted_rows_are_blank() -> None:
    data = xlsx({"A": [["a"], *[[""]] * 5000, ["b"]]})
    assert rows(data) == [(1, ["a"]), (5002, ["b"])]
