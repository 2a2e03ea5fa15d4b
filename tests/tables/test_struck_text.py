from io import BytesIO

import openpyxl
import pytest
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from tests.tables.books import edited, ods, ods_cell, ods_row
from tests.tables.opening import codes, grids, rows

TEXT = [(1, ["a", "b"]), (2, ["c", "d"]), (3, ["e", "f"])]


def struck_xlsx(value: object = "d", *, strike: bool = True, places: str = "B2") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["a", "b"], ["c", value], ["e", "f"]):
        sheet.append(row)
    for place in places.split():
        sheet[place].font = Font(strike=strike)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def struck_xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("A")
    for row, cells in enumerate(["ab", "cd", "ef"]):
        for column, text in enumerate(cells):
            style = xlwt.easyxf("font: struck_out on" if text == "d" else "")
            sheet.write(row, column, text, style)
    sheet.write(2, 2, "", xlwt.easyxf("font: struck_out on"))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def struck_ods(cell: str, row: str = "", column: str = "", line: str = "solid") -> bytes:
    """An ODS whose style `s` has a line through its text, and whose style `t` is derived from it."""
    columns = f"<table:table-column/><table:table-column {column}/>"
    data = ods({"A": [columns, ["a", "b"], ods_row(ods_cell("c") + cell, row), ["e", "f"]]})
    style = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    properties = f'<style:text-properties style:text-line-through-style="{line}"/>'
    styles = (
        f'<office:automatic-styles {style}><style:style style:name="s">{properties}</style:style>'
        '<style:style style:name="t" style:parent-style-name="s"/></office:automatic-styles><office:body>'
    )
    return edited(data, "content.xml", "<office:body>", styles)


def rich(text: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["a", "b"], ["c", CellRichText([TextBlock(InlineFont(strike=True), text)])], ["e", "f"]):
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        struck_xlsx(places="B2 D3"),
        rich("d"),
        struck_xls(),
        struck_ods(ods_cell("d", 'table:style-name="s"')),
        struck_ods(ods_cell("d", 'table:style-name="t"')),
        struck_ods(ods_cell("d"), row='table:default-cell-style-name="s"'),
        struck_ods(
            '<table:table-cell office:value-type="string"><text:p><text:span text:style-name="s">d</text:span></text:p>'
            "</table:table-cell>"
        ),
    ],
    ids=["xlsx", "rich text", "xls", "ods", "ods derived", "ods row", "ods span"],
)
def test_rows_with_text_that_is_struck_through_are_reported_and_read(data: bytes) -> None:
    assert [(number, cells[:2]) for number, cells in rows(data)] == TEXT
    (finding,) = grids(data)[0].findings
    assert (finding.level, finding.code, finding.row) == ("warning", "struck_through", 2)
    assert "rows with text that is struck through in the workbook: 1 (2); they are read" in finding.message


def test_a_column_of_an_ods_may_be_struck_through() -> None:
    data = struck_ods(ods_cell("d"), column='table:default-cell-style-name="s"')
    assert "(1, 2, 3)" in grids(data)[0].findings[0].message


@pytest.mark.parametrize(
    "data",
    [struck_xlsx(strike=False), struck_xlsx(None), struck_ods(ods_cell("d", 'table:style-name="s"'), line="none")],
)
def test_a_row_without_struck_text_is_not_reported(data: bytes) -> None:
    assert codes(grids(data)[0].findings) == []
