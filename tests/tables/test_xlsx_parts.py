import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from tests.tables.books import SHEET, edited, xlsx
from tests.tables.opening import grids, rows
from tests.tables.test_file_type import refused

DATA = xlsx({"People": [["email", "role"], ["a@x.edu", "Admin"]], "Notes": [["x"]]})
RELATIONS = "xl/_rels/workbook.xml.rels"


def renamed(data: bytes, rename: Callable[[str], str]) -> bytes:
    """A workbook whose parts have other names; the relations are left as they are."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            target.writestr(rename(item.filename), source.read(item))
    return out.getvalue()


def moved(data: bytes, relations: str, target: str, old: str, new: str) -> bytes:
    """A workbook with one part renamed, and the relation to it changed from `target` in the same way."""
    changed = edited(data, relations, target, target.replace(old, new))
    return renamed(changed, lambda name: name.replace(old, new))


@pytest.mark.parametrize(
    "data",
    [
        moved(DATA, "_rels/.rels", "xl/workbook.xml", "workbook.xml", "workbook2.xml"),
        moved(DATA, RELATIONS, "worksheets/sheet1.xml", "worksheets/sheet1.xml", "lists/first.xml"),
        renamed(DATA, lambda name: name.replace("/", "\\")),
        renamed(edited(DATA, RELATIONS, "worksheets/", "worksheets\\"), lambda name: name.replace("/", "\\")),
        renamed(DATA, str.upper),
    ],
    ids=["workbook", "sheet", "backslashes", "backslashes everywhere", "case"],
)
def test_parts_are_found_under_any_legal_name(data: bytes) -> None:
    people, notes = grids(data)
    assert (people.name, notes.name) == ("People", "Notes")
    assert list(people.rows) == [(1, ["email", "role"]), (2, ["a@x.edu", "Admin"])]


def test_texts_under_another_name_are_found() -> None:
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": '<R><Relationship Id="a" Type="x/officeDocument" Target="/book/main.xml"/></R>',
        "book/main.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="'
        'http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="S" sheetId="1" r:id="s1"/></sheets></workbook>',
        "book/_rels/main.xml.rels": '<R><Relationship Id="s1" Type="x/worksheet" Target="one.xml"/>'
        '<Relationship Id="t" Type="x/sharedStrings" Target="../words.xml"/>'
        '<Relationship Id="w" Type="x/hyperlink" Target="https://x.edu" TargetMode="External"/></R>',
        "book/one.xml": '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>1</v></c></row></sheetData></worksheet>',
        "words.xml": "<sst><si><t>no</t></si><si><t>yes</t></si></sst>",
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    assert rows(out.getvalue()) == [(1, ["yes"])]


def test_two_parts_of_one_name_are_refused() -> None:
    out = BytesIO(DATA)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(SHEET.upper(), "<worksheet/>")
    assert "it has two parts of the name XL/WORKSHEETS/SHEET1.XML" in refused(out.getvalue())


def test_damaged_relations_are_refused() -> None:
    assert "damaged workbook" in refused(edited(DATA, RELATIONS, "<Relationships", "<<"))
