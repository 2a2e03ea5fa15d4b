"""Writes workbooks for tests: XLSX and XLS with libraries, ODS by hand, because no library writes all of it."""

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlwt
from openpyxl.styles import Font

Rows = Sequence[Sequence[object]]
ODS = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
_NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}


def xlsx(
    sheets: Mapping[str, Rows],
    *,
    hidden: Collection[str] = (),
    merged: Iterable[str] = (),
    hidden_rows: Iterable[int] = (),
    struck_rows: Iterable[int] = (),
) -> bytes:
    """Write an XLSX; all but `hidden` applies to every sheet. Texts that begin with `=` are formulas."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([*row])
        for area in merged:
            sheet.merge_cells(area)
        for number in hidden_rows:
            sheet.row_dimensions[number].hidden = True
        for number in struck_rows:
            sheet.cell(number, 1).font = Font(strike=True)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(
    sheets: Mapping[str, Rows],
    *,
    hidden: Collection[str] = (),
    merged: Iterable[tuple[int, int, int, int]] = (),
    hidden_rows: Iterable[int] = (),
) -> bytes:
    """Write an XLS; a merged area is (first row, last row, first column, last column), counted from 0."""
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        covered = {
            (row, column)
            for top, bottom, left, right in merged
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value != "" and (number, place) not in covered:
                    sheet.write(number, place, value, *([day] if isinstance(value, (date, datetime)) else []))
        for top, bottom, left, right in merged:
            sheet.write_merge(top, bottom, left, right, rows[top][left])
        for number in hidden_rows:
            sheet.row(number - 1).hidden = True
        sheet.visibility = int(name in hidden)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods(sheets: Mapping[str, Sequence[str | Sequence[object]]]) -> bytes:
    """Write an ODS; a row given as text is XML already, and so is a cell that begins with `<`."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    names = " ".join(f'xmlns:{short}="{full}"' for short, full in _NAMES.items())
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    content = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}>{body}</office:document-content>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", content)
    return out.getvalue()


def _ods_row(row: str | Sequence[object]) -> str:
    return row if isinstance(row, str) else ods_row("".join(map(ods_cell, row)))


def ods_row(cells: str, attributes: str = "") -> str:
    """Format a row as ODS XML."""
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


def ods_cell(value: object, attributes: str = "") -> str:
    """Format a cell as ODS XML."""
    if isinstance(value, str) and value.startswith("<"):
        return value
    if value == "":
        return f"<table:table-cell {attributes}/>"
    if isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    elif isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind} {attributes}><text:p>{escape(str(value))}</text:p></table:table-cell>"


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
