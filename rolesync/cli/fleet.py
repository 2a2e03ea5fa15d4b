"""`rolesync fleet …`: many accounts in one command, from one fleet file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.fleet_output import fleet_progress, resume_command, save_night, show_night
from rolesync.cli.fleet_review import fleet_review
from rolesync.cli.options import All, Form, Format, row_limit
from rolesync.cli.output import show_json, show_view
from rolesync.cli.plan_options import Detailed, Target
from rolesync.cli.verbosity import is_quiet, is_verbose, with_verbosity
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from rolesync.fleet.fleet_file import Fleet
    from rolesync.fleet.run import FleetContext

app = typer.Typer(help="Many accounts in one command, from one fleet file.", no_args_is_help=True)

FleetFile = Annotated[Path, typer.Argument(metavar="FILE", help="The fleet file (TOML).", show_default=False)]
NightFolder = Annotated[
    Path, typer.Argument(metavar="NIGHT", help="A folder that `fleet plan -o` wrote.", show_default=False)
]
FleetOption = Annotated[Path, typer.Option("--fleet", "-f", metavar="FILE", help="The fleet file.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TAG|NAME", help="Only these accounts; repeatable.", show_default=False),
]
Except = Annotated[
    list[str] | None,
    typer.Option("--not", metavar="TAG|NAME", help="All but these accounts; repeatable.", show_default=False),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust-record",
        metavar="NAME",
        help="Accept the record of this account, although it is not the newest; repeatable.",
        show_default=False,
    ),
]

ShardOption = Annotated[
    str,
    typer.Option("--shard", metavar="N/COUNT", help="Only this share of the accounts, as in 3/20; then merge."),
]


@app.command("check")
@with_verbosity
def fleet_check(file: FleetFile, only: Only = None, but: Except = None, form: Format = Form.TEXT) -> Exit:
    """Run the checks of `doctor` for all accounts in parallel, and read their lists. Writes to no Studio."""
    from rolesync.fleet.run import check_fleet
    from rolesync.fleet.selection import select

    with _context(_fleet(file)) as context:
        night = check_fleet(context, select(context.fleet, only or [], but or []))
    return show_night(night, form)


@app.command("plan")
@with_verbosity
def fleet_plan(
    file: FleetFile,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NIGHT", help="New folder for the plans.")],
    only: Only = None,
    but: Except = None,
    trust: Trust = None,
    shard: ShardOption = "",
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Dry run: plan all accounts, and save the plans. Writes to no Studio."""
    from rolesync.fleet.night_folder import check_new_folder, save_night
    from rolesync.fleet.run import plan_fleet
    from rolesync.fleet.selection import select

    fleet = _fleet(file)
    accounts = select(fleet, only or [], but or [])
    folder = output.absolute()
    if shard:
        from rolesync.fleet.shards import check_shard_folder, parse_shard

        share = parse_shard(shard)
        check_shard_folder(folder)
        fleet, accounts = replace(fleet, shard=str(share)), [each for each in accounts if share.has(each.name)]
        if not accounts:
            save_night(folder, fleet, "", [])
            return Exit.DONE
    else:
        check_new_folder(folder)
    with _context(fleet, trust) as context:
        night = plan_fleet(context, accounts, folder)
    return show_night(night, form, row_limit(show_all), folder=None if shard else output, detailed=detailed_exitcode)


