"""A list with a column of its errors, to be corrected and read again.

A row that was refused stays refused until its note is deleted, even if this file writes it in another form.
"""

from collections.abc import Mapping
from pathlib import Path

from rolesync.errors import InputRefusedError
from rolesync.model.desired import Desired
from rolesync.model.findings import Code, Finding, printable
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.fields import Field
from rolesync.reader.header import header_rules
from rolesync.tables.file_type import read_file
from rolesync.tables.grid import is_blank, padded
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import open_table
from rolesync.tables.write_csv import format_csv

_HINT = "correct this first; --fix notes the errors of single rows"


def add_error_column(path: Path, desired: Desired, form: ListForm) -> str:
    """Format a list as CSV, with the errors of each row in a column `errors`; what is above the header is left out.

    Args:
        path: the list.
        desired: what was read from it.
        form: how the settings describe it.

    Raises:
        InputRefusedError: the list has no header, or an error concerns the whole list, or a row that has no cells.
    """
    if form.no_header:
        text = "the list has no header, so no column can hold its errors"
        raise InputRefusedError(f"{path}: {text}", hint="add a header such as email,role first; then use --fix")
    errors = [finding for finding in desired.findings if finding.level in {Level.ERROR, Level.HELD}]
    table = open_table(read_file(path)[0], header_rules(form), form)
    if isinstance(table, tuple):
        raise InputRefusedError(f"{path}: {table[0].message}", hint=_HINT)
    if list_error := next((finding for finding in errors if finding.row in {None, table.header_row}), None):
        raise InputRefusedError(f"{path}: {list_error.message}", hint=_HINT)
    notes = _notes(errors)
    earlier = [place for place, text in enumerate(table.header) if fold_header(text) == Field.ERRORS]
    width = len(table.header)
    rows = []
    for number, cells in table.rows:
        if isinstance(cells, tuple):
            raise InputRefusedError(f"{path}, row {number}: {cells[0].message}", hint=_HINT)
        if not is_blank(cells):
            texts = padded(cells[:width], width)
            note = notes.get(number) or "; ".join(texts[place] for place in earlier)
            rows.append([*_without(texts, earlier), note, *map(printable, cells[width:])])
    return format_csv([*_without(table.header, earlier), Field.ERRORS.value], rows)


def _without(cells: list[str] | tuple[str, ...], places: list[int]) -> list[str]:
    return [printable(cell) for place, cell in enumerate(cells) if place not in places]


def _notes(findings: list[Finding]) -> Mapping[int, str]:
    """Join the errors of each row, each with its column; an earlier note is not an error of its own."""
    notes: dict[int, list[str]] = {}
    for finding in findings:
        if finding.row and finding.code != Code.ERROR_NOTED:
            column = f"{finding.column}: " if finding.column else ""
            notes.setdefault(finding.row, []).append(column + finding.message)
    return {row: "; ".join(texts) for row, texts in notes.items()}
