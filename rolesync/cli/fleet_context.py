"""What the commands of a fleet share: their options, the fleet file, and the context with its engine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.fleet_output import fleet_progress, resume_command
from rolesync.cli.json_log import log_event
from rolesync.cli.notify_at_end import watch_fleet
from rolesync.cli.progress import configure_log
from rolesync.cli.verbosity import is_quiet, is_verbose
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from rolesync.fleet.fleet_file import Fleet
    from rolesync.fleet.fleet_run import FleetContext

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
    typer.Option("--shard", metavar="N/COUNT", help="Only this shard of the accounts, as in 3/20; then merge."),
]
LockPeer = Annotated[
    bool,
    typer.Option(
        "--lock-peer", help="Instead, prove that the lock on shared storage excludes: run this on two machines."
    ),
]
EngineOption = Annotated[
    str,
    typer.Option("--engine", metavar="NAME", help="Where the accounts run: local, or dask:ADDRESS of a scheduler."),
]


def open_fleet(file: Path) -> "Fleet":
    """Read the fleet file, and refuse settings from elsewhere."""
    from rolesync.fleet.environment import check_environment, state_dir
    from rolesync.fleet.fleet_file import read_fleet

    check_environment()
    return read_fleet(file, state_dir())


@contextmanager
def fleet_context(
    fleet: "Fleet", trusted: list[str] | None = None, engine: str = "local", *, watched: str = ""
) -> Iterator["FleetContext"]:
    """Make the context of a command; its progress is shown while the `with` block lasts.

    Args:
        fleet: the fleet file.
        trusted: the accounts whose record may be another than the journal knows.
        engine: where the accounts run, as `--engine` has it.
        watched: the command, if its end is reported; "" if it isn't.
    """
    from rolesync.fleet.engines import engine_of
    from rolesync.fleet.environment import log_settings, operator
    from rolesync.fleet.fleet_run import FleetContext

    unknown = [name for name in trusted or [] if name not in fleet.accounts]
    if unknown:
        raise UsageError(f"--trust-record {unknown[0]}: the fleet has no such account", hint="name an account")
    configure_log(*log_settings())
    watch_fleet(watched, fleet)
    with fleet_progress() as (progress, ended):
        log_level = "error" if is_quiet() else "debug" if is_verbose() else ""
        job_engine = engine_of(engine, fleet.folder, log_level)
        try:
            yield FleetContext(fleet, job_engine, operator(), frozenset(trusted or []), progress, ended)
        finally:
            job_engine.close()


@contextmanager
def hint_to_resume(fleet: "Fleet") -> Iterator[None]:
    """After an interruption, show the command that continues."""
    try:
        yield
    except KeyboardInterrupt:
        text = f"interrupted; to continue: {resume_command(fleet.path, shard=fleet.shard.replace('-of-', '/'))}"
        if not log_event("warning", text):
            print(text, file=sys.stderr)
        raise