@app.command("merge")
@with_verbosity
def fleet_merge(
    night_folder: NightFolder,
    file: FleetOption = Path("fleet.toml"),
    applied: Annotated[
        bool, typer.Option("--applied", help="Merge what the shards applied, not what they planned.")
    ] = False,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Merge the shards of a night into one, with the guards of the whole fleet and one exit code."""
    from rolesync.fleet.shards import check_shard_folder, merge_applied, merge_plans

    folder = night_folder.absolute()
    if not applied:
        check_shard_folder(folder)
    with _context(_fleet(file)) as context:
        night = (merge_applied if applied else merge_plans)(context, folder)
    shown = None if applied else night_folder
    return show_night(night, form, row_limit(show_all), folder=shown, detailed=detailed_exitcode)


app.command("review")(with_verbosity(fleet_review))


@app.command("apply")
@with_verbosity
def fleet_apply(
    night_folder: NightFolder,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Apply without asking; required without a terminal.")
    ] = False,
    trust: Trust = None,
    shard: ShardOption = "",
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Apply the plans of a night in stages; plans that need an approval, as they were approved."""
    from rolesync.cli.fleet_output import ask
    from rolesync.fleet.night_folder import check_same_file, load_night
    from rolesync.fleet.run import apply_fleet

    planned = load_night(night_folder)
    fleet = _fleet(planned.fleet_path)
    check_same_file(planned, fleet)
    if not yes:
        ask(planned.results, fleet.table.name)
    if shard:
        from rolesync.fleet.shards import apply_share, parse_shard

        share = parse_shard(shard)
        with _context(replace(fleet, shard=str(share)), trust) as context:
            night = apply_share(context, share, planned, night_folder.absolute())
        return show_night(night, form, row_limit(show_all))
    with _context(fleet, trust) as context, _hint_to_resume(fleet):
        night = apply_fleet(context, planned, night_folder.absolute())
    return show_night(night, form, row_limit(show_all), file=fleet.path)


@app.command("sync")
@with_verbosity
def fleet_sync(
    file: FleetFile,
    only: Only = None,
    but: Except = None,
    trust: Trust = None,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """The nightly job: plan all accounts, check the guards, apply in stages and prove the result."""
    from rolesync.fleet.run import sync_fleet
    from rolesync.fleet.selection import select

    with _context(_fleet(file), trust) as context, _hint_to_resume(context.fleet):
        night = sync_fleet(context, select(context.fleet, only or [], but or []))
    return show_night(night, form, row_limit(show_all), file=file)


@app.command("resume")
@with_verbosity
def fleet_resume(
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="Id of a run or its beginning; the last by default.")
    ] = "",
    file: FleetOption = Path("fleet.toml"),
    trust: Trust = None,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Apply what an earlier run left: accounts that did not begin, died or failed. Nothing is sent twice."""
    from rolesync.fleet.journal import find_night, past_nights
    from rolesync.fleet.resume import resume_fleet

    fleet = _fleet(file)
    past = find_night(past_nights(fleet.folder, run), run)
    with _context(fleet, trust) as context, _hint_to_resume(fleet):
        night = resume_fleet(context, past)
    return show_night(night, form, row_limit(show_all), file=file)


@app.command("show")
@with_verbosity
def fleet_show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[RUN|ACCOUNT]", help="Id of a run or its beginning, or an account; the last run by default."
        ),
    ] = "",
    file: FleetOption = Path("fleet.toml"),
    html: Target = None,
    csv: Target = None,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Show a run over the fleet; or each setting of an account, with the table that it comes from."""
    from rolesync.fleet.journal import find_night, past_nights

    fleet = _fleet(file)
    if name in fleet.accounts:
        return _show_account(fleet, name, form)
    night = find_night(past_nights(fleet.folder, name), name).night(fleet.table.name)
    if save_night(night, file, html, csv):
        return Exit.DONE
    show_night(night, form, row_limit(show_all), file=file)
    return Exit.DONE


@app.command("run")
@with_verbosity
def fleet_run(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account of the fleet.", show_default=False)],
    words: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="A command of rolesync.", show_default=False)
    ],
    file: FleetOption = Path("fleet.toml"),
) -> int:
    """Run a command of a single account with the settings that it has in the fleet, such as `-- doctor`."""
    from rolesync.fleet.account_command import run_account_command

    fleet = _fleet(file)
    if account not in fleet.accounts:
        raise UsageError(f"the fleet has no account {account!r}", hint=f"see {fleet.path}")
    if words[0] in {"fleet", "init", "config"}:
        raise UsageError(f"{words[0]} is no command of a single account", hint="see rolesync fleet --help")
    return run_account_command(fleet, fleet.accounts[account], words)


def _show_account(fleet: "Fleet", name: str, form: Form) -> Exit:
    from rolesync.fleet.selection import settings_with_origins

    rows = settings_with_origins(fleet.accounts[name])
    if form is Form.JSON:
        show_json(
            {"account": name, "settings": [dict(zip(("name", "value", "from"), row, strict=True)) for row in rows]}
        )
        return Exit.DONE
    from rolesync.report.terminal.fleet import origins_view

    show_view(origins_view(rows))
    return Exit.DONE


def _fleet(file: Path) -> "Fleet":
    """Read the fleet file, and refuse settings from elsewhere."""
    from rolesync.fleet.environment import check_environment, state_dir
    from rolesync.fleet.fleet_file import read_fleet

    check_environment()
    return read_fleet(file, state_dir())


@contextmanager
def _context(fleet: "Fleet", trusted: list[str] | None = None) -> Iterator["FleetContext"]:
    """Make the context of a command; its progress is shown while the `with` block lasts."""
    from rolesync.fleet.environment import operator
    from rolesync.fleet.run import FleetContext
    from rolesync.fleet.workers import LocalEngine

    unknown = [name for name in trusted or [] if name not in fleet.accounts]
    if unknown:
        raise UsageError(f"--trust-record {unknown[0]}: the fleet has no such account", hint="name an account")
    with fleet_progress() as (progress, ended):
        engine = LocalEngine(log_level="error" if is_quiet() else "debug" if is_verbose() else "")
        yield FleetContext(fleet, engine, operator(), frozenset(trusted or []), progress, ended)


@contextmanager
def _hint_to_resume(fleet: "Fleet") -> Iterator[None]:
    """After an interruption, show the command that continues."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"interrupted; to continue: {resume_command(fleet.path)}", file=sys.stderr)
        raise
