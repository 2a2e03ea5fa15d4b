"""The roles that a row gives: from one column, from a matrix, or the same for every row."""

from collections.abc import Collection, Sequence

from rolesync.migrate.account import CellOutcome, CellReason, RowLedger
from rolesync.migrate.columns import Columns
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import Code, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.roles import RoleReader
from rolesync.tables.header_text import fold_header


class RolesOfRow:
    """Reads the roles of each row of one table.

    Args:
        recipe: what stands for a role.
        columns: where it stands.
        managed: the managed roles: only they are given.
        fixed: the role of every row, "" where the recipe or the rows say it.
    """

    def __init__(self, recipe: Recipe, columns: Columns, *, managed: Collection[str], fixed: str) -> None:
        self._recipe, self._columns = recipe, columns
        self._managed, self._fixed = frozenset(managed), fixed or recipe.fixed
        self._reader = RoleReader(managed, recipe.mapping, allows_many=columns.allows_many)
        self._folded = {fold_header(name): name for name in recipe.mapping}
        self._yes = {word.strip().casefold() for word in recipe.yes}
        self._no = {word.strip().casefold() for word in recipe.no} | {""}

    def given(self, row: RowLedger) -> list[str]:
        """Name the managed roles of a row, and note how their cells end."""
        if self._fixed:
            return [self._fixed]
        if self._columns.matrix:
            return [role for place, role in self._columns.matrix if self._is_yes(row, place)]
        place = self._columns.role
        if place is None:
            return []
        if self._recipe.mapped_only:
            return self._mapped(row, place)
        none: Sequence[str] = ()
        return self._managed_of(row, place, row.read(place, self._cell, none))

    def _is_yes(self, row: RowLedger, place: int) -> bool:
        cell = row.cells[place]
        word = cell.strip().casefold()
        if word in self._yes:
            row.end(place, CellOutcome.ASSIGNMENT, CellReason.USED)
            return True
        if word in self._no:
            row.end(place, CellOutcome.IGNORED, CellReason.NOT_YES, "says no, so it gives no role")
            return False
        text = f"{quoted(cell)} is neither yes nor no; say what it is with --yes or --no"
        row.end(place, CellOutcome.REFUSED, CellReason.NEITHER_YES_NOR_NO, text)
        return False

    def _mapped(self, row: RowLedger, place: int) -> list[str]:
        """The roles that another program's are mapped to; all others say nothing about Studio."""
        cell, separator, mapping = row.cells[place], self._recipe.separator, self._recipe.mapping
        parts = cell.split(separator) if separator and cell.strip() not in mapping else [cell]
        names = [name.strip() for name in parts if name.strip()]
        roles = [mapping[name] for name in names if name in mapping]
        near = next((name for name in names if name not in mapping and fold_header(name) in self._folded), "")
        if near:
            text = (
                f"{quoted(near)} is not {quoted(self._folded[fold_header(near)])}, but differs only in case or blanks"
            )
            row.end(
                place, CellOutcome.REFUSED, Code.ROLE_NEAR_MISS, f"{text}; write the name in --map as the file does"
            )
        elif roles:
            row.end(place, CellOutcome.NORMALISED, Code.ROLE_ALIAS, f"{quoted(cell)} is read as {', '.join(roles)}")
        else:
            text = f"{quoted(cell)} has no role of Studio; give it one with --map {quoted(cell)}=ROLE"
            row.end(place, CellOutcome.IGNORED, CellReason.ROLE_NOT_MAPPED, text)
        return self._managed_of(row, place, roles)

    def _cell(self, cell: str, on_note: OnNote) -> Sequence[str]:
        separator = self._recipe.separator
        text = ";".join(part for part in cell.split(separator)) if separator else cell
        read = self._reader.read(text)
        for note in read.notes:
            if note.code is not Code.UNMANAGED_ROLE:
                on_note(note._replace(level=Level.WARNING))
        return read.names

    def _managed_of(self, row: RowLedger, place: int, names: Sequence[str]) -> list[str]:
        """Those of the roles that are managed; a cell that has none of them is ignored, and others are told."""
        managed = [name for name in dict.fromkeys(names) if name in self._managed]
        others = [name for name in dict.fromkeys(names) if name not in self._managed]
        if managed and others:
            text = f"{quoted(row.cells[place])} is read without {', '.join(map(quoted, others))}, which is not managed"
            row.end(place, CellOutcome.NORMALISED, CellReason.ROLE_NOT_MANAGED, text)
        elif others and row.ends.get(place, (CellOutcome.REFUSED,))[0] is not CellOutcome.REFUSED:
            text = f"{quoted(row.cells[place])} is no managed role ({', '.join(sorted(self._managed))})"
            row.ends[place] = (CellOutcome.IGNORED, CellReason.ROLE_NOT_MANAGED, text)
        return managed
