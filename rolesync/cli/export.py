"""`rolesync export`."""

from pathlib import Path
from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import save_file, show_json
from rolesync.cli.progress import command_context
from rolesync.errors import Exit


def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = Path("-"),
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Write today's holders of the managed roles as a desired-roles list: the way to start from what is there."""
    from rolesync.reader.write import desired_csv, list_assignments
    from rolesync.workflows.export import read_holders

    with command_context(load_settings(config, assignments)) as context:
        found = list_assignments(read_holders(context))
    if form is Form.JSON:
        show_json({"assignments": [{**one, "email": one["email"] or None} for one in found]})
        return Exit.DONE
    save_file(desired_csv(found), output, "the list")
    return Exit.DONE
