"""The `rolesync` program: find the command, run it, and turn every error into one message and an exit code."""

import os
import signal
import sys
from importlib import import_module
from itertools import pairwise
from types import FrameType

import typer

from rolesync.cli.exit_codes import EXIT_CODES
from rolesync.cli.output import PIPED_WIDTH
from rolesync.cli.refusal import error_json, show_refusal_json, write_error
from rolesync.cli.rich_imports import asks_for_help, import_rich_lightly
from rolesync.cli.streams import steady_streams
from rolesync.errors import Exit, RolesyncError, UsageError

# Click's base class of usage errors. Its module depends on the Typer version: newer ones contain a copy of Click.
ClickUsageError = typer.BadParameter.__bases__[0]

# In the order of `--help`. Each command is a function in a module of the same name; a few have subcommands.
COMMANDS = (
    *("init", "config"),
    *("validate", "export", "plan", "show", "undo", "rehearse", "review", "apply", "sync", "migrate"),
    *("runs", "explain", "audit", "fleet", "login", "doctor", "sandbox", "help"),
)


def main() -> None:
    """Run the command that the arguments of this process name, and leave with its exit code."""
    # Pydantic looks for plugins in the metadata of every installed package, which takes longer than our imports.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with steady_streams():
        code = _run()
    sys.exit(code)


def _run() -> int:
    """Run the command, report its error if it ends with one, and return its exit code."""
    signals = _stop_on_terminate()
    on_terminal = sys.stdout.isatty()
    if on_terminal and asks_for_help(sys.argv[1:]):
        import_rich_lightly()
    try:
        code = _build_app(next(iter(sys.argv[1:]), ""), on_terminal=on_terminal)(standalone_mode=False) or Exit.DONE
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt  # noqa: TRY301  # newer versions of Typer return it as an exit code
    except RolesyncError as error:
        if _wants_json(sys.argv):
            show_refusal_json(error_json(error))
        code = write_error(error)
    except ClickUsageError as error:  # type: ignore[misc]  # mypy can't know the class
        if _wants_json(sys.argv):
            show_refusal_json(error_json(UsageError(error.format_message(), hint="see rolesync --help")))
        error.show()
        code = Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        next_step = "; `rolesync runs` shows what was done" if sys.argv[1:2] in (["apply"], ["sync"]) else ""
        sys.stderr.write(f"rolesync: interrupted{next_step}\n")
        code = 128 + signals[0] if signals else Exit.INTERRUPTED
    return int(code)


def _build_app(first_argument: str, *, on_terminal: bool) -> typer.Typer:
    """Register the command that the first argument names, or else all commands.

    Only a terminal gets boxes and colours: they are slow to import and unwanted in a pipe.
    """
    app = typer.Typer(
        name="rolesync",
        help="Keep the roles of Canvas Studio users equal to a list: reviewed, guarded, proven, recorded.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich" if on_terminal else None,
        pretty_exceptions_enable=False,  # its tracebacks show local variables, which may hold a token
        context_settings={
            "help_option_names": ["-h", "--help"],
            **({} if on_terminal else {"terminal_width": PIPED_WIDTH}),
        },
    )
    # Typer turns an app with a single command into that command; a callback prevents it.
    app.callback()(lambda: None)
    for name in [first_argument] if first_argument in COMMANDS else COMMANDS:
        module = import_module(f"rolesync.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


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
