"""The sheets of a workbook that nothing is read from: accounted for, so that whoever stands in them isn't lost."""

from collections.abc import Collection, Iterator
from pathlib import Path

from rolesync.migrate.account import CellOutcome, CellReason, Place, TableLedger
from rolesync.model.findings import Finding
from rolesync.tables.file_type import FileKind, detect_content


def unread_sheets(path: Path, data: bytes, read: Collection[Place]) -> Iterator[TableLedger]:
    """Account for the sheets of a file, but those that were read; text has none.

    Args:
        path: the file, as it was named.
        data: its bytes, which were read before.
        read: the sheets that were read.
    """
    content = detect_content(data)
    if isinstance(content, Finding) or content.kind is FileKind.TEXT:
        return
    from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # an extra, and slow to import

    grids = workbook_grids(content)
    for grid in () if isinstance(grids, Finding) else grids:
        place = Place(str(path), grid.name)
        if place in read:
            continue
        account = TableLedger(place, ())
        for number, cells in grid.rows:
            texts = [finding.message for finding in cells] if isinstance(cells, tuple) else cells
            account.add(
                number, texts, CellOutcome.IGNORED, CellReason.SHEET_UNREAD, f"the sheet {grid.name!r} is not read"
            )
        if account.cells:
            yield account
