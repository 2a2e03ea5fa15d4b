"""`rolesync fleet …`: many accounts in one command, from one fleet file."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.files import check_target
from rolesync.cli.fleet_context import (
    EngineOption,
    Except,
    FleetFile,
    FleetOption,
    LockPeer,
    NightFolder,
    Only,
    ShardOption,
    Trust,
    fleet_context,
    hint_to_resume,
    open_fleet,
)
from rolesync.cli.fleet_lock import check_lock
from rolesync.cli.fleet_output import next_command, save_night, show_night, show_past_night
from rolesync.cli.fleet_review import fleet_review
from rolesync.cli.options import All, Form, Format, row_limit
from rolesync.cli.output import show_json, show_view
from rolesync.cli.plan_options import Detailed, Target
from rolesync.cli.verbosity import with_verbosity
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from rolesync.fleet.fleet_file import Fleet

app = typer.Typer(help="Many accounts in one command, from one fleet file.", no_args_is_help=True)


@app.command("check")
@with_verbosity
def fleet_check(
    file: FleetFile,
    only: Only = None,
    but: Except = None,
    engine: EngineOption = "local",
    lock_peer: LockPeer = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Run the checks of `doctor` for all accounts in parallel, and read their lists. Writes to no Studio."""
    from rolesync.fleet.commands import check_fleet
    from rolesync.fleet.selection import select

    if lock_peer:
        return check_lock(open_fleet(file), form)
    with fleet_context(open_fleet(file), engine=engine) as context:
        night = check_fleet(context, select(context.fleet, only or [], but or []))
    return show_night(night, form, file)


