"""The command line: finds the command, runs it, and turns errors into one clear line and an exit code.

Start-up imports only the command that is asked for, and of that only what parsing needs; each command imports its own
rooms when it runs.
"""

import contextlib
import os
import signal
import sys
from importlib import import_module
from itertools import pairwise
from types import FrameType

import typer

from rolesync.cli.exit_codes import EXIT_CODES
from rolesync.cli.output import PIPED_WIDTH, show_json
from rolesync.cli.rich_imports import asks_for_help, import_rich_lightly
from rolesync.errors import Exit, RolesyncError

# Newer versions of Typer bring a Click of their own; this is its base of all wrong usage, whichever it is.
WrongUsage = typer.BadParameter.__bases__[0]

# In the order of `--help`. Each is a function of its name in a module of its name; `audit` has commands of its own.
COMMANDS = (
    *("validate", "export", "plan", "show", "undo", "rehearse", "review", "apply", "sync", "migrate"),
    *("runs", "explain", "audit", "login", "doctor", "sandbox", "help"),
)


def main() -> None:
    """Run the command of this process, and leave with its exit code."""
    # Pydantic looks for plugins in the metadata of every installed package, which takes longer than our own imports.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a test's stream may not be a real one
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal without our letters
    received = _stop_on_terminate()
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    if on_terminal and asks_for_help(sys.argv[1:]):
        import_rich_lightly()
    try:
        code = _build_app("".join(sys.argv[1:2]), on_terminal=on_terminal)(standalone_mode=False) or Exit.DONE
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt  # noqa: TRY301  # newer versions of Typer make an exit code of it
    except RolesyncError as error:
        code = _refuse(error)
    except WrongUsage as error:  # type: ignore[misc]  # a class, known only when Typer is
        if _json_wanted(sys.argv):
            _show_refusal(error.format_message(), "see rolesync --help", Exit.USAGE)
        error.show()
        code = Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        told = "; `rolesync runs` tells what was done" if sys.argv[1:2] in (["apply"], ["sync"]) else ""
        sys.stderr.write(f"rolesync: interrupted{told}\n")
        code = 128 + received[0] if received else Exit.INTERRUPTED
    sys.exit(int(code))


def _build_app(first: str, *, on_terminal: bool) -> typer.Typer:
    """Collect the commands: the one that `first` names, or all of them.

    Only a terminal gets boxes and colours, which are slow to import and disturb a pipe.
    """
    app = typer.Typer(
        name="rolesync",
        help="Keep the roles of Canvas Studio users equal to a list: reviewed, guarded, proven, recorded.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich" if on_terminal else None,
        pretty_exceptions_enable=False,  # its tracebacks can show local variables, and so a token
        context_settings={
            "help_option_names": ["-h", "--help"],
            **({} if on_terminal else {"terminal_width": PIPED_WIDTH}),
        },
    )
    # A single command would take the place of the group; a callback keeps it a group.
    app.callback()(lambda: None)
    for name in [first] if first in COMMANDS else COMMANDS:
        module = import_module(f"rolesync.cli.{name}")
        if name == "audit":
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def _refuse(error: RolesyncError) -> Exit:
    """Say why the command ends here: as JSON where JSON was asked for, and always in words on standard error."""
    from rolesync.report.content.text import escape_for_display

    if _json_wanted(sys.argv):
        _show_refusal(error.message, error.hint, error.exit_code)
    sys.stderr.write(
        f"rolesync: {escape_for_display(error.message)}\n"
        + (f"  → {escape_for_display(error.hint)}\n" if error.hint else "")
    )
    return error.exit_code


def _show_refusal(message: str, hint: str, code: Exit) -> None:
    show_json({"status": "refused", "error": {"message": message, "hint": hint, "exit_code": int(code)}})


def _json_wanted(arguments: list[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _stop_on_terminate() -> list[int]:
    """Let SIGTERM end a command as Ctrl-C does, with everything written down; returns where its number will stand."""
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    return received
