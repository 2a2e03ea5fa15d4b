import re
import zipfile
from io import BytesIO

import pytest

from rolesync.tables import worksheet_damage
from tests.tables.books import SHEET, edited, xlsx
from tests.tables.opening import refused_workbook, rows

ROWS = (
    '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>2</v></c></row>'
    '<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="s"><v>0</v></c></row>'
)
TEXTS = ["Admin", "email", "role", "a@x.edu"]


def book(sheet_rows: str) -> bytes:
    """A workbook with these rows and four shared texts, of which the first is a role."""
    data = xlsx({"S": [["x"]]})
    relation = '<Relationship Id="t" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    data = edited(data, "xl/_rels/workbook.xml.rels", "</Relationships>", relation)
    old = re.search(r"<sheetData>.*</sheetData>", edited_sheet(data))
    assert old
    data = edited(data, SHEET, old[0], f"<sheetData>{sheet_rows}</sheetData>")
    return added(data, "xl/sharedStrings.xml", f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in TEXTS)}</sst>")


def edited_sheet(data: bytes) -> str:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(SHEET).decode().replace(" />", "/>")


def added(data: bytes, name: str, text: str) -> bytes:
    out = BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, text)
    return out.getvalue()


def test_a_sound_sheet_is_read() -> None:
    assert rows(book(ROWS)) == [(1, ["email", "role"]), (2, ["a@x.edu", "Admin"])]


@pytest.mark.parametrize("number", ["-1", "+1", "1.5", "1e0", "0x1", "99999999999999999999", "", " 1", "\uff14", "4"])
def test_an_unreadable_number_of_a_text_is_refused_with_its_cell(number: str) -> None:
    message = refused_workbook(book(ROWS.replace("<v>0</v>", f"<v>{number}</v>")))
    assert f"in its sheet 'S' cell B2 refers to text '{number}', and the workbook has 4 texts" in message
    assert "password" not in message


@pytest.mark.parametrize(
    ("old", "new", "damage"),
    [
        ('<row r="2">', '<row r="2"><c r="C2" t="s"><v>1</v></c></row><row r="2">', "row 2 appears twice"),
        ('<row r="1">', '<row r="2">', "cell A1 is in row 2"),
        ('r="A1"', 'r="A2"', "cell A2 is in row 1"),
        ('r="B2"', 'r="B3"', "cell B3 is in row 2"),
        ('r="B1"', 'r="A1"', "cell A1 appears twice"),
    ],
)
def test_a_cell_in_a_wrong_or_used_place_is_refused_with_it(old: str, new: str, damage: str) -> None:
    assert damage in refused_workbook(book(ROWS.replace(old, new)))


@pytest.mark.parametrize("chunk", [*range(16, 48), 1000])
def test_damage_anywhere_in_a_sheet_of_any_size_is_refused(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worksheet_damage, "_CHUNK", chunk)
    assert len(rows(book(ROWS))) == 2
    assert "cell B3 is in row 2" in refused_workbook(book(ROWS.replace('r="B2"', 'r="B3"')))
    bare = re.sub(r' r="[A-B][12]"', "", ROWS).replace('<row r="1">', '<row r="2">')
    assert "row 2 appears twice" in refused_workbook(book(bare))


@pytest.mark.parametrize("form", [' r = "{}"', " r= '{}'", "\n r='{}'"])
def test_references_may_be_written_in_any_way(form: str) -> None:
    written = re.sub(r' r="([^"]+)"', lambda match: form.format(match[1]), ROWS)
    assert len(rows(book(written))) == 2
    assert "cell B3 is in row 2" in refused_workbook(book(written.replace("B2", "B3")))


def test_rows_without_references_that_have_the_same_number_are_refused() -> None:
    bare = re.sub(r' r="[A-B][12]"', "", ROWS).replace('<row r="1">', '<row r="2">')
    assert "row 2 appears twice" in refused_workbook(book(bare))


def test_cells_without_a_reference_follow_each_other() -> None:
    assert rows(book(re.sub(r' r="[^"]+"', "", ROWS))) == [(1, ["email", "role"]), (2, ["a@x.edu", "Admin"])]


def test_empty_texts_are_no_damage() -> None:
    assert rows(book(ROWS + '<row r="3"><c r="A3" t="inlineStr"><is><t></t></is></c></row>'))[1:] == [
        (2, ["a@x.edu", "Admin"])
    ]
