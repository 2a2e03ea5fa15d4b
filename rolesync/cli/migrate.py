"""The command that makes a list of any spreadsheet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.migrate_options import MigrateOptions, build_recipe, parse_pairs
from rolesync.cli.options import All, Assignments, Config, Form, Format, HeaderRow, load_settings
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
        list[Path], typer.Argument(metavar="SHEET...", help="CSV files or workbooks.", show_default=False)
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The list; - is standard output, with --format json as part of the answer.",
        ),
    ],
    preset: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EXPORT",
            help="A known export: google-groups, canvas-sis-admins, oneroster, entra-group, adobe-user-sync, okta. The "
            "answer says what it can and can't tell; `rolesync help migration` lists all.",
            show_default=False,
        ),
    ] = "",
    email_column: Annotated[
        str, typer.Option(metavar="HEADER", help="Column of addresses; with --join, there.", show_default=False)
    ] = "",
    user_id_column: Annotated[
        str, typer.Option(metavar="HEADER", help="Column of Studio's ids.", show_default=False)
    ] = "",
    role_column: Annotated[str, typer.Option(metavar="HEADER", help="Column of roles.", show_default=False)] = "",
    name_column: Annotated[str, typer.Option(metavar="HEADER", help="Column of names.", show_default=False)] = "",
    separator: Annotated[
        str, typer.Option(metavar="TEXT", help="Between several roles in a cell.", show_default=False)
    ] = "",
    role: Annotated[str, typer.Option(metavar="ROLE", help="The role of everybody listed.", show_default=False)] = "",
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=ROLE", help="A name in the file for a role.", show_default=False),
    ] = None,
    matrix: Annotated[
        list[str] | None,
        typer.Option(metavar="HEADER=ROLE", help="A column that stands for a role.", show_default=False),
    ] = None,
    yes: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="What gives a role in such a column.", show_default=False)
    ] = None,
    no: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="What doesn't, besides a blank cell.", show_default=False)
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Sheet to read.", show_default=False)
    ] = None,
    sheet_role: Annotated[
        list[str] | None,
        typer.Option(metavar="SHEET=ROLE", help="A sheet whose people all get a role.", show_default=False),
    ] = None,
    header_row: HeaderRow = None,
    join: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the addresses of keys.", show_default=False)
    ] = None,
    key: Annotated[
        str, typer.Option(metavar="HEADER=HEADER", help="Column of keys here, and there.", show_default=False)
    ] = "",
    account: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What became of each cell: .csv or .xlsx.", show_default=False)
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Write the list although cells are refused.")] = False,
    resolve: Annotated[bool, typer.Option("--resolve", help="Look people up in Studio, suggest near matches.")] = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Make a list of any spreadsheets or exports, with an account of every cell."""
    from rolesync.migrate.migrate import migrate as run

    columns = zip(COLUMNS, (email_column, user_id_column, role_column), strict=True)
    given = {name: value for name, value in columns if value}
    own = load_settings(config, assignments, sheet=sheet, header_row=header_row, **given)
    _check_files(sheets, join, output, account)
    if sheet and sheet_role:
        raise UsageError("--sheet and --sheet-role together make no sense", hint="leave one of them out")
    sheet_roles = parse_pairs("--sheet-role", sheet_role)
    choices = MigrateOptions(
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
    made = run(
        sheets,
        build_recipe(choices, own),
        managed=own.managed_roles,
        today=datetime.now(UTC).date(),
        form=own.list_form,
        sheets=sheet_roles,
        join=join,
    )
    suggestions = _suggest(made, own) if resolve else None
    lasting = _about_the_source(load_settings(config, None))
    return _deliver(made, own, suggestions, output, account, form, lasting=lasting, partial=partial, show_all=show_all)


def _about_the_source(lasting: "Settings") -> str:
    """Say which settings are about the source and would be held against the list too, as those of options aren't."""
    named = [name for name in ("sheet", "header_row", *COLUMNS) if getattr(lasting, name)]
    return f", without the settings {', '.join(named)}, which are about the source" if named else ""


def _check_files(sheets: "Sequence[Path]", join: Path | None, output: Path, account: Path | None) -> None:
    """Refuse files that would be read twice or written over."""
    if account and account.suffix.casefold() not in {".csv", ".xlsx"}:
        raise UsageError(
            f"--account {account}: neither .csv nor .xlsx", hint="the ending says which of the two to write"
        )
    taken: dict[Path, str] = {}
    for path in [*sheets, *([join] if join else [])]:
        if path.resolve() in taken:
            raise UsageError(f"{path} is given twice", hint="name each source once")
        taken[path.resolve()] = "one of the sources"
    for written in [output, *([account] if account else [])]:
        if written.resolve() in taken:
            raise UsageError(f"{written} is {taken[written.resolve()]}", hint="name another file for what is written")
        taken[written.resolve()] = "where the list is written"


def _suggest(made: "Migration", own: "Settings") -> "list[Suggestion]":
    from rolesync.migrate.suggestions import not_found, suggest
    from rolesync.workflows.lookup import look_up_people

    if not made.given:
        return []
    with command_context(own) as context:
        users = look_up_people([(one.email, one.user_id) for one in made.given], context).users
    return suggest(not_found(made.given, users), users)


def _deliver(
    made: "Migration",
    own: "Settings",
    suggestions: "Sequence[Suggestion] | None",
    output: Path,
    account: Path | None,
    form: Form,
    *,
    lasting: str,
    partial: bool,
    show_all: bool,
) -> Exit:
    """Write the files and show the rest; what can't be read keeps the list from being written."""
    from rolesync.migrate.write import in_order, list_csv
    from rolesync.report.migration_json import migration_json, suggestions_json

    written = []
    if account:
        from rolesync.report.spreadsheet.migration import ledger_csv, ledger_xlsx

        text = ledger_csv(made.account) if account.suffix.casefold() == ".csv" else ledger_xlsx(made.account)
        save_file(text, account, "the account")
        written.append(f"What became of each cell: {account}")
    whole = not made.refused and bool(made.given)
    aside = str(output) == "-"
    if aside and form is Form.JSON:
        pass  # the answer holds the list, and standard output has room for one of them
    elif whole or (partial and made.given):
        save_file(list_csv(in_order(made.given, own.managed_roles)), output, "the list")
        if not aside:
            written.append(f"The list: {output}; next: rolesync validate {output}" + lasting)
    else:
        written.append("No list is written. " + _why_none(made))
    if form is Form.JSON:
        found = None if suggestions is None else suggestions_json(suggestions)
        show_json(migration_json(made, own.managed_roles, found))
    else:
        from rolesync.report.terminal.migration import migration_view

        show_view(migration_view(made, suggestions, written, show_all=show_all), aside=aside)
    if whole:
        return Exit.DONE
    return Exit.INCOMPLETE if partial and made.given else Exit.INPUT_REFUSED


def _why_none(made: "Migration") -> str:
    if not made.given:
        return "Nobody gets a managed role; see why above, and managed_roles."
    return "Correct the refused cells, or write the list without their rows: --partial"
