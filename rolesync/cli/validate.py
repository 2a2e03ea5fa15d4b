"""Commands about lists: check one, and make one from what is there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import (
    All,
    Assignments,
    BadRows,
    Config,
    Form,
    Format,
    HeaderRow,
    ListFile,
    Sheet,
    limit,
    load_settings,
    save,
    show,
    show_json,
    working,
)
from rolesync.errors import Exit

if TYPE_CHECKING:
    from rolesync.model.lists import Desired


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(validate)
    app.command()(export)


def validate(
    file: ListFile,
    sheet: Sheet = None,
    header_row: HeaderRow = None,
    bad_rows: BadRows = None,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Check a list without asking Studio: what was noticed, and what it asks for."""
    from rolesync.reader.read import read_desired

    own = load_settings(config, assignments, sheet=sheet, header_row=header_row, bad_rows=bad_rows)
    today = datetime.now(UTC).date()
    desired = read_desired(file, managed_roles=own.managed_roles, today=today, form=own.list_form)
    show_list(desired, own.managed_roles, form, show_all=show_all)
    return Exit.INPUT_REFUSED if desired.status == "reject" else Exit.DONE


def show_list(desired: "Desired", managed: tuple[str, ...], form: Form, *, show_all: bool) -> None:
    """Show what a list says and what was noticed in it."""
    if form is Form.JSON:
        from rolesync.report.json import desired_json

        show_json(desired_json(desired, managed))
        return
    from rolesync.report.terminal.validation import desired_view

    show(desired_view(desired, managed, limit=limit(show_all)))


def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = Path("-"),
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Write today's holders of the managed roles as a desired-roles list: the way to start from what is there."""
    from rolesync.reader.write import assignments_of, desired_csv
    from rolesync.workflows.plan import read_holders

    with working(load_settings(config, assignments)) as job:
        found = assignments_of(read_holders(job))
    if form is Form.JSON:
        show_json({"assignments": [{**one, "email": one["email"] or None} for one in found]})
        return Exit.DONE
    save(desired_csv(found), output, "the list")
    return Exit.DONE
