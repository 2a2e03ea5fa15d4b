from pathlib import Path

from rolesync.migrate.ledger import CellLedger, CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import CellError, Code, Note, OnNote
from rolesync.model.vocabulary import Level
from tests.migrate.sources import run


def refuse(_cell: str, _on_note: OnNote) -> str:
    raise CellError(Code.EMAIL_INVALID, "not an address")


def normalise(cell: str, on_note: OnNote) -> str:
    on_note(Note(Level.WARNING, Code.EMAIL_NORMALISED, "without a blank"))
    return cell.strip()


def test_a_refusal_replaces_every_outcome_and_an_assignment_none() -> None:
    row = RowLedger(2, ["x"])
    for outcome in (CellOutcome.ASSIGNMENT, CellOutcome.NORMALISED, CellOutcome.ASSIGNMENT):
        row.set_outcome(0, outcome, CellReason.USED)
    assert row.outcomes[0][0] is CellOutcome.NORMALISED
    row.set_outcome(0, CellOutcome.REFUSED, CellReason.CONFLICT, "reason")
    row.set_outcome(0, CellOutcome.IGNORED, CellReason.TITLE)
    assert row.outcomes[0] == (CellOutcome.REFUSED, CellReason.CONFLICT, "reason")


def test_reading_a_cell_sets_its_outcome() -> None:
    row = RowLedger(2, ["a ", "b", "", "d"])
    assert row.read(0, normalise, "") == "a"
    assert row.read(1, refuse, "blank") == "blank"
    assert row.read(None, refuse, "blank") == "blank"
    assert row.refused == 1
    row.override(CellOutcome.REFUSED, CellReason.ROW_REFUSED, "")
    assert [(cell.text, cell.outcome, cell.code) for cell in row.accounted_cells()] == [
        ("a ", CellOutcome.REFUSED, "row_refused"),
        ("b", CellOutcome.REFUSED, "email_invalid"),
        ("d", CellOutcome.IGNORED, "column_unused"),
    ]


def test_outcomes_add_up_and_a_row_that_is_refused_as_a_whole_is_listed_once() -> None:
    table = TableLedger(Place("s.csv"), ("a", "b"))
    table.add(2, ["x", "y", " "], CellOutcome.REFUSED, CellReason.CONTRADICTION, "reason")
    table.add(3, ["z"], CellOutcome.IGNORED, CellReason.TITLE, "title")
    ledger = CellLedger((table,))
    assert len(ledger) == sum(ledger.count_outcomes().values()) == 3
    assert [(total.code, total.cells, total.example) for total in ledger.totals()] == [
        ("contradiction", 2, "s.csv A2"),
        ("title", 1, "s.csv A3"),
    ]
    assert [cell.text for _, cell in ledger.refused()] == ["x"]


def test_the_text_of_merged_cells_is_counted_once_and_refused_if_a_row_is() -> None:
    ledger = TableLedger(Place("a.xlsx"), ("email", "role"))
    ledger.add(2, ["a@x.edu", "Admin"], CellOutcome.ASSIGNMENT, "used", "")
    ledger.add(3, ["", "Admin"], CellOutcome.REFUSED, "identity_missing", "no user")
    ledger.add(4, ["b@x.edu", "Admin"], CellOutcome.ASSIGNMENT, "used", "")
    ledger.count_merged_once([(2, 4, 1)])
    assert [(cell.address, cell.outcome.value, cell.detail) for cell in ledger.cells] == [
        ("A2", "assignment", ""),
        ("B2", "refused", "in row 3: no user"),
        ("A4", "assignment", ""),
    ]


def test_merged_cells_without_text_are_not_counted() -> None:
    ledger = TableLedger(Place("a.xlsx"), ("email", "role"))
    ledger.add(2, ["a@x.edu", ""], CellOutcome.ASSIGNMENT, "used", "")
    ledger.count_merged_once([(2, 4, 1)])
    assert [cell.address for cell in ledger.cells] == ["A2"]


def test_equal_texts_and_outcomes_of_many_rows_are_the_same_objects(tmp_path: Path) -> None:
    text = "email,role,Department\n" + "".join(f"u{number}@x.edu,Admin,Arts and Law\n" for number in range(9))
    (table,) = run(tmp_path, {"s.csv": text}, Recipe()).ledger.tables
    cells = [cell for cell in table.cells if cell.row > 1 and cell.column == 2]
    assert len(cells) == 9
    assert {id(cell.text) for cell in cells} == {id(cells[0].text)}
    row = RowLedger(2, ["a", "b"])
    for column in (0, 1):
        row.set_outcome(column, CellOutcome.IGNORED, "x", f"why {len(row.cells)}")
    assert row.outcomes[0] is row.outcomes[1]
