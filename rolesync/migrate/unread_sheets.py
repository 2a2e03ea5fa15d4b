"""The sheets of a workbook that are not read: the ledger lists their cells, so that no user vanishes unseen."""

from collections.abc import Collection, Iterator

from rolesync.migrate.ledger import CellOutcome, CellReason, Place, TableLedger
from rolesync.migrate.source_file import SourceFile
from rolesync.model.findings import Finding
from rolesync.tables.file_type import detect_content


def unread_sheets(file: SourceFile, data: bytes, read: Collection[Place]) -> Iterator[TableLedger]:
    """Yield a ledger for each sheet of a workbook that was not read; text has none.

    Args:
        file: the file.
        data: its bytes.
        read: the sheets that were read.
    """
    content = detect_content(data)
    if isinstance(content, Finding) or not content.kind.is_workbook:
        return
    from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # an extra, and slow to import

    grids = workbook_grids(content)
    for grid in () if isinstance(grids, Finding) else grids:
        place = Place(str(file), grid.name)
        if place in read:
            continue
        ledger = TableLedger(place, ())
        detail = f"the sheet {grid.name!r} is not read"
        for number, cells in grid.rows:
            texts = [finding.message for finding in cells] if isinstance(cells, tuple) else cells
            ledger.add(number, texts, CellOutcome.IGNORED, CellReason.SHEET_UNREAD, detail)
        ledger.count_merged_once(grid.merged)
        if ledger.cells:
            yield ledger
