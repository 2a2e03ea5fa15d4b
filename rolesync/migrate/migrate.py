"""The story of a migration: open the files, read each table, put them together, account for every cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.account import CellLedger, CellOutcome, Place, RowLedger, TableLedger
from rolesync.migrate.columns import header_rules, resolve
from rolesync.migrate.convert import Converter, MigratedAssignment
from rolesync.migrate.join import JoinTable
from rolesync.migrate.merge import merge
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.unread_sheets import unread_sheets
from rolesync.model.findings import Finding
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.foreign_exports import recognise_export
from rolesync.tables.file_type import read_file
from rolesync.tables.table import Table, open_table


class Noticed(NamedTuple):
    """What was noticed about a table as a whole: hidden rows, other sheets, titles."""

    place: Place
    finding: Finding


@dataclass(frozen=True)
class Migration:
    """What a migration came to, and the recipe by which it read."""

    recipe: Recipe
    given: tuple[MigratedAssignment, ...]
    account: CellLedger
    noticed: tuple[Noticed, ...]

    @property
    def refused(self) -> int:
        """The number of cells that are refused."""
        return self.account.fates()[CellOutcome.REFUSED]


def migrate(  # noqa: PLR0913  # each is a choice of its own
    paths: Sequence[Path],
    recipe: Recipe,
    *,
    managed: Sequence[str],
    today: date,
    form: ListForm,
    sheets: Mapping[str, str] | None = None,
    join: Path | None = None,
) -> Migration:
    """Make one list of roles of any tables.

    Args:
        paths: the files.
        recipe: which columns mean what.
        managed: the managed roles: only they are given.
        today: the day on which a role may have ended.
        form: the sheet and the header's row, where somebody has said them.
        sheets: sheets that each stand for a role, with it; the files are then read sheet by sheet.
        join: the file with the addresses of the keys in the others.

    Raises:
        InputRefusedError: a file can't be read, or has no columns for the person and the role.
        UsageError: the recipe makes no sense, or the extra for workbooks is not installed.
    """
    recipe.check(managed, (sheets or {}).values())
    if join and not recipe.join_key:
        text = f"{join} is to be joined, but nothing says by which columns"
        raise UsageError(text, hint="name them, here and there: --key 'Employee number=id'")
    noticed: list[Noticed] = []
    aside: list[TableLedger] = []
    people = _people(join, recipe, noticed, aside) if join else None
    read: list[tuple[Converter, TableLedger]] = []
    for path in paths:
        data, _ = read_file(path)
        for sheet, role in (sheets or {form.sheet: ""}).items():
            table, place = _open(path, data, replace(form, sheet=sheet), recipe, noticed, fixed=role)
            if any(account.place == place for _, account in read):
                raise UsageError(f"{_where(place)} is named twice", hint="leave one of them out")
            own = _known(recipe, table.header, _where(place), form)
            columns = resolve(own, table.header, _where(place), fixed=role)
            if people is None and columns.email is None and columns.user_id is None:
                key, email = recipe.join_key[0], (recipe.join_email or recipe.email)[0]
                text = f"{_where(place)} names people by {table.header[columns.key or 0]!r} alone"
                raise InputRefusedError(
                    text, hint=f"add the file with the addresses: --join FILE, with {key} and {email}"
                )
            converter = Converter(own, columns, place, managed=managed, fixed=role, people=people, today=today)
            read.append((converter, converter.take(table)))
        aside += unread_sheets(path, data, [account.place for _, account in read])
    made = _put_together(recipe, read, people, noticed)
    return replace(made, account=CellLedger((*made.account.tables, *aside)))


def _known(recipe: Recipe, header: Sequence[str], where: str, form: ListForm) -> Recipe:
    """The recipe, unless the header is that of another export: what its ids and words mean must be said.

    In some, `user_id` is an id of the school's own, and would name strangers in Studio.
    """
    export = recognise_export(header, recipe.preset)
    if export is None or export.preset == recipe.preset != "":
        return recipe
    if form.email_column or form.user_id_column or (recipe.key and not recipe.preset):
        return recipe if form.user_id_column else replace(recipe, user_id=())
    text = f"{where} looks like {export.title}, and {export.lacks}"
    hint = "name the column that tells who is meant: --email-column"
    raise InputRefusedError(text, hint=f"read it with --from {export.preset}, or {hint}" if export.preset else hint)


def _put_together(
    recipe: Recipe,
    read: Sequence[tuple[Converter, TableLedger]],
    people: JoinTable | None,
    noticed: Sequence[Noticed],
) -> Migration:
    rows: dict[tuple[Place, int], RowLedger] = {}
    for converter, account in read:
        rows.update({(account.place, row.number): row for row in converter.rows})
    given = merge([one for converter, _ in read for one in converter.said], lambda one: rows[one.place, one.row])
    for converter, account in read:
        for row in converter.rows:
            account.cells.extend(row.settled())
        account.cells.sort(key=lambda cell: (cell.row, cell.column))
    tables = [account for _, account in read] + ([people.close()] if people else [])
    return Migration(recipe, tuple(given), CellLedger(tuple(tables)), tuple(noticed))


def _people(path: Path, recipe: Recipe, noticed: list[Noticed], aside: list[TableLedger]) -> JoinTable:
    own = Recipe(
        preset=recipe.preset,
        email=recipe.join_email or Recipe().email,
        user_id=(),
        role=(),
        name=recipe.join_name or recipe.name,
        starts=(),
        expires=(),
        action=(),
        fixed="-",
        key=recipe.join_key,
        keep=recipe.join_keep,
    )
    data, _ = read_file(path)
    table, place = _open(path, data, ListForm(), own, noticed, fixed="")
    aside += unread_sheets(path, data, [place])
    columns = resolve(own, table.header, _where(place))
    if columns.key is None or columns.email is None:
        text = f"{_where(place)} has no columns {own.key[0]!r} and {own.email[0]!r}, so it can't name anybody"
        raise InputRefusedError(text, hint="name the columns of the keys: --key COLUMN=COLUMN IN THE JOINED FILE")
    return JoinTable(own, columns, place, table)


def _open(  # noqa: PLR0913  # how a table is found takes that many things
    path: Path, data: bytes, form: ListForm, recipe: Recipe, noticed: list[Noticed], *, fixed: str
) -> tuple[Table, Place]:
    table = open_table(data, header_rules(recipe, fixed=fixed), form)
    notes = table if isinstance(table, tuple) else table.findings
    if wrong := next((note for note in notes if note.level is Level.ERROR), None):
        where = f"{path}, row {wrong.row}" if wrong.row else str(path)
        raise InputRefusedError(f"{where}: {wrong.message}")
    assert not isinstance(table, tuple)  # noqa: S101  # it has no error
    place = Place(str(path), table.sheet)
    noticed += [Noticed(place, note) for note in notes]
    return table, place


def _where(place: Place) -> str:
    return place.file + (f", sheet {place.sheet}" if place.sheet else "")
