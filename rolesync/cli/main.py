"""The `rolesync` program: find the command, run it, and turn every error into one message and an exit code."""

import os
import re
import signal
import sys
from importlib import import_module
from itertools import pairwise
from types import FrameType
from typing import Annotated

import typer
from typer.main import get_command

from rolesync import __version__
from rolesync.cli.commands import COMMANDS, EXAMPLES
from rolesync.cli.completion import VARIABLE, completed_words, prepare_completion
from rolesync.cli.json_log import log_event, set_json_log
from rolesync.cli.notify_at_end import CommandEnd, reported_end
from rolesync.cli.output import PIPED_WIDTH
from rolesync.cli.parameter_types import omit_types
from rolesync.cli.refusal import error_json, show_refusal_json, write_error
from rolesync.cli.rich_imports import asks_for_help, import_rich_lightly
from rolesync.cli.root_help import RootGroup
from rolesync.cli.streams import steady_streams
from rolesync.cli.verbosity import Quiet, Verbose, set_verbosity, with_verbosity
from rolesync.errors import DeclinedError, Exit, RolesyncError, UsageError

# Click's base class of usage errors. Its module depends on the Typer version: newer ones contain a copy of Click.
ClickUsageError = typer.BadParameter.__bases__[0]

_FOR_VERSION = re.compile(r"No such (command|option)\W+(version|V)\b")  # as other programs have it


def main() -> None:
    """Run the command that the arguments of this process name, and leave with its exit code."""
    # Pydantic looks for plugins in the metadata of every installed package, which takes longer than our imports.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with steady_streams(), reported_end() as end:
        code = end.exit_code = _run(end)
    sys.exit(code)


def _run(end: CommandEnd) -> int:
    """Run the command, show its error if it ends with one, and return its exit code; `end` gets the error."""
    signals = _stop_on_terminate()
    set_verbosity()
    set_json_log(is_json=None)
    on_terminal = sys.stdout.isatty()
    arguments = sys.argv[1:]
    if (words := completed_words()) is not None:
        prepare_completion()
        arguments = words[1:]
    first_argument = next(iter(arguments), "")
    naming = {} if words is None else {"prog_name": "rolesync", "complete_var": VARIABLE}
    if on_terminal and first_argument in COMMANDS and asks_for_help(arguments):
        import_rich_lightly()
    try:
        command = get_command(_build_app(first_argument, on_terminal=on_terminal))
        omit_types(command)
        code = command(standalone_mode=False, **naming) or Exit.DONE
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt  # noqa: TRY301  # newer versions of Typer return it as an exit code
    except RolesyncError as error:
        end.error = error
        if _wants_json(sys.argv):
            show_refusal_json(error_json(error))
        code = write_error(error)
    except ClickUsageError as error:  # type: ignore[misc]  # mypy can't know the class
        error.message = _usage_message(error.message)
        if _wants_json(sys.argv):
            show_refusal_json(error_json(UsageError(error.format_message(), hint="see rolesync --help")))
        if not log_event("error", error.format_message(), hint="rolesync --help", exit_code=int(Exit.USAGE)):
            error.show()
        code = Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        next_step = "; `rolesync runs` shows what was done" if sys.argv[1:2] in (["apply"], ["sync"]) else ""
        write_error(DeclinedError(f"interrupted{next_step}"))
        code = 128 + signals[0] if signals else Exit.INTERRUPTED
    return int(code)


def _usage_message(message: str) -> str:
    message = message.replace("Value error, ", "")  # how Pydantic begins a message of Typer
    if _FOR_VERSION.match(message):
        return f"{message.rstrip('.')}; to see the version: rolesync --version"
    return message


def _build_app(first_argument: str, *, on_terminal: bool) -> typer.Typer:
    """Register the command that the first argument names, or else all commands.

    Only a terminal gets boxes and colours: they are slow to import and unwanted in a pipe.
    """
    app = typer.Typer(
        name="rolesync",
        help="Keep the roles of Canvas Studio users equal to a list of desired roles.",
        cls=RootGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich" if on_terminal else None,
        pretty_exceptions_enable=False,  # its tracebacks show local variables, which may hold a token
        context_settings={
            "help_option_names": ["-h", "--help"],
            **({} if on_terminal else {"terminal_width": PIPED_WIDTH}),
        },
    )
    app.callback()(_options)
    names = () if first_argument == "--version" else COMMANDS
    for name in [first_argument] if first_argument in COMMANDS else names:
        module = import_module(f"rolesync.cli.{name}")
        example = f"Example: {EXAMPLES[name]}"
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, epilog=example)
        else:
            app.command(name, epilog=example)(with_verbosity(getattr(module, name)))
    return app


def _show_version(value: bool) -> None:  # as Typer calls it
    if value:
        sys.stdout.write(f"rolesync {__version__}\n")
        raise typer.Exit


def _options(
    *,
    quiet: Quiet = False,
    verbose: Verbose = False,
    version: Annotated[  # noqa: ARG001  # its callback shows it
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True, show_default=False),
    ] = False,
) -> None:
    """Take the options that come before the command."""
    set_verbosity(quiet=quiet, verbose=verbose)


def _wants_json(arguments: list[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _stop_on_terminate() -> list[int]:
    """Let SIGTERM end a command as Ctrl-C does, so that the run is recorded; returns the list of signals received."""
    signals: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    return signals
