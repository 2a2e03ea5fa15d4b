"""`rolesync migrate SHEET...`: make a list from any spreadsheet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.migrate_options import MigrateOptions, build_recipe, parse_pairs, parse_words
from rolesync.cli.options import All, Assignments, Config, Encoding, Form, Format, HeaderRow, load_settings
from rolesync.cli.output import save_file, show_json, show_view
from rolesync.cli.progress import command_context
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.migrate.migrate import Migration
    from rolesync.migrate.suggestions import Suggestion
    from rolesync.settings import Settings


COLUMNS = ("email_column", "user_id_column", "role_column")


def migrate(
    sheets: Annotated[
        list[Path], typer.Argument(metavar="SHEET...", help="CSV files or workbooks to read.", show_default=False)
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File of the list; - is standard output. With --format json and -, the JSON contains the list.",
        ),
    ],
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
            help="Rows with this word in the column count, and rows with unknown ones don't; repeatable.",
            show_default=False,
        ),
    ] = None,
    ignore_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Don't read this column, whatever its cells say; repeatable.", show_default=False
        ),
    ] = None,
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
        Path | None,
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
    """Make a list from spreadsheets or exports, and report the outcome of every cell."""
    from rolesync.migrate.migrate import migrate as run

    columns = zip(COLUMNS, (email_column, user_id_column, role_column), strict=True)
    column_settings = {name: value for name, value in columns if value}
    settings = load_settings(
        config, assignments, sheet=sheet, header_row=header_row, encoding=encoding, **column_settings
    )
    _check_files(sheets, join, output, account)
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
        keep=parse_words("--keep", keep),
        ignored_columns=tuple(ignore_column or ()),
    )
    migration = run(
        sheets,
        build_recipe(options, settings),
        managed=settings.managed_roles,
        today=datetime.now(UTC).date(),
        form=settings.list_form,
        sheets=sheet_roles,
        join=join,
    )
    suggestions = _suggest(migration, settings) if resolve else None
    source_settings = _source_settings(load_settings(config, None))
    return _deliver(
        migration,
        settings,
        suggestions,
        output,
        account,
        form,
        source_settings=source_settings,
        partial=partial,
        show_all=show_all,
    )


def _source_settings(settings: "Settings") -> str:
    """Name the settings that describe the source, and would wrongly apply to the list too. Options don't last."""
    names = [name for name in ("sheet", "header_row", "encoding", *COLUMNS) if getattr(settings, name)]
    return f", without the settings {', '.join(names)}, which describe the source" if names else ""


def _check_files(sheets: "Sequence[Path]", join: Path | None, output: Path, account: Path | None) -> None:
    """Refuse files that would be read twice or overwritten."""
    if account and account.suffix.casefold() not in {".csv", ".xlsx"}:
        raise UsageError(f"--account {account}: neither .csv nor .xlsx", hint="end the file name with .csv or .xlsx")
    uses: dict[Path, str] = {}
    for path in [*sheets, *([join] if join else [])]:
        if path.resolve() in uses:
            raise UsageError(f"{path} is named twice", hint="name each source once")
        uses[path.resolve()] = "one of the sources"
    for written in [output, *([account] if account else [])]:
        if written.resolve() in uses:
            raise UsageError(f"{written} is {uses[written.resolve()]}", hint="name another file to write")
        uses[written.resolve()] = "the file of the list"


def _suggest(migration: "Migration", settings: "Settings") -> "list[Suggestion]":
    from rolesync.migrate.suggestions import not_found, suggest
    from rolesync.workflows.lookup import look_up_people

    if not migration.assignments:
        return []
    with command_context(settings) as context:
        users = look_up_people([(row.email, row.user_id) for row in migration.assignments], context).users
    return suggest(not_found(migration.assignments, users), users)


def _deliver(
    migration: "Migration",
    settings: "Settings",
    suggestions: "Sequence[Suggestion] | None",
    output: Path,
    account: Path | None,
    form: Form,
    *,
    source_settings: str,
    partial: bool,
    show_all: bool,
) -> Exit:
    """Write the files and show the rest. Refused cells prevent the list, unless `partial` is set."""
    from rolesync.migrate.write import list_csv, sort_assignments
    from rolesync.report.migration_json import migration_json, suggestions_json

    written = []
    if account:
        from rolesync.report.spreadsheet.migration import ledger_csv, ledger_xlsx

        ledger = ledger_csv(migration.ledger) if account.suffix.casefold() == ".csv" else ledger_xlsx(migration.ledger)
        save_file(ledger, account, "the account", mode=settings.file_mode)
        written.append(f"The outcome of each cell: {account}")
    complete = not migration.refused and bool(migration.assignments)
    list_on_stdout = str(output) == "-"
    if list_on_stdout and form is Form.JSON:
        pass  # the JSON on standard output contains the list
    elif complete or (partial and migration.assignments):
        text = list_csv(sort_assignments(migration.assignments, settings.managed_roles))
        save_file(text, output, "the list", mode=settings.file_mode)
        if not list_on_stdout:
            written.append(f"The list: {output}; next: rolesync validate {output}" + source_settings)
    else:
        written.append("No list was written. " + _why_none(migration))
    if form is Form.JSON:
        suggested = None if suggestions is None else suggestions_json(suggestions)
        show_json(migration_json(migration, settings.managed_roles, suggested))
    else:
        from rolesync.report.terminal.migration import migration_view

        show_view(migration_view(migration, suggestions, written, show_all=show_all), aside=list_on_stdout)
    if complete:
        return Exit.DONE
    return Exit.INCOMPLETE if partial and migration.assignments else Exit.INPUT_REFUSED


def _why_none(migration: "Migration") -> str:
    if not migration.assignments:
        return "No user gets a managed role; see the findings above, and the setting managed_roles."
    return "Correct the refused cells, or add --partial to write the list without their rows."
