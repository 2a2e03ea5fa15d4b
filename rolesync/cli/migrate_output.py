"""What `rolesync migrate` writes and shows: the list, the account, the result, or what a file seems to hold."""

import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.cli.options import Form
from rolesync.cli.output import save_file, show_json, show_view
from rolesync.cli.refusal import write_failure
from rolesync.cli.typed_command import typed_settings, typed_words
from rolesync.errors import Exit, RolesyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rolesync.migrate.migrate import Migration
    from rolesync.migrate.overview import Overview
    from rolesync.migrate.recipe import Recipe
    from rolesync.migrate.similar_users import Suggestion
    from rolesync.migrate.source_file import SourceFile
    from rolesync.settings import Settings


@dataclass(frozen=True)
class Reading:
    """What a migration reads.

    Attributes:
        files: the files.
        join: the joined file.
        recipe: the recipe that options describe.
        settings: the settings.
        sheet_roles: sheets that each give a role.
    """

    files: "Sequence[SourceFile]"
    join: "SourceFile | None"
    recipe: "Recipe"
    settings: "Settings"
    sheet_roles: "Mapping[str, str]"

    def migrate(self) -> "Migration":
        """Read the files."""
        from rolesync.migrate.migrate import migrate

        return migrate(
            self.files,
            self.recipe,
            managed=self.settings.managed_roles,
            today=datetime.now(UTC).date(),
            form=self.settings.list_form,
            sheets=self.sheet_roles,
            join=self.join,
        )

    def describe(self) -> "Overview":
        """Look at the only file.

        Raises:
            UsageError: there are several files.
        """
        from rolesync.migrate.overview import describe_file

        if len(self.files) > 1 or self.sheet_roles:
            raise UsageError("--output is missing", hint="name the file of the list: -o FILE")
        return describe_file(
            self.files[0],
            self.recipe,
            managed=self.settings.managed_roles,
            today=datetime.now(UTC).date(),
            form=self.settings.list_form,
            join=self.join,
            settings=typed_settings(self.settings),
        )


@dataclass(frozen=True)
class Delivery:
    """Where the result goes: the file of the list, the file of the account, and what is shown."""

    output: Path
    account: Path | None
    form: Form
    partial: bool
    show_all: bool


def show_overview(reading: Reading, form: Form) -> Exit:
    """Show what a file seems to hold, and the commands that make a list of it. Nothing is written."""
    from rolesync.report.migration_json import overview_json
    from rolesync.report.terminal.file_overview import overview_view

    overview = reading.describe()
    if form is Form.JSON:
        show_json(overview_json(overview))
    else:
        show_view(overview_view(overview))
    return write_failure("no list was written, because no -o FILE names it", "", Exit.USAGE)


def show_overview_aside(reading: Reading) -> None:
    """Show what a file seems to hold on standard error, above the error with the reason why no list was made."""
    from rolesync.report.terminal.file_overview import overview_view

    with suppress(RolesyncError):  # the error that follows has the details
        show_view(overview_view(reading.describe()), aside=True)


def deliver(
    migration: "Migration",
    settings: "Settings",
    suggestions: "Sequence[Suggestion] | None",
    delivery: Delivery,
    source_settings: str,
) -> Exit:
    """Write the files and show the rest. Refused cells prevent the list, unless it may be partial."""
    from rolesync.migrate.decisions import add_options, commands_to_go_on
    from rolesync.report.migration_json import migration_json, suggestions_json

    written = _save_account(migration, delivery, settings)
    complete = not migration.refused and bool(migration.assignments)
    words = typed_words(settings)
    commands = commands_to_go_on(words, migration.ledger)
    if not commands and migration.refused and migration.assignments and not delivery.partial:
        commands = [("write the list without the rows of refused cells (exits 5)", add_options(words, ["--partial"]))]
    shown_commands = [(purpose, shlex.join(command)) for purpose, command in commands]
    written += _save_list(migration, delivery, settings, source_settings, complete=complete)
    if delivery.form is Form.JSON:
        suggested = None if suggestions is None else suggestions_json(suggestions)
        show_json(migration_json(migration, settings.managed_roles, suggested, shown_commands))
    else:
        from rolesync.report.terminal.migration import migration_view

        view = migration_view(migration, suggestions, written, shown_commands, show_all=delivery.show_all)
        show_view(view, aside=str(delivery.output) == "-")
    if complete:
        return Exit.DONE
    return Exit.INCOMPLETE if delivery.partial and migration.assignments else Exit.INPUT_REFUSED


def _save_account(migration: "Migration", delivery: Delivery, settings: "Settings") -> list[str]:
    """Write the outcome of each cell, if a file is named; returns sentences about it."""
    if not delivery.account:
        return []
    from rolesync.report.spreadsheet.migration import ledger_csv, ledger_xlsx

    is_text = delivery.account.suffix.casefold() == ".csv"
    ledger = ledger_csv(migration.ledger) if is_text else ledger_xlsx(migration.ledger)
    save_file(ledger, delivery.account, "the account", mode=settings.file_mode)
    return [f"The outcome of each cell: {delivery.account}"]


def _save_list(
    migration: "Migration", delivery: Delivery, settings: "Settings", source_settings: str, *, complete: bool
) -> list[str]:
    """Write the list, if it is complete or may be partial; returns sentences about it."""
    from rolesync.migrate.write import list_csv, sort_assignments

    output = delivery.output
    list_on_stdout = str(output) == "-"
    if list_on_stdout and delivery.form is Form.JSON:
        return []  # the JSON on standard output contains the list
    if not (complete or (delivery.partial and migration.assignments)):
        return ["No list was written. " + _why_none(migration)]
    text = list_csv(sort_assignments(migration.assignments, settings.managed_roles))
    save_file(text, output, "the list", mode=settings.file_mode)
    next_step = f"next: rolesync validate {shlex.quote(str(output))}"
    return [] if list_on_stdout else [f"The list: {output}; {next_step}{source_settings}"]


def _why_none(migration: "Migration") -> str:
    if migration.refused:
        advice = ", or add --partial to write the list without their rows" if migration.assignments else ""
        return f"Correct the refused cells{advice}."
    return "No user gets a managed role; see the findings above, and the setting managed_roles."