@app.command("plan")
@with_verbosity
def fleet_plan(
    file: FleetFile,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NIGHT", help="New folder for the plans.")],
    only: Only = None,
    but: Except = None,
    trust: Trust = None,
    engine: EngineOption = "local",
    shard: ShardOption = "",
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Dry run: plan all accounts, and save the plans. Writes to no Studio."""
    from rolesync.fleet.commands import plan_fleet
    from rolesync.fleet.night_folder import check_new_folder, save_night
    from rolesync.fleet.selection import select

    fleet = open_fleet(file)
    accounts = select(fleet, only or [], but or [])
    folder = output.absolute()
    if shard:
        from rolesync.fleet.shards import check_shard_folder, parse_shard

        chosen_shard = parse_shard(shard)
        check_shard_folder(folder)
        fleet, accounts = (
            replace(fleet, shard=str(chosen_shard)),
            [each for each in accounts if chosen_shard.has(each.name)],
        )
        if not accounts:
            save_night(folder, fleet, "", [])
            return Exit.DONE
    else:
        check_new_folder(folder)
    with fleet_context(fleet, trust, engine, watched="plan") as context:
        night = plan_fleet(context, accounts, folder)
    plan_folder = None if shard else output
    limit = row_limit(show_all)
    return show_night(night, form, file, limit, folder=plan_folder, detailed=detailed_exitcode, shard=shard)


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
    with fleet_context(open_fleet(file), watched="apply" if applied else "plan") as context:
        night = (merge_applied if applied else merge_plans)(context, folder)
    plan_folder = None if applied else night_folder
    return show_night(night, form, file, row_limit(show_all), folder=plan_folder, detailed=detailed_exitcode)


app.command("review")(with_verbosity(fleet_review))


@app.command("apply")
@with_verbosity
def fleet_apply(
    night_folder: NightFolder,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Apply without asking; required without a terminal.")
    ] = False,
    trust: Trust = None,
    engine: EngineOption = "local",
    shard: ShardOption = "",
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Apply the plans of a night in stages; plans that need an approval, as they were approved."""
    from rolesync.cli.fleet_output import ask
    from rolesync.fleet.commands import apply_fleet, results_to_apply
    from rolesync.fleet.night_folder import check_same_file, load_night
    from rolesync.fleet.shards import apply_shard, parse_shard

    planned = load_night(night_folder)
    fleet = open_fleet(planned.fleet_path)
    check_same_file(planned, fleet)
    folder, chosen_shard = night_folder.absolute(), parse_shard(shard) if shard else None
    if not yes:
        results = results_to_apply(fleet, planned, folder)
        ask([each for each in results if not chosen_shard or chosen_shard.has(each.account)], fleet.table.name)
    fleet = replace(fleet, shard=str(chosen_shard or ""))
    with fleet_context(fleet, trust, engine, watched="apply") as context, hint_to_resume(fleet):
        night = (
            apply_shard(context, chosen_shard, planned, folder)
            if chosen_shard
            else apply_fleet(context, planned, folder)
        )
    return show_night(night, form, fleet.path, row_limit(show_all), is_resumable=True, shard=shard)


@app.command("sync")
@with_verbosity
def fleet_sync(
    file: FleetFile,
    only: Only = None,
    but: Except = None,
    trust: Trust = None,
    engine: EngineOption = "local",
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """The nightly job: plan all accounts, check the guards, apply in stages and prove the result."""
    from rolesync.fleet.commands import sync_fleet
    from rolesync.fleet.selection import select

    with fleet_context(open_fleet(file), trust, engine, watched="sync") as context, hint_to_resume(context.fleet):
        night = sync_fleet(context, select(context.fleet, only or [], but or []))
    return show_night(night, form, file, row_limit(show_all), is_resumable=True)


@app.command("resume")
@with_verbosity
def fleet_resume(
    run: Annotated[
        str,
        typer.Argument(metavar="[RUN]", help="Id of a run or its beginning; by default the last sync or apply."),
    ] = "",
    file: FleetOption = Path("fleet.toml"),
    trust: Trust = None,
    engine: EngineOption = "local",
    shard: ShardOption = "",
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Apply what an earlier run left: accounts that did not begin, died or failed. Nothing is sent twice."""
    from rolesync.fleet.past_nights import find_night
    from rolesync.fleet.resume import RESUMABLE, resume_fleet
    from rolesync.fleet.shards import parse_shard, resume_shard

    chosen_shard = parse_shard(shard) if shard else None
    fleet = replace(open_fleet(file), shard=str(chosen_shard or ""))
    earlier = find_night(fleet.folder, run, RESUMABLE)
    with fleet_context(fleet, trust, engine, watched="resume") as context, hint_to_resume(fleet):
        night = resume_shard(context, chosen_shard, earlier) if chosen_shard else resume_fleet(context, earlier)
    return show_night(night, form, file, row_limit(show_all), is_resumable=True, shard=shard)


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
    from rolesync.fleet.past_nights import find_night

    check_target(html, "the run of the fleet", report="html")
    check_target(csv, "the run of the fleet", report="csv")
    fleet = open_fleet(file)
    if name in fleet.accounts:
        if html or csv:
            raise UsageError(
                f"{name} is an account, and --html and --csv save a run", hint="name a run, or leave out the account"
            )
        return _show_account(fleet, name, form)
    night = find_night(fleet.folder, name).night(fleet.table.name)
    if save_night(night, file, html, csv):
        return Exit.DONE
    show_past_night(night, form, row_limit(show_all), next_command(night, file, None))
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

    fleet = open_fleet(file)
    if account not in fleet.accounts:
        raise UsageError(f"the fleet has no account {account!r}", hint=f"see {fleet.path}")
    if words[0] in {"fleet", "init", "config"}:
        raise UsageError(f"{words[0]} is not a command of a single account", hint="see rolesync fleet --help")
    return run_account_command(fleet, fleet.accounts[account], words)


def _show_account(fleet: "Fleet", name: str, form: Form) -> Exit:
    from rolesync.fleet.selection import values_with_origins

    values = values_with_origins(fleet.accounts[name])
    if form is Form.JSON:
        rows = [{"name": each.name, "value": each.value, "from": each.origin} for each in values]
        show_json({"account": name, "settings": rows})
        return Exit.DONE
    from rolesync.report.terminal.fleet import origins_view

    show_view(origins_view((each.name, each.text, each.origin) for each in values))
    return Exit.DONE
