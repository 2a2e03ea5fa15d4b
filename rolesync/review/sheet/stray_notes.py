"""Find notes in a workbook outside the columns of decisions: the reviewer may have meant them as decisions."""

import io
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from rolesync.model.findings import printable, quoted
from rolesync.model.plans import Plan
from rolesync.report.content.plan_summary import SHORT_DIGEST
from rolesync.report.spreadsheet.plan import HOW_TO_DECIDE, IMPACT_SHEET, SUMMARY, other_rows
from rolesync.review.sheet.problems import SHEETS, DecisionsRefusedError, Problem, plain, problem_of
from rolesync.tables.grid import Grid


def has_comments(data: bytes) -> bool:
    """Return whether an XLSX or ODS contains comments, which the table readers ignore."""
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        ods = "content.xml" in names and b"<office:annotation" in archive.read("content.xml")
        return ods or any("comments" in name.casefold() for name in names)
    return False


def find_stray_notes(other_sheets: Sequence[Grid], plan: Plan) -> Iterator[Problem]:
    """Yield a problem for each row or sheet that the plan's workbook doesn't have.

    Args:
        other_sheets: the sheets that hold no decisions.
        plan: the plan that the workbook was made from.

    Raises:
        DecisionsRefusedError: the workbook is of another plan, so that no other problem matters.
    """
    planned = other_rows(plan)
    is_earlier = not any(sheet.name == HOW_TO_DECIDE for sheet in other_sheets)
    for sheet in other_sheets:
        if sheet.name in planned:
            reworded = is_earlier and sheet.name in {SUMMARY, IMPACT_SHEET}
            yield from _added_rows(sheet, planned[sheet.name], is_reworded=reworded)
        elif number := next((number for number, _ in sheet.rows), 0):
            text = f"is not a sheet of this plan: decide in the sheets {' and '.join(SHEETS)}"
            yield Problem(text, printable(sheet.name), number)


def _added_rows(sheet: Grid, planned: Sequence[Sequence[object]], *, is_reworded: bool) -> Iterator[Problem]:
    """Yield a problem for each row that is not planned.

    If the sheet is reworded, because an earlier version wrote it, a row with the same first cell counts as planned.
    """
    expected = Counter(map(_filled, planned))
    strays = []
    for number, cells in sheet.rows:
        if isinstance(cells, tuple):
            yield from (problem_of(finding, sheet.name) for finding in cells)
        elif expected[filled := _filled(cells)]:
            expected[filled] -= 1
        elif filled:
            strays.append((number, filled))
    for number, filled in strays:
        if filled[0] == "digest":
            raise DecisionsRefusedError([Problem(_other_plan(filled, expected), sheet.name, number)])
        if not (is_reworded and _has_same_label(filled, expected)):
            yield Problem(_stray_cell(filled, expected), sheet.name, number)


def _filled(cells: Sequence[object]) -> tuple[str, ...]:
    """Normalise a row to compare it; blank cells at its end don't count."""
    filled = [*map(plain, cells)]
    while filled and not filled[-1]:
        filled.pop()
    return tuple(filled)


def _has_same_label(cells: tuple[str, ...], expected: Collection[tuple[str, ...]]) -> bool:
    """Whether a planned row begins with the same cell, and has at least as many."""
    return any(cells[0] == row[0] and len(cells) <= len(row) for row in expected if row)


def _other_plan(cells: tuple[str, ...], expected: Collection[tuple[str, ...]]) -> str:
    digest = next((row[-1] for row in expected if row[0] == "digest"), "")
    return f"is of the plan {printable(cells[-1][:SHORT_DIGEST])}, and this plan is {digest[:SHORT_DIGEST]}"


def _stray_cell(cells: tuple[str, ...], expected: Collection[tuple[str, ...]]) -> str:
    """Name the first cell of a row that the plan's sheet doesn't have."""
    plan_cells = {cell for row in expected for cell in row}
    cell = next((cell for cell in cells if cell not in plan_cells), cells[0])
    return f"{quoted(printable(cell))} was added here and is not read: move it to decision_reason, or delete it"
