"""The files of a migration → tables, each with the recipe that reads it, and the joined file with the addresses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, NoReturn

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.join import JoinTable
from rolesync.migrate.layout import ColumnMissingError, SourceLayout, header_rules, lay_out_source, settled_columns
from rolesync.migrate.ledger import Place, TableLedger
from rolesync.migrate.plain_tables import conditions_by_meaning, ignored_places
from rolesync.migrate.presets import PRESETS
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.source_file import SourceFile
from rolesync.migrate.unread_sheets import unread_sheets
from rolesync.model.findings import Finding
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.header_findings import Hints, describe_no_header, read_without_header
from rolesync.reader.known_exports import Export
from rolesync.reader.recognise_exports import fold_export_header, recognise_exports
from rolesync.tables.file_type import read_file
from rolesync.tables.grid import Cells
from rolesync.tables.table import HeaderRules, Table, needs_encoding, open_table

_MAX_SHARED_TEXTS = 2**12  # of a column; one with more different texts has few equal ones


class NoHeaderError(ColumnMissingError):
    """The first row of a table is not a header, because it names a user."""


class PlacedFinding(NamedTuple):
    """A finding on a table as a whole, such as hidden rows, other sheets or titles."""

    place: Place
    finding: Finding


@dataclass(frozen=True, eq=False)
class Source:
    """A table of a file.

    Attributes:
        recipe: reads it.
        table: its header and rows.
        place: its file and sheet.
        fixed: the role of its sheet; "" if no option names it.
        rows: its rows.
    """

    recipe: Recipe
    table: Table
    place: Place
    fixed: str = ""
    rows: Sequence[tuple[int, Cells]] = ()

    def lay_out(self, today: date, *, joins: bool) -> SourceLayout:
        """Find the columns, and those others that may speak against a user.

        Args:
            today: the day that decides whether a date speaks against a row.
            joins: whether another file has the addresses.

        Raises:
            InputRefusedError: a column is missing, or users are identified by keys and no file is joined.
        """
        layout = lay_out_source(self.recipe, self.table.header, self.place.described, fixed=self.fixed)
        if not joins and not layout.emails and not layout.logins and layout.user_id is None:
            key, columns = layout.header[layout.key or 0], _joined_columns(self.recipe)
            text = f"{self.place.described} identifies users by {key!r} alone"
            raise InputRefusedError(text, hint=f"add the file with the addresses: --join FILE, with columns {columns}")
        return _with_doubtful_columns(layout, self.recipe, self.rows, today)


def _with_doubtful_columns(
    layout: SourceLayout, recipe: Recipe, rows: Iterable[tuple[int, Cells]], today: date
) -> SourceLayout:
    """Add a condition for each column that may speak against a user, and that the recipe doesn't know."""
    settled = settled_columns(recipe, layout.header)
    left_out = ignored_places(recipe, layout.header)
    conditions = {at: keep for at, keep in layout.keep if at not in settled}  # of the columns that `--keep` names
    read = (layout.used - conditions.keys()) | left_out | settled
    cells_of = [cells for _, cells in rows if isinstance(cells, list)]
    is_export = bool(recipe.preset)
    doubtful = dict(conditions_by_meaning(layout.header, read, cells_of, today, is_export=is_export))
    decided = {at: doubtful[at].decided(conditions[at].named or ()) for at in conditions.keys() & doubtful.keys()}
    return replace(layout, keep=tuple(sorted({**dict(layout.keep), **doubtful, **decided}.items())))


