"""The roles that a row gives: from a role column, from a matrix, or the same role for every row."""

import re
from collections.abc import Collection, Sequence

from rolesync.migrate.layout import SourceLayout
from rolesync.migrate.ledger import CellOutcome, CellReason, RowLedger
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import Code, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.header_findings import option
from rolesync.reader.roles import RoleReader
from rolesync.tables.header_text import fold_header

_MINUS = "-"
_DIRECTORY_NAME = re.compile(r"cn=([^,+\\]+),", re.IGNORECASE)


class RowRoles:
    """Reads the roles of each row of a table.

    Args:
        recipe: how roles are written.
        layout: the columns of the table.
        managed: the managed roles; the list gets no other roles.
        fixed: the role of every row; "" if the recipe or the rows name it.
    """

    def __init__(self, recipe: Recipe, layout: SourceLayout, *, managed: Collection[str], fixed: str) -> None:
        self._recipe, self._layout = recipe, layout
        self._managed, self._fixed = frozenset(managed), fixed or recipe.fixed
        self._reader = RoleReader(managed, recipe.mapping, allows_many=layout.allows_many)
        self._mapped_names = {fold_header(name): name for name in recipe.mapping}
        self._yes = {word.strip().casefold() for word in recipe.yes}
        self._no = {word.strip().casefold() for word in recipe.no} | {""}

    def read(self, row: RowLedger) -> tuple[list[str], list[str]]:
        """Return the managed roles that a row gives and those that it takes, and set the outcome of its role cells."""
        if self._fixed:
            return [self._fixed], []
        if self._layout.matrix:
            return [role for place, role in self._layout.matrix if self._is_yes(row, place)], []
        gives: list[str] = []
        takes: list[str] = []
        for place in self._layout.roles:
            roles = takes if self._sign(row.cells[place]) else gives
            roles += [role for role in self._read_column(row, place) if role not in roles]
        return gives, takes

    def _sign(self, cell: str) -> str:
        """The sign by which a cell takes its role away; "" if it gives the role.

        A minus before the name of a known role is such a sign in any file.
        """
        text, sign = cell.strip(), self._recipe.removal_sign or _MINUS
        if not text.startswith(sign) or text in self._recipe.mapping:
            return ""
        name = text.removeprefix(sign).strip()
        return sign if self._recipe.removal_sign or name in self._recipe.mapping or name in self._managed else ""

    def _read_column(self, row: RowLedger, place: int) -> list[str]:
        """The managed roles that a cell names."""
        if self._recipe.mapped_only:
            return self._read_mapped(row, place)
        no_roles: Sequence[str] = ()
        return self._only_managed(row, place, row.read(place, self._read_cell, no_roles))

    def _is_yes(self, row: RowLedger, place: int) -> bool:
        cell = row.cells[place]
        word = cell.strip().casefold()
        if word in self._yes:
            row.set_outcome(place, CellOutcome.ASSIGNMENT, CellReason.USED)
            return True
        if word in self._no:
            row.set_outcome(place, CellOutcome.IGNORED, CellReason.NOT_YES, "means no, so it gives no role")
            return False
        text = f"{quoted(cell)} is neither yes nor no; define it with --yes or --no"
        row.set_outcome(place, CellOutcome.REFUSED, CellReason.NEITHER_YES_NOR_NO, text)
        return False

    def _read_mapped(self, row: RowLedger, place: int) -> list[str]:
        """The Studio roles that another program's roles are mapped to; unmapped names are ignored."""
        cell, separator = row.cells[place], self._recipe.separator
        text = cell.strip().removeprefix(self._sign(cell)).strip()
        parts = text.split(separator) if separator and text not in self._recipe.mapping else [text]
        names = [name.strip() for name in parts if name.strip()]
        roles = [role for name in names if (role := self._mapped_role(name))]
        unmapped = (name for name in names if not self._mapped_role(name))
        near_miss = next((name for name in unmapped if fold_header(name) in self._mapped_names), "")
        if near_miss:
            mapped = quoted(self._mapped_names[fold_header(near_miss)])
            text = f"{quoted(near_miss)} differs from {mapped} only in case or blanks"
            advice = "write the name in --map as it is in the file"
            row.set_outcome(place, CellOutcome.REFUSED, Code.ROLE_NEAR_MISS, f"{text}; {advice}")
        elif roles:
            text = f"{quoted(cell)} is read as {', '.join(roles)}"
            row.set_outcome(place, CellOutcome.NORMALISED, Code.ROLE_ALIAS, text)
        else:
            maps = option("map", f"{names[0] if names else cell}=ROLE")
            text = f"{quoted(cell)} is mapped to no Studio role; map it with {maps}"
            row.set_outcome(place, CellOutcome.IGNORED, CellReason.ROLE_NOT_MAPPED, text)
        return self._only_managed(row, place, roles)

    def _mapped_role(self, name: str) -> str:
        """The role that a name is mapped to, "" if none; a group of a directory may be named by its first part."""
        mapping = self._recipe.mapping
        first_part = _DIRECTORY_NAME.match(name)
        return mapping.get(name) or (mapping.get(first_part[1].strip(), "") if first_part else "")

    def _read_cell(self, cell: str, on_note: OnNote) -> Sequence[str]:
        separator = self._recipe.separator
        name = cell.strip().removeprefix(self._sign(cell))
        text = ";".join(part for part in name.split(separator)) if separator else name
        role_cell = self._reader.read(text)
        for note in role_cell.notes:
            if note.code is not Code.UNMANAGED_ROLE:
                on_note(note._replace(level=Level.WARNING))
        return role_cell.names

    def _only_managed(self, row: RowLedger, place: int, names: Sequence[str]) -> list[str]:
        """The managed roles among these; the outcome of the cell names the others."""
        managed = [name for name in dict.fromkeys(names) if name in self._managed]
        unmanaged = [name for name in dict.fromkeys(names) if name not in self._managed]
        if managed and unmanaged:
            text = (
                f"{quoted(row.cells[place])} is read without {', '.join(map(quoted, unmanaged))}, which is not managed"
            )
            row.set_outcome(place, CellOutcome.NORMALISED, CellReason.ROLE_NOT_MANAGED, text)
        elif unmanaged and row.outcomes.get(place, (CellOutcome.REFUSED,))[0] is not CellOutcome.REFUSED:
            text = f"{quoted(row.cells[place])} is not a managed role ({', '.join(sorted(self._managed))})"
            row.outcomes[place] = (CellOutcome.IGNORED, CellReason.ROLE_NOT_MANAGED, text)
        return managed
