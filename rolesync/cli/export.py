"""`rolesync export`: the live holders as a list."""

from pathlib import Path
from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import json_text, save_file
from rolesync.cli.progress import command_context
from rolesync.errors import Exit


def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write; - is standard output.")
    ] = Path("-"),
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Write the live holders of the managed roles as a list, to start from the present state."""
    from rolesync.reader.write import desired_csv, list_assignments
    from rolesync.workflows.export import read_holders

    settings = load_settings(config, assignments)
    with command_context(settings) as context:
        rows = list_assignments(read_holders(context))  # one for each user and role
    if form is Form.JSON:
        text = json_text({"assignments": [{**row, "email": row["email"] or None} for row in rows]})
    else:
        text = desired_csv(rows)
    save_file(text, output, "the list", mode=settings.file_mode)
    return Exit.DONE