def open_source(  # noqa: PLR0913  # each is needed to find a table
    file: SourceFile,
    data: bytes,
    form: ListForm,
    recipe: Recipe,
    findings: list[PlacedFinding],
    *,
    fixed: str,
    managed: Sequence[str] = (),
) -> Source:
    """Open a table of a file, and choose the recipe that reads it.

    Args:
        file: the file.
        data: its bytes.
        form: the sheet and the header's row, where options name them.
        recipe: the recipe that options describe.
        findings: gets what was noticed about the table.
        fixed: the role of the sheet; "" if no option names it.
        managed: the managed roles, for advice.

    Raises:
        InputRefusedError: the file can't be read, or is an export that the recipe is not for.
        UsageError: no option names the role of an export's users.
    """
    table, place = open_checked(file, data, form, header_rules(recipe, fixed=fixed), findings, managed=managed)
    table_recipe = recipe_for(recipe, table.header, place.described)
    if not fixed:
        table_recipe.check_role()
    rows = list(_with_shared_texts(table.rows))
    return Source(table_recipe, replace(table, rows=iter(rows)), place, fixed, rows)


def _with_shared_texts(rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Yield rows in which the equal texts of a column are the same object, while it has few different ones."""
    texts: dict[int, dict[str, str]] = {}
    for number, cells in rows:
        if isinstance(cells, list):
            for place, cell in enumerate(cells):
                column_texts = texts.setdefault(place, {})
                if len(column_texts) < _MAX_SHARED_TEXTS:
                    cells[place] = column_texts.setdefault(cell, cell)
        yield number, cells


def open_joined(  # noqa: PLR0913  # each is needed to find a table, or to report about it
    file: SourceFile,
    sources: Sequence[Source],
    findings: list[PlacedFinding],
    unread: list[TableLedger],
    *,
    today: date,
    encoding: str = "",
) -> tuple[JoinTable, list[Source]]:
    """Open the file that has the addresses of the keys in the sources.

    Args:
        file: the joined file.
        sources: the other tables.
        findings: gets what was noticed about the table.
        unread: gets the sheets that are not read.
        today: the day that decides whether a date speaks against a row.
        encoding: the encoding that options name, for this file or for another one.

    Returns:
        The joined table, and the sources with the key that both files have.

    Raises:
        UsageError: no option names the key column.
        InputRefusedError: a table can't be read, or has no such column.
    """
    recipe = next((source.recipe for source in sources if source.recipe.join_key), None)
    if recipe is None:
        text = f"{file} can't be joined, because no option names its key column"
        raise UsageError(text, hint="name the key columns of both files: --key 'Employee number=id'")
    data, _ = read_file(file.path)
    names = tuple(name for names in recipe.join_key for name in names)
    form = ListForm(encoding=encoding if needs_encoding(data) else "")
    rules = header_rules(_join_recipe(recipe, names), fixed="-")
    table, place = open_checked(file, data, form, rules, findings)
    unread += unread_sheets(file, data, [place])
    headers = [set(map(fold_export_header, header)) for header in (sources[0].table.header, table.header)]
    pairs = [
        (key, names)
        for key, names in zip(recipe.key, recipe.join_key, strict=True)
        if fold_export_header(key) in headers[0] and headers[1].intersection(map(fold_export_header, names))
    ]
    key, names = (pairs or [(recipe.key[0], recipe.join_key[0])])[0]
    try:
        layout = lay_out_source(_join_recipe(recipe, names), table.header, place.described)
    except InputRefusedError as error:
        if pairs:
            raise
        raise _no_addresses(place, recipe) from error
    if layout.key is None or not (layout.emails or layout.logins):
        raise _no_addresses(place, recipe)
    rows = list(table.rows)
    layout = _with_doubtful_columns(layout, _join_recipe(recipe, names), rows, today)
    table = replace(table, rows=iter(rows))
    keyed = [replace(source, recipe=replace(source.recipe, key=(key,))) for source in sources]
    return JoinTable(layout, place, table, first_address=recipe.first_address), keyed


def _no_addresses(place: Place, recipe: Recipe) -> InputRefusedError:
    text = f"{place.described} has no columns {_joined_columns(recipe)}, so it gives no addresses"
    return InputRefusedError(text, hint="name the key columns of both files: --key COLUMN=COLUMN_IN_JOINED_FILE")


def _joined_columns(recipe: Recipe) -> str:
    """Name the columns that the joined file of a recipe must have."""
    joined = _join_recipe(recipe, recipe.join_key[0])
    return f"{joined.key[0]} and {(*joined.email, *joined.login)[0]}"


def joined_places(recipe: Recipe, header: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """The columns of a joined file that may hold each key of a recipe; empty if the file has no addresses."""
    folded = [fold_export_header(text) for text in header]
    joined = _join_recipe(recipe, ())
    if not any(fold_export_header(name) in folded for name in (*joined.email, *joined.login)):
        return {}
    pairs = zip(recipe.key, recipe.join_key, strict=True)
    return {
        key: [folded.index(name) for name in map(fold_export_header, names) if name in folded] for key, names in pairs
    }


def _join_recipe(recipe: Recipe, key: tuple[str, ...]) -> Recipe:
    """The recipe of the joined file: whom each key means."""
    return Recipe(
        preset=recipe.preset,
        email=recipe.join_email or (() if recipe.join_login else Recipe().email),
        login=recipe.join_login,
        user_id=(),
        role=(),
        name=recipe.join_name or recipe.name,
        named=frozenset({"starts", "expires", "action"}),  # the joined file gives no roles
        fixed="-",
        key=key,
        keep=recipe.join_keep,
        keep_words=recipe.keep_words,
        ignored_columns=recipe.ignored_columns,
    )


def recipe_for(recipe: Recipe, header: Sequence[str], source: str) -> Recipe:
    """Choose the recipe for a header: that of the export that it is, with the options of the given recipe.

    In some exports `user_id` is the school's id, which would name the wrong users in Studio.

    Raises:
        InputRefusedError: the file is an export that `--from` doesn't name, or one that can't be read.
    """
    matches = recognise_exports(header)
    names_user = bool(recipe.named & {"email", "user_id"})
    if not recipe.preset:
        if not matches:
            return recipe
        if matches[0].readable:
            return PRESETS[matches[0].name].with_options_of(recipe)
        if not names_user:
            _refuse(matches[0], source)
        return recipe if "user_id" in recipe.named else replace(recipe, user_id=())
    family = recipe.family or recipe.preset
    same = [export for export in matches if family in {export.name, *export.also}]
    if same and same[0].name != recipe.preset:
        return PRESETS[same[0].name].with_options_of(recipe)
    if matches and not same and not names_user:
        _refuse(matches[0], source)
    return recipe


def _refuse(export: Export, source: str) -> NoReturn:
    hint = "name the column that identifies the user: --email-column"
    if export.readable:
        hint = f"read it with --from {export.name}, or {hint}"
    raise InputRefusedError(f"{source} looks like {export.title}; it {export.lacks}", hint=hint)


def open_checked(  # noqa: PLR0913  # each is needed to find a table
    file: SourceFile,
    data: bytes,
    form: ListForm,
    rules: HeaderRules,
    findings: list[PlacedFinding],
    *,
    managed: Sequence[str] = (),
) -> tuple[Table, Place]:
    """Open the table of a file, and add its findings; advice names the first managed role.

    Raises:
        InputRefusedError: there is no table, or an error is among its findings.
        NoHeaderError: the first row names a user.
    """
    table = open_table(data, rules, form)
    table_findings = table if isinstance(table, tuple) else table.findings
    if problem := next((finding for finding in table_findings if finding.level is Level.ERROR), None):
        where = f"{file}, row {problem.row}" if problem.row else str(file)
        raise InputRefusedError(f"{where}: {problem.message}")
    assert not isinstance(table, tuple)  # noqa: S101  # it has no error
    if not form.no_header and any(map(rules.is_data, table.header)):
        text = f"{file}: {describe_no_header(table.header)}"
        raise NoHeaderError(text, hint=read_without_header(table.header, Hints(str(file), managed, form)))
    place = Place(str(file), table.sheet)
    findings += [PlacedFinding(place, finding) for finding in table_findings]
    return table, place
