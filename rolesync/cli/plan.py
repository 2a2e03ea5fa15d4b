"""Commands about plans: make one from a list or from a run to take back, and look at one."""

import shlex
import sys
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
    NoPager,
    PlanOrRun,
    RunId,
    Sheet,
    limit,
    load_settings,
    save,
    save_forms,
    show,
    working,
    write,
)
from rolesync.cli.pager import pager_of
from rolesync.cli.validate import show_list
from rolesync.errors import Exit, PlanRefusedError, RecordBrokenError, RecordError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rolesync.model.plans import Plan
    from rolesync.report.html.tables import Touched
    from rolesync.settings import Settings

NoRemovals = Annotated[bool, typer.Option("--no-removals", help="Never remove anybody: the additive mode.")]
HoldRemovals = Annotated[
    bool,
    typer.Option("--hold-removals", help="Additions only; each removal is shown as held, and guards don't count it."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="PLAN", help="Save the plan, to review and apply it.")
]
Detailed = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 where changes are pending, 0 where there are none.")
]
Impact = Annotated[
    bool, typer.Option("--impact", help="Tell what media people have who would lose a role; a request or more each.")
]
Target = Annotated[Path | None, typer.Option(metavar="FILE", help="Write that form; - is standard output.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(plan)
    app.command("show")(show_plan)
    app.command()(undo)


def plan(
    file: ListFile,
    output: Output = None,
    no_removals: NoRemovals = False,
    hold_removals: HoldRemovals = False,
    impact: Impact = False,
    sheet: Sheet = None,
    header_row: HeaderRow = None,
    bad_rows: BadRows = None,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """The dry run: read the list and Studio, show what would change and why. Never writes to Studio."""
    from rolesync.workflows.plan import plan_list, read_list

    reading = {"sheet": sheet, "header_row": header_row, "bad_rows": bad_rows}
    settings = settings_of(config, assignments, no_removals, hold_removals, reading)
    with working(settings) as job:
        desired = read_list(file, job)
        if desired.status == "reject":
            show_list(desired, settings.managed_roles, form, show_all=show_all)
            return Exit.INPUT_REFUSED
        made = plan_list(desired, job, impact=impact)
    return _deliver(made, output, form, show_all=show_all, detailed=detailed_exitcode)


def undo(
    run: RunId,
    output: Output = None,
    impact: Impact = False,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Plan to take back what a run really did, as far as Studio is still so; review and apply it like any plan."""
    from rolesync.workflows.plan import plan_undo

    with working(load_settings(config, assignments)) as job:
        made = plan_undo(run, job, impact=impact)
    return _deliver(made, output, form, show_all=show_all, detailed=detailed_exitcode)


def _deliver(made: "Plan", output: Path | None, form: Form, *, show_all: bool, detailed: bool) -> Exit:
    """Save a new plan if a place is named, show it, and say by the exit code what it comes to."""
    text = plan_json(made)
    if output:
        save(text, output, "the plan")
    if form is Form.JSON:
        write(text)
    else:
        show_made(made, show_all, applying(output or "PLAN"))
    if made.blocked:
        return Exit.BLOCKED
    return Exit.PENDING if detailed and len(made.changes) else Exit.DONE


def show_plan(
    what: PlanOrRun,
    html: Target = None,
    markdown: Target = None,
    csv: Target = None,
    xlsx: Target = None,
    json: Target = None,
    show_all: All = False,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Show a saved plan again, or what became of a run: on the terminal, or as a file for whoever reviews it.

    A file of that name comes first. A run is told from the record alone. A pager is given all rows.
    """
    targets = {"html": html, "markdown": markdown, "csv": csv, "xlsx": xlsx, "json": json}
    file, pager = Path(what), pager_of(wanted=not no_pager)
    if not file.exists():
        from rolesync.cli.audit import show_run

        return show_run(what, targets, show_all, pager, form, config, assignments)
    made = load_plan(file)
    touched = touched_by(made, config, assignments) if html else None
    written = _write_forms(made, targets, touched)
    if form is Form.JSON:
        write(plan_json(made))
    elif not written:
        show_made(made, show_all or bool(pager), applying(file), pager)
    return Exit.DONE


def settings_of(
    config: Path | None,
    assignments: list[str] | None,
    no_removals: bool,
    hold_removals: bool,
    reading: "Mapping[str, object]",
) -> "Settings":
    """Read the settings, with what the options say of removals and of reading the list.

    Raises:
        UsageError: both options are given, or the settings are wrong.
    """
    if no_removals and hold_removals:
        raise UsageError(
            "--no-removals and --hold-removals together make no sense",
            hint="--no-removals leaves removals out of the plan, --hold-removals shows them as held: choose one",
        )
    mode = "additive" if no_removals else None
    return load_settings(config, assignments, mode=mode, hold_removals=hold_removals or None, **reading)


def load_plan(path: Path) -> "Plan":
    """Read a saved plan.

    Raises:
        UsageError: there is no such file.
        PlanRefusedError: it is no plan, or not the one that was saved.
    """
    from rolesync.planner.encode import from_json

    try:
        text = path.read_bytes().decode("ascii")
    except OSError as error:
        raise UsageError(f"plan {path} can't be read: {error.strerror}", hint="name a file saved by plan -o") from error
    except UnicodeDecodeError as error:
        raise PlanRefusedError(
            f"{path} is no plan of rolesync: byte {error.start} isn't ASCII", hint="make a new plan: rolesync plan FILE"
        ) from error
    try:
        return from_json(text)
    except PlanRefusedError as error:
        raise PlanRefusedError(f"{path}: {error.message}", hint=error.hint) from error


def touched_by(made: "Plan", config: Path | None, assignments: list[str] | None) -> "Touched | None":
    """Ask the record for the last run that touched each person; None where it can't tell, since a plan needs none.

    Only the settings say where the records are, and a plan can be shown without any. The plan says whose is meant.

    Raises:
        UsageError: settings were named for it, and they are wrong.
    """
    from rolesync.audit.files import RECORD
    from rolesync.history.person import last_changes
    from rolesync.report.content.text import safe

    try:
        own = load_settings(config, assignments)
    except UsageError:
        if config or assignments:
            raise
        return None
    users, key = set(made.changes["user_id"].tolist()), own.audit_key.get_secret_value()
    folder = own.dir_of(made.account)
    try:
        return last_changes(folder, users, key=key) if (folder / RECORD).exists() else None
    except (OSError, RecordError, RecordBrokenError) as error:
        sys.stderr.write(f"the page can't say which run last touched whom: {safe(str(error))}\n")
        return None


def plan_json(made: "Plan") -> str:
    """Spell a plan as it is saved."""
    from rolesync.planner.encode import to_json

    return to_json(made)


def _write_forms(made: "Plan", targets: dict[str, Path | None], touched: "Touched | None") -> int:
    """Write the plan in every form asked for; returns how many."""
    from rolesync.report.html.page import plan_html
    from rolesync.report.markdown import plan_markdown
    from rolesync.report.spreadsheet.plan import plan_csv, plan_xlsx

    makers: dict[str, Callable[[Plan], str | bytes]] = {
        "html": lambda plan: plan_html(plan, touched),
        "markdown": plan_markdown,
        "csv": plan_csv,
        "xlsx": plan_xlsx,
        "json": plan_json,
    }
    return save_forms(made, makers, targets, "the plan")


def applying(plan_path: Path | str) -> str:
    """Name the command that applies a saved plan."""
    return f"rolesync apply {shlex.quote(str(plan_path))}"


def show_made(made: "Plan", show_all: bool, command: str, pager: "Sequence[str]" = ()) -> None:
    """Show a plan on the terminal; `command` applies it, "" where that happens at once."""
    from rolesync.report.terminal.plan import plan_view

    show(plan_view(made, limit=limit(show_all), command=command), pager=pager)
