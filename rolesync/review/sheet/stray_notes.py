"""What somebody has written into a workbook where nobody would look for it: it may well be meant as a decision."""

import io
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from rolesync.model.findings import printable, quoted
from rolesync.model.plans import Plan
from rolesync.report.content.plan_summary import SHORT_DIGEST
from rolesync.report.spreadsheet.plan import other_rows
from rolesync.review.sheet.problems import SHEETS, DecisionsRefusedError, Problem, of_finding, plain
from rolesync.tables.grid import Grid


def has_comments(data: bytes) -> bool:
    """Whether an XLSX or ODS holds comments, which no reader of tables gives."""
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        ods = "content.xml" in names and b"<office:annotation" in archive.read("content.xml")
        return ods or any("comments" in name.casefold() for name in names)
    return False


def find_stray_notes(others: Sequence[Grid], plan: Plan) -> Iterator[Problem]:
    """Tell what somebody has written where nobody would look for it: it may well be meant as a decision.

    Raises:
        DecisionsRefusedError: the workbook is of another plan; there is nothing else to be said of it.
    """
    known = other_rows(plan)
    for sheet in others:
        if sheet.name not in known:
            number = next((number for number, _ in sheet.rows), 0)
            if number:
                text = f"is no sheet of this plan: decide in the sheets {' and '.join(SHEETS)}"
                yield Problem(text, printable(sheet.name), number)
            continue
        own = Counter(map(_filled, known[sheet.name]))
        strays = []
        for number, cells in sheet.rows:
            if isinstance(cells, tuple):
                yield from (of_finding(finding, sheet.name) for finding in cells)
            elif own[filled := _filled(cells)]:
                own[filled] -= 1
            elif filled:
                strays.append((number, filled))
        for number, filled in strays:
            if filled[0] == "digest":
                raise DecisionsRefusedError([Problem(_of_another(filled, own), sheet.name, number)])
        yield from (Problem(_stray(filled, own), sheet.name, number) for number, filled in strays)


def _filled(cells: Sequence[object]) -> tuple[str, ...]:
    """Make a row comparable, whatever blank cells end it."""
    filled = [*map(plain, cells)]
    while filled and not filled[-1]:
        filled.pop()
    return tuple(filled)


def _of_another(cells: tuple[str, ...], own: Collection[tuple[str, ...]]) -> str:
    this = next((row[-1] for row in own if row[0] == "digest"), "")
    return f"is of the plan {printable(cells[-1][:SHORT_DIGEST])}, and this is {this[:SHORT_DIGEST]}"


def _stray(cells: tuple[str, ...], own: Collection[tuple[str, ...]]) -> str:
    """Say which cell of a row is none of the sheet's."""
    known = {cell for row in own for cell in row}
    cell = next((cell for cell in cells if cell not in known), cells[0])
    return f"{quoted(printable(cell))} decides nothing, and was not there: put it into decision_reason, or delete it"
