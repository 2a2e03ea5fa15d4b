"""The steps of a migration: open the files, read each table, merge them, account for every cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.convert import Converter, MigratedAssignment
from rolesync.migrate.join import JoinTable
from rolesync.migrate.layout import header_rules, lay_out_source
from rolesync.migrate.ledger import CellLedger, CellOutcome, Place, RowLedger, TableLedger
from rolesync.migrate.merge import merge
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.unread_sheets import unread_sheets
from rolesync.model.findings import Finding
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.foreign_exports import recognise_export
from rolesync.tables.file_type import read_file
from rolesync.tables.table import Table, open_table


class PlacedFinding(NamedTuple):
    """A finding on a table as a whole, such as hidden rows, other sheets or titles."""

    place: Place
    finding: Finding


@dataclass(frozen=True)
class Migration:
    """The result of a migration.

    Attributes:
        recipe: the recipe that was used.
        assignments: the list.
        ledger: the outcome of every cell.
        findings: on tables as a whole.
    """

    recipe: Recipe
    assignments: tuple[MigratedAssignment, ...]
    ledger: CellLedger
    findings: tuple[PlacedFinding, ...]

    @property
    def refused(self) -> int:
        """The number of refused cells."""
        return self.ledger.count_outcomes()[CellOutcome.REFUSED]


def migrate(  # noqa: PLR0913  # each is a separate choice of the user
    paths: Sequence[Path],
    recipe: Recipe,
    *,
    managed: Sequence[str],
    today: date,
    form: ListForm,
    sheets: Mapping[str, str] | None = None,
    join: Path | None = None,
) -> Migration:
    """Make a single list of roles from any tables.

    Args:
        paths: the files.
        recipe: which columns mean what.
        managed: the managed roles; the list gets no other roles.
        today: the day that decides whether a role has expired.
        form: the sheet and the header's row, where options name them.
        sheets: sheets that each give a role, with the role; the files are then read sheet by sheet.
        join: the file with the addresses of the keys in the others.

    Raises:
        InputRefusedError: a file can't be read, or has no columns for user and role.
        UsageError: the recipe makes no sense, or the extra for workbooks is not installed.
    """
    recipe.check(managed, (sheets or {}).values())
    if join and not recipe.join_key:
        text = f"{join} can't be joined, because no option names its key column"
        raise UsageError(text, hint="name the key columns of both files: --key 'Employee number=id'")
    findings: list[PlacedFinding] = []
    unread: list[TableLedger] = []
    users = _open_joined(join, recipe, findings, unread) if join else None
    tables: list[tuple[Converter, TableLedger]] = []
    for path in paths:
        data, _ = read_file(path)
        for sheet, role in (sheets or {form.sheet: ""}).items():
            table, place = _open(path, data, replace(form, sheet=sheet), recipe, findings, fixed=role)
            if any(ledger.place == place for _, ledger in tables):
                raise UsageError(f"{_describe(place)} is named twice", hint="leave out one of them")
            table_recipe = _check_foreign_export(recipe, table.header, _describe(place), form)
            layout = lay_out_source(table_recipe, table.header, _describe(place), fixed=role)
            if users is None and layout.email is None and layout.user_id is None:
                key, email = recipe.join_key[0], (recipe.join_email or recipe.email)[0]
                text = f"{_describe(place)} identifies users by {table.header[layout.key or 0]!r} alone"
                hint = f"add the file with the addresses: --join FILE, with columns {key} and {email}"
                raise InputRefusedError(text, hint=hint)
            converter = Converter(table_recipe, layout, place, managed=managed, fixed=role, users=users, today=today)
            tables.append((converter, converter.read_table(table)))
        unread += unread_sheets(path, data, [ledger.place for _, ledger in tables])
    assignments, ledgers = _merge_tables(tables, users)
    return Migration(recipe, assignments, CellLedger((*ledgers, *unread)), tuple(findings))


def _check_foreign_export(recipe: Recipe, header: Sequence[str], source: str, form: ListForm) -> Recipe:
    """Refuse the header of an export that the recipe is not for, unless options name its columns.

    In some exports `user_id` is the school's id, which would name the wrong users in Studio.

    Returns:
        The recipe; without the user id column if only other columns are named.
    """
    export = recognise_export(header, recipe.preset)
    if export is None or export.name == recipe.preset:
        return recipe
    if form.email_column or form.user_id_column or (recipe.key and not recipe.preset):
        return recipe if form.user_id_column else replace(recipe, user_id=())
    text = f"{source} looks like {export.title}; it {export.lacks}"
    hint = "name the column that identifies the user: --email-column"
    raise InputRefusedError(text, hint=f"read it with --from {export.name}, or {hint}" if export.readable else hint)


def _merge_tables(
    tables: Sequence[tuple[Converter, TableLedger]], users: JoinTable | None
) -> tuple[tuple[MigratedAssignment, ...], list[TableLedger]]:
    """Merge the assignments of all tables, then complete their ledgers."""
    rows: dict[tuple[Place, int], RowLedger] = {}
    for converter, ledger in tables:
        rows.update({(ledger.place, row.number): row for row in converter.rows})
    assignments = merge(
        [assignment for converter, _ in tables for assignment in converter.assignments],
        lambda assignment: rows[assignment.place, assignment.row],
    )
    for converter, ledger in tables:
        for row in converter.rows:
            ledger.cells.extend(row.accounted_cells())
        ledger.cells.sort(key=lambda cell: (cell.row, cell.column))
    return tuple(assignments), [ledger for _, ledger in tables] + ([users.finish()] if users else [])


def _open_joined(path: Path, recipe: Recipe, findings: list[PlacedFinding], unread: list[TableLedger]) -> JoinTable:
    join_recipe = Recipe(
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
    table, place = _open(path, data, ListForm(), join_recipe, findings, fixed="")
    unread += unread_sheets(path, data, [place])
    layout = lay_out_source(join_recipe, table.header, _describe(place))
    if layout.key is None or layout.email is None:
        columns = f"{join_recipe.key[0]!r} and {join_recipe.email[0]!r}"
        text = f"{_describe(place)} has no columns {columns}, so it gives no addresses"
        raise InputRefusedError(text, hint="name the key columns of both files: --key COLUMN=COLUMN_IN_JOINED_FILE")
    return JoinTable(join_recipe, layout, place, table)


def _open(  # noqa: PLR0913  # each is needed to find a table
    path: Path, data: bytes, form: ListForm, recipe: Recipe, findings: list[PlacedFinding], *, fixed: str
) -> tuple[Table, Place]:
    """Open the table of a file, and add its findings; an error refuses the file."""
    table = open_table(data, header_rules(recipe, fixed=fixed), form)
    table_findings = table if isinstance(table, tuple) else table.findings
    if problem := next((finding for finding in table_findings if finding.level is Level.ERROR), None):
        where = f"{path}, row {problem.row}" if problem.row else str(path)
        raise InputRefusedError(f"{where}: {problem.message}")
    assert not isinstance(table, tuple)  # noqa: S101  # it has no error
    place = Place(str(path), table.sheet)
    findings += [PlacedFinding(place, finding) for finding in table_findings]
    return table, place


def _describe(place: Place) -> str:
    return place.file + (f", sheet {place.sheet}" if place.sheet else "")
