"""The steps of a migration: open the files, read each table, merge them, account for every cell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from pathlib import Path

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.convert import Converter, MigratedAssignment
from rolesync.migrate.join import JoinTable
from rolesync.migrate.layout import SourceLayout
from rolesync.migrate.ledger import CellLedger, CellOutcome, Place, RowLedger, TableLedger
from rolesync.migrate.merge import merge
from rolesync.migrate.plain_tables import ignored_places
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.source_file import SourceFile
from rolesync.migrate.source_tables import PlacedFinding, Source, open_joined, open_source
from rolesync.migrate.unread_sheets import unread_sheets
from rolesync.model.findings import Code, Finding, printable, quoted
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.foreign_ids import ids_alone
from rolesync.reader.header_findings import option
from rolesync.reader.recognise_exports import fold_export_header
from rolesync.tables.column_letters import named_header
from rolesync.tables.file_type import read_file
from rolesync.tables.table import needs_encoding


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
    files: Sequence[Path | SourceFile],
    recipe: Recipe,
    *,
    managed: Sequence[str],
    today: date,
    form: ListForm,
    sheets: Mapping[str, str] | None = None,
    join: Path | SourceFile | None = None,
) -> Migration:
    """Make a single list of roles from any tables.

    Args:
        files: the files.
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
    findings: list[PlacedFinding] = []
    unread: list[TableLedger] = []
    sources: list[Source] = []
    for file in map(SourceFile.of, files):
        data, _ = read_file(file.path)
        is_alone = len(files) == 1 and not join
        encoding = form.encoding if is_alone or needs_encoding(data) else ""  # it may be meant for another file
        for sheet, role in (sheets or {form.sheet: ""}).items():
            source = open_source(
                file, data, replace(form, sheet=sheet, encoding=encoding), recipe, findings, fixed=role, managed=managed
            )
            if any(other.place == source.place for other in sources):
                raise UsageError(f"{source.place.described} is named twice", hint="leave out one of them")
            sources.append(source)
        unread += unread_sheets(file, data, [source.place for source in sources])
    users = None
    if join:
        users, sources = open_joined(
            SourceFile.of(join), sources, findings, unread, today=today, encoding=form.encoding
        )
    findings += _ignored_columns(recipe, sources)
    _check_columns(recipe, [source.table.header for source in sources] + ([users.header] if users else []))
    tables: list[tuple[Converter, TableLedger]] = []
    for source in sources:
        layout, fixed = source.lay_out(today, joins=users is not None), source.fixed
        converter = Converter(
            source.recipe, layout, source.place, managed=managed, fixed=fixed, users=users, today=today
        )
        tables.append((converter, converter.read_table(source.table)))
        findings += _foreign_ids(source.place, layout, converter.assignments)
    assignments, ledgers = _merge_tables(tables, users)
    return Migration(sources[0].recipe, assignments, CellLedger((*ledgers, *unread)), tuple(findings))


def _foreign_ids(
    place: Place, layout: SourceLayout, assignments: Iterable[MigratedAssignment]
) -> Iterator[PlacedFinding]:
    """Warn of rows that name their users by ids alone that are probably another program's."""
    rows = [assignment.row for assignment in assignments if not assignment.email] if layout.foreign else []
    if rows and layout.user_id is not None:
        column, signs = layout.header[layout.user_id], [layout.header[at] for at in layout.foreign]
        finding = ids_alone(column, signs, list(dict.fromkeys(rows)), option("user-id-column", column))
        yield PlacedFinding(place, finding)


def _ignored_columns(recipe: Recipe, sources: Iterable[Source]) -> Iterator[PlacedFinding]:
    """Note for each column that `--ignore-column` names that it is not read."""
    for source in sources:
        header = named_header(source.table.header)
        for name in (header[place] for place in sorted(ignored_places(recipe, header))):
            message = f"the column {quoted(printable(name))} is not read, because an option or a setting ignores it"
            yield PlacedFinding(source.place, Finding(Level.INFO, Code.COLUMN_IGNORED.value, message))


def _check_columns(recipe: Recipe, headers: Iterable[Sequence[str]]) -> None:
    """Refuse columns that `--keep` and `--ignore-column` name and no table has."""
    known_columns = {fold_export_header(text) for header in headers for text in (*header, *named_header(header))}
    names = [("--keep", name) for name in recipe.keep_words]
    names += [("--ignore-column", name) for name in recipe.ignored_columns]
    for option_name, name in names:
        if fold_export_header(name) not in known_columns:
            text = f"no file has the column {name!r}, which {option_name} names"
            raise InputRefusedError(text, hint="check its spelling")


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
    rows.clear()  # each row is dropped once its cells are in the ledger, because there may be millions
    for converter, ledger in tables:
        converter.rows.reverse()
        while converter.rows:
            row = converter.rows.pop()
            ledger.cells.extend(row.accounted_cells())
            ledger.refused_blanks.extend(row.refused_blanks())
        ledger.count_merged_once(converter.merged)
        ledger.cells.sort(key=attrgetter("row"))  # those of a row are in order
    return tuple(assignments), [ledger for _, ledger in tables] + ([users.finish()] if users else [])
