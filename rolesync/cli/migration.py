"""The command that makes a list of any spreadsheet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolesync.cli.options import (
    All,
    Assignments,
    Config,
    Form,
    Format,
    HeaderRow,
    load_settings,
    save,
    show,
    show_json,
    working,
)
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rolesync.migrate import Migration, Recipe
    from rolesync.migrate.nearby import Suggestion
    from rolesync.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(migrate)


def migrate(
    sheets: Annotated[
        list[Path], typer.Argument(metavar="SHEET...", help="CSV files or workbooks.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The list; - is standard output.")],
    preset: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EXPORT",
            help="A known export: google-groups, canvas-sis-admins, oneroster, entra-group, adobe-user-sync, okta.",
            show_default=False,
        ),
    ] = "",
    email_column: Annotated[str, typer.Option(metavar="HEADER", help="Column of addresses.", show_default=False)] = "",
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
    from rolesync.migrate import migrate as run

    columns = {"email_column": email_column, "user_id_column": user_id_column, "role_column": role_column}
    given = {name: value for name, value in columns.items() if value}
    own = load_settings(config, assignments, sheet=sheet, header_row=header_row, **given)
    if account and account.suffix.casefold() not in {".csv", ".xlsx"}:
        raise UsageError(
            f"--account {account}: neither .csv nor .xlsx", hint="the ending says which of the two to write"
        )
    taken = {path.resolve() for path in [*sheets, *([join] if join else [])]}
    for path in (output, account):
        if path and path.resolve() in taken:
            raise UsageError(f"{path} is one of the sources", hint="name another file for what is written")
    if sheet and sheet_role:
        raise UsageError("--sheet and --sheet-role together make no sense", hint="leave one of them out")
    recipe = _recipe(preset, own, name_column=name_column, separator=separator, role=role, key=key)
    words = {"yes": yes, "no": no}
    recipe = _with(recipe, own, _pairs("--map", mapping), _pairs("--matrix", matrix), words)
    made = run(
        sheets,
        recipe,
        managed=own.managed_roles,
        today=datetime.now(UTC).date(),
        form=own.list_form,
        sheets=_pairs("--sheet-role", sheet_role),
        join=join,
    )
    suggestions = _suggest(made, own) if resolve else None
    return _deliver(made, own, suggestions, output, account, form, partial=partial, show_all=show_all)


def _pairs(option: str, texts: "Sequence[str] | None") -> dict[str, str]:
    """Read NAME=VALUE, each name once; a name may hold `=`, a role doesn't."""
    found: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"{option} {text}: not NAME=ROLE", hint=f"write it like {option} Boss=Admin")
        if name.strip() in found:
            raise UsageError(f"{option} {text}: {name.strip()} is given twice", hint="leave one of them out")
        found[name.strip()] = value.strip()
    return found


def _recipe(preset: str, own: "Settings", *, name_column: str, separator: str, role: str, key: str) -> "Recipe":
    from dataclasses import replace

    from rolesync.migrate import Recipe
    from rolesync.migrate.presets import PRESETS

    if preset and preset not in PRESETS:
        raise UsageError(f"--from {preset}: no such export", hint=f"one of {', '.join(PRESETS)}")
    recipe = PRESETS[preset] if preset else Recipe()
    here, _, there = key.partition("=")
    if key and not (here.strip() and there.strip()):
        raise UsageError(f"--key {key}: not HEADER=HEADER", hint="write it like --key 'Employee number=id'")
    named = {
        "email": own.email_column,
        "user_id": own.user_id_column,
        "role": own.role_column,
        "name": name_column,
        "key": here.strip(),
        "join_key": there.strip(),
    }
    recipe = replace(recipe, **{field: (text,) for field, text in named.items() if text})  # type: ignore[arg-type]
    return replace(recipe, separator=separator or recipe.separator, fixed=role)


def _with(
    recipe: "Recipe",
    own: "Settings",
    mapping: "Mapping[str, str]",
    matrix: "Mapping[str, str]",
    words: "Mapping[str, Sequence[str] | None]",
) -> "Recipe":
    from dataclasses import replace

    chosen: dict[str, Any] = {name: tuple(found) for name, found in words.items() if found}
    return replace(recipe, mapping={**own.role_aliases, **mapping}, matrix=matrix, **chosen)


def _suggest(made: "Migration", own: "Settings") -> "list[Suggestion]":
    from rolesync import pipeline
    from rolesync.migrate.nearby import not_found, suggest

    with working(own) as job:
        users = pipeline.known([(one.email, one.user_id) for one in made.given], job).users
    return suggest(not_found(made.given, users), users)


def _deliver(
    made: "Migration",
    own: "Settings",
    suggestions: "Sequence[Suggestion] | None",
    output: Path,
    account: Path | None,
    form: Form,
    *,
    partial: bool,
    show_all: bool,
) -> Exit:
    """Write the files and show the rest; what can't be read keeps the list from being written."""
    from rolesync.migrate.output import in_order, list_csv, migration_json, suggestions_json

    written = []
    if account:
        from rolesync.migrate.sheet import account_csv, account_xlsx

        text = account_csv(made.account) if account.suffix.casefold() == ".csv" else account_xlsx(made.account)
        save(text, account, "the account")
        written.append(f"What became of each cell: {account}")
    whole = not made.refused and bool(made.given)
    if whole or (partial and made.given):
        save(list_csv(in_order(made.given, own.managed_roles)), output, "the list")
        if str(output) != "-":
            written.append(f"The list: {output}; next: rolesync validate {output}")
    else:
        written.append("No list is written. " + _why_none(made))
    if form is Form.JSON:
        found = None if suggestions is None else suggestions_json(suggestions)
        if str(output) != "-":
            show_json(migration_json(made, own.managed_roles, found))
    else:
        from rolesync.migrate.view import migration_view

        show(migration_view(made, suggestions, written, show_all=show_all), aside=str(output) == "-")
    if whole:
        return Exit.DONE
    return Exit.INCOMPLETE if partial and made.given else Exit.INPUT_REFUSED


def _why_none(made: "Migration") -> str:
    if not made.given:
        return "Nobody gets a managed role; see why above, and managed_roles."
    return "Correct the refused cells, or write the list without their rows: --partial"
