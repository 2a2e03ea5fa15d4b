"""What a file seems to hold, in the terminal: the program, the columns with examples, and the commands to go on."""

import shlex
from collections.abc import Iterator

from rich.console import Group, RenderableType

from rolesync.migrate.overview import Overview
from rolesync.reader.header_findings import DIVIDE
from rolesync.report.content.text import escape_for_display, plural
from rolesync.report.terminal.widgets import column, command_line, heading, note, table, words

_EXAMPLE_LENGTH = 40


def overview_view(overview: Overview) -> RenderableType:
    """Show what a file seems to hold."""
    return Group(*_parts(overview))


def _parts(overview: Overview) -> Iterator[RenderableType]:
    recipe = overview.recipe
    file = escape_for_display(overview.place.described, 80)
    title = recipe.title[:1].lower() + recipe.title[1:] if recipe.preset else "not an export that rolesync knows"
    yield words(f"{file} is {title}, with {plural(overview.rows, 'row')}.", "bold")
    if recipe.preset:
        yield note(f"Read as {recipe.preset}. It gives {recipe.gives}; it {recipe.lacks}.")
    if not recipe.confirmed:
        yield note("Not all headers and words of this export are confirmed: check the result.", "yellow")
    yield heading("Columns")
    yield table(
        [column("", whole=True), column("header"), column("read as"), column("filled", right=True), column("examples")],
        (
            (
                column_overview.letter,
                escape_for_display(column_overview.header, 80),
                column_overview.use,
                f"{column_overview.filled:,}",
                ", ".join(escape_for_display(example, _EXAMPLE_LENGTH) for example in column_overview.examples),
            )
            for column_overview in overview.columns
        ),
    )
    if not overview.commands:
        advice = "Add one, or join a file that has them: --join FILE --key HERE=THERE"
        if len(overview.columns) == 1:  # it may be several that an unknown sign separates
            advice = f"If its rows have several cells, {DIVIDE}; else add a column of addresses"
        yield words(f"\nNo column holds addresses. {advice}.")
    for command in overview.commands:
        yield words(f"\nTo {escape_for_display(command.purpose, 500)}:")
        yield command_line(escape_for_display(shlex.join(command.words), 2000))
