"""`rolesync --help`: all commands in their groups, and the exit codes, on one screen."""

from itertools import zip_longest
from typing import Any

import typer
from typer.core import TyperGroup

from rolesync.cli.commands import COMMANDS, GROUPS
from rolesync.cli.exit_codes import EXIT_CODES

_OPTIONS = """\
  --help, --version; --help of a command shows its options and an example
  -q, --quiet    print only errors and results that were asked for
  -v, --verbose  print also each request and each step
"""
_HALF = 38  # columns of an exit code with its text, so that two fit a line


class RootGroup(TyperGroup):
    """The program with all its commands; the same help on a terminal and in a pipe."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  # Click's or Typer's, by version
        """Write usage, groups of commands, options and exit codes."""
        width = max(map(len, COMMANDS))
        formatter.write(f"Usage: rolesync COMMAND …\n\n{self.help}\n")
        for title, names in GROUPS.items():
            formatter.write(f"\n{_bold(title)}\n")
            formatter.write("".join(f"  {name:{width}}  {_summary(self.commands[name])}\n" for name in names))
        formatter.write(f"\n{_bold('Options')}\n{_OPTIONS}\n{_bold('Exit codes')}\n{exit_code_table()}")


def _bold(title: str) -> str:
    return typer.style(f"{title}:", bold=True)


def exit_code_table() -> str:
    """Format the exit codes in two columns, each line with its end."""
    cells = [f"{code:>3} {text}" for code, text in EXIT_CODES.items()]
    middle = (len(cells) + 1) // 2
    pairs = zip_longest(cells[:middle], cells[middle:], fillvalue="")
    return "".join(f"  {f'{left:{_HALF}} {right}'.rstrip()}\n" for left, right in pairs)


def _summary(command: Any) -> str:  # noqa: ANN401  # Click's or Typer's, by version
    """Return the first sentence of a command's help, without its full stop."""
    text = " ".join(str(command.help or "").split())
    return text.partition(". ")[0].removesuffix(".")
