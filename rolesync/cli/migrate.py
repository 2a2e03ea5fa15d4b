"""`rolesync migrate SHEET...`: make a list from any spreadsheet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.migrate_files import check_files, source_files
from rolesync.cli.migrate_options import MigrateOptions, build_recipe, parse_pairs
from rolesync.cli.migrate_output import Delivery, Reading, deliver, show_overview, show_overview_aside
from rolesync.cli.options import (
    All,
    Assignments,
    Config,
    Encoding,
    Form,
    Format,
    HeaderRow,
    IgnoreColumn,
    NoHeader,
    NoUserId,
    column_settings,
    load_settings,
)
from rolesync.cli.progress import command_context
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from rolesync.migrate.migrate import Migration
    from rolesync.migrate.similar_users import Suggestion
    from rolesync.settings import Settings


_SOURCE_SETTINGS = ("sheet", "header_row", "encoding", "keep", "ignore_columns", "no_header", "no_user_id")
COLUMNS = ("email_column", "user_id_column", "role_column")


def migrate(
    sheets: Annotated[
        list[str],
        typer.Argument(
            metavar="SHEET...", help="CSV files or workbooks to read, each a path, - or an address.", show_default=False
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File of the list; - is standard output. With --format json and -, the JSON contains the list. "
            "Without it, the command shows what the file holds, and what to do next.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EXPORT",
            help="The kind of export, if its header doesn't tell; `rolesync help migration` lists them.",
            show_default=False,
        ),
    ] = "",
    email_column: Annotated[
        str,
        typer.Option(
            metavar="HEADER", help="Column of addresses; with --join, in the joined file.", show_default=False
        ),
    ] = "",
    user_id_column: Annotated[
        str, typer.Option(metavar="HEADER", help="Column of Studio user ids.", show_default=False)
    ] = "",
    role_column: Annotated[str, typer.Option(metavar="HEADER", help="Column of roles.", show_default=False)] = "",
    name_column: Annotated[str, typer.Option(metavar="HEADER", help="Column of names.", show_default=False)] = "",
    separator: Annotated[
        str, typer.Option(metavar="TEXT", help="Separator between several roles in a cell.", show_default=False)
    ] = "",
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="One role for all users of the sheet.", show_default=False)
    ] = "",
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=ROLE", help="Translate a name of the file to a role; repeatable.", show_default=False
        ),
    ] = None,
    matrix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HEADER=ROLE",
            help="A column for one role, with yes or no in its cells; repeatable.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD", help="A cell of a --matrix column that gives the role; repeatable.", show_default=False
        ),
    ] = None,
    no: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD",
            help="A cell of a --matrix column that doesn't, like a blank cell; repeatable.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=WORD",
            help="Rows with this word count, too; rows with another open word or a blank cell there don't. Repeatable.",
            show_default=False,
        ),
    ] = None,
    ignore_column: IgnoreColumn = None,
    no_header: NoHeader = False,
    no_user_id: NoUserId = False,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Sheet of the workbook to read.", show_default=False)
    ] = None,
    sheet_role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHEET=ROLE", help="A sheet whose users all get one role; repeatable.", show_default=False
        ),
    ] = None,
    header_row: HeaderRow = None,
    encoding: Encoding = None,
    join: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File that maps the keys of the sheet to addresses.", show_default=False),
    ] = None,
    key: Annotated[
        str,
        typer.Option(
            metavar="HEADER=HEADER", help="Column of keys in the sheet, and in the joined file.", show_default=False
        ),
    ] = "",
    account: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the outcome of each cell, as .csv or .xlsx.", show_default=False),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Write the list without the rows of refused cells.")
    ] = False,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Look users up in Studio, and suggest similar users for those not found.")
    ] = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Make a list from any spreadsheets, with an account of every cell."""
    from rolesync.migrate.layout import ColumnMissingError
    from rolesync.migrate.recipe import RoleMissingError

    columns = zip(COLUMNS, (email_column, user_id_column, role_column), strict=True)
    options_on_columns = column_settings(keep, ignore_column, no_header=no_header, no_user_id=no_user_id)
    source = {"sheet": sheet, "header_row": header_row, "encoding": encoding, **options_on_columns}
    settings = load_settings(config, assignments, **source, **{name: value for name, value in columns if value})
    check_files(sheets, join, output, account)
    if sheet and sheet_role:
        raise UsageError("--sheet and --sheet-role contradict each other", hint="leave one of the two out")
    sheet_roles = parse_pairs("--sheet-role", sheet_role)
    options = MigrateOptions(
        preset=preset,
        role_column=role_column,
        name_column=name_column,
        separator=separator,
        role=role.strip(),
        joins=join is not None,
        key=key,
        mapping=parse_pairs("--map", mapping),
        matrix=parse_pairs("--matrix", matrix),
        sheet_roles=sheet_roles,
        yes=tuple(yes or ()),
        no=tuple(no or ()),
    )
    recipe = build_recipe(options, settings)
    reading = Reading(*source_files(sheets, join, settings), recipe, settings, sheet_roles)
    if output is None:
        return show_overview(reading, form)
    try:
        migration = reading.migrate()
    except (ColumnMissingError, RoleMissingError):
        if form is Form.TEXT and len(sheets) == 1 and not sheet_roles:
            show_overview_aside(reading)
        raise
    suggestions = _suggest(migration, settings) if resolve else None
    delivery = Delivery(output, account, form, partial=partial, show_all=show_all)
    return deliver(migration, settings, suggestions, delivery, _source_settings(load_settings(config, None)))


def _source_settings(settings: "Settings") -> str:
    """Name the settings that describe the source, and would wrongly apply to the list too. Options don't last."""
    names = [name for name in (*_SOURCE_SETTINGS, *COLUMNS) if getattr(settings, name)]
    return f", without the settings {', '.join(names)}, which describe the source" if names else ""


def _suggest(migration: "Migration", settings: "Settings") -> "list[Suggestion]":
    from rolesync.migrate.similar_users import not_found, suggest
    from rolesync.workflows.lookup import look_up_people

    if not migration.assignments:
        return []
    with command_context(settings) as context:
        users = look_up_people([(row.email, row.user_id) for row in migration.assignments], context).users
    return suggest(not_found(migration.assignments, users), users)
