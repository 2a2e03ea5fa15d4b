"""Guesses the content of a file that no option describes: the program, the columns, and the commands to go on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rolesync.errors import RolesyncError
from rolesync.migrate.layout import SourceLayout, find_role_columns, header_rules, lay_out_source, settled_columns
from rolesync.migrate.ledger import Place
from rolesync.migrate.next_commands import NextCommand, next_commands
from rolesync.migrate.plain_tables import conditions_by_meaning, ignored_places
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.role_columns import find_hints, find_role_column, find_ticked_roles
from rolesync.migrate.role_options import TableLook
from rolesync.migrate.source_file import SourceFile
from rolesync.migrate.source_tables import NoHeaderError, open_checked, recipe_for
from rolesync.model.findings import CellError
from rolesync.model.lists import ListForm
from rolesync.reader.dates import is_date
from rolesync.reader.header_findings import is_row
from rolesync.reader.identity import is_address
from rolesync.reader.ignored_rows import find_ignored_row, find_total
from rolesync.tables.column_letters import column_letters, named_header
from rolesync.tables.file_type import read_file
from rolesync.tables.grid import is_blank, padded
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import HeaderRules

_EXAMPLES = 3  # cells that are shown of each column
_SECRETS = ("pass", "hash", "token", "secret", "partnerdata")
"""Parts of headers whose cells are not shown."""


class ColumnOverview(NamedTuple):
    """A column: its name in a spreadsheet, its header, its use, how many rows fill it, and a few of its cells."""

    letter: str
    header: str
    use: str
    filled: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """What a file seems to hold.

    Attributes:
        place: its file and sheet.
        recipe: of the export that it is; with an empty `preset` for any other table.
        rows: its rows, without lines of dashes, comments and totals.
        columns: its columns.
        commands: what to do next; empty if no column identifies users.
    """

    place: Place
    recipe: Recipe
    rows: int
    columns: tuple[ColumnOverview, ...]
    commands: tuple[NextCommand, ...]


def describe_file(  # noqa: PLR0913  # each is a separate choice of the user
    source: Path | SourceFile,
    recipe: Recipe,
    *,
    managed: Sequence[str],
    today: date,
    form: ListForm,
    join: SourceFile | None = None,
    settings: Sequence[str] = (),
) -> Overview:
    """Look at a file without making a list of it.

    Args:
        source: the file.
        recipe: the recipe that options describe.
        managed: the managed roles; commands give the first one.
        today: the day that decides whether a role has expired.
        form: the sheet and the header's row, where options name them.
        join: the file with the addresses, if an option names it.
        settings: the options that name settings, as typed; commands repeat them.

    Raises:
        InputRefusedError: the file can't be read.
    """
    file = SourceFile.of(source)
    data, _ = read_file(file.path)
    try:
        table, place = open_checked(file, data, form, _rules(recipe), [], managed=managed)
        has_header = form.no_header or form.header_row or not is_row(table.header, managed)
    except NoHeaderError:
        has_header = False
    if not has_header:
        form = replace(form, no_header=True)
        table, place = open_checked(file, data, form, _rules(recipe), [], managed=managed)
    recipe = recipe_for(recipe, table.header, place.described)
    header = named_header(table.header)
    width = len(header)
    rows = _rows_of_list([padded(cells, width) for _, cells in table.rows if isinstance(cells, list)], header)
    addresses = [at for at in range(width) if _holds_addresses([row[at] for row in rows])]
    layout = _lay_out(recipe, header)
    look = _with_roles(TableLook(file, join, recipe, header, rows, layout, addresses), managed, form)
    commands = next_commands(look, managed=managed, today=today, form=form, settings=settings)
    deciding = {place for place, _ in layout.keep} if layout else set()
    read = {*addresses, *look.roles, *look.ticked, *(layout.used if layout else ())} | ignored_places(recipe, header)
    read |= settled_columns(recipe, header)
    is_export = bool(recipe.preset)
    deciding |= {at for at, _ in conditions_by_meaning(header, read, rows, today, is_export=is_export)}
    return Overview(place, recipe, len(rows), tuple(_columns(look, deciding)), tuple(commands))


class _Header(NamedTuple):
    """The header of a table whose columns are not known yet."""

    header: Sequence[str]
    used: Collection[int]


def _rows_of_list(rows: Sequence[Sequence[str]], header: Sequence[str]) -> list[Sequence[str]]:
    """Leave out blank rows, lines of dashes, comments, and the totals at the end."""
    layout = _Header(header, range(len(header)))
    of_list = [cells for cells in rows if not is_blank(cells) and not _is_ignored(cells, layout)]
    while of_list and find_total(of_list[-1]):
        of_list.pop()
    return of_list


def _is_ignored(cells: Sequence[str], layout: _Header) -> bool:
    try:
        return find_ignored_row(cells, layout) is not None
    except CellError:  # it is refused
        return False


def _rules(recipe: Recipe) -> HeaderRules:
    """Rules for a header of unknown meaning: the delimiter with which it has the most cells is right."""
    rules = header_rules(recipe, fixed="-")
    return rules._replace(score=lambda cells: 100 * rules.score(cells) + sum(bool(cell.strip()) for cell in cells))


def _lay_out(recipe: Recipe, header: Sequence[str]) -> SourceLayout | None:
    try:
        return lay_out_source(recipe, header, "", fixed="-")
    except RolesyncError:
        return None


def _holds_addresses(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and sum(map(is_address, filled)) * 2 >= len(filled)


def _with_roles(look: TableLook, managed: Sequence[str], form: ListForm) -> TableLook:
    """Add the columns of roles, and those that may say who has a role."""
    recipe, header, rows = look.recipe, look.header, look.rows
    roles = find_role_columns(recipe, header)
    if not roles and (place := find_role_column(header, rows, managed)) is not None:
        roles = (place,)
    if recipe.preset:
        return look._replace(roles=roles)
    ticked = find_ticked_roles(header, rows, managed, yes=recipe.yes)
    used = look.layout.deciding if look.layout else frozenset()
    hints = set(find_hints(header, rows, managed, yes=recipe.yes, has_header=not form.no_header))
    unused = sorted(hints - used - {*look.addresses, *roles, *ticked} - ignored_places(recipe, header))
    return look._replace(roles=roles, ticked=ticked, hints=tuple(unused))


def _columns(look: TableLook, deciding: Collection[int]) -> Iterator[ColumnOverview]:
    for place, header in enumerate(look.header):
        cells = [row[place].strip() for row in look.rows if row[place].strip()]
        secret = any(word in fold_header(header) for word in _SECRETS)
        examples = ("(not shown)",) if secret and cells else tuple(dict.fromkeys(cells))[:_EXAMPLES]
        use = _use(look, place, deciding)
        yield ColumnOverview(column_letters(place), header.strip(), use, len(cells), examples)


def _use(look: TableLook, place: int, deciding: Collection[int]) -> str:
    """What a column is read as; "" for a column that isn't read, unless it holds dates."""
    layout = look.layout
    if place in look.columns_of_roles:
        use = _use_for_roles(look, place)
    elif not look.recipe.preset and place in look.addresses:
        use = "address"
    elif layout is None:
        use = ""
    elif place in layout.emails:
        use = "address"
    elif place in layout.logins:
        use = "login name" if layout.emails else "login name, read as the address"
    elif place == layout.key:
        use = "key of the joined file"
    elif place == layout.user_id:
        use = "user id, probably another program's" if layout.foreign else "user id"
    elif place in {layout.starts, layout.expires}:
        use = "first day" if place == layout.starts else "last day"
    else:
        use = "name" if place in layout.names else ""
    if layout is not None and place == layout.action:
        use = "whether the row gives the role"
    uses = " and ".join(filter(None, [use, "whether the row counts" if place in deciding else ""]))
    return uses or ("dates, not read" if _holds_dates([row[place] for row in look.rows]) else "")


def _use_for_roles(look: TableLook, place: int) -> str:
    if place in look.roles:
        return "role"
    return f"ticks of the role {look.ticked[place]}" if place in look.ticked else "not read; may say who has a role"


def _holds_dates(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(map(is_date, filled))
