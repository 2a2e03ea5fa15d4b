from pathlib import Path

from rolesync.migrate.ledger import CellOutcome, Place
from rolesync.migrate.source_file import SourceFile
from rolesync.migrate.unread_sheets import unread_sheets
from tests.tables.books import xlsx


def test_every_cell_of_an_unread_sheet_is_ignored() -> None:
    book = xlsx({"List": [["email"]], "Notes": [["n", ""], ["", "m"]], "Empty": []})
    (ledger,) = unread_sheets(SourceFile.of(Path("s.xlsx")), book, [Place("s.xlsx", "List")])
    assert ledger.place == Place("s.xlsx", "Notes")
    assert [cell[:5] for cell in ledger.cells] == [
        (1, 0, "n", CellOutcome.IGNORED, "sheet_unread"),
        (2, 1, "m", CellOutcome.IGNORED, "sheet_unread"),
    ]


def test_text_and_damaged_files_have_no_unread_sheets() -> None:
    for data in (b"email,role\n", b"PK\x03\x04abc"):
        assert list(unread_sheets(SourceFile.of(Path("s")), data, [])) == []
