"""Questions to the person at the terminal, on standard error; answers are checked by who asks."""

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import SecretStr


class TerminalQuestions:
    """Asks at the terminal. Ctrl-C and the end of the input raise `typer.Abort`."""

    def say(self, text: str) -> None:
        """Show lines, wrapped between words to the width of the terminal."""
        width = shutil.get_terminal_size().columns
        sys.stderr.write("".join(f"{_wrapped(line, width)}\n" for line in text.split("\n")))

    def ask(self, question: str, default: str = "") -> str:
        """Ask for a line; the empty line is the default, which is shown unless it is empty."""
        return str(typer.prompt(question, default=default, show_default=bool(default), err=True))

    def ask_secret(self, question: str) -> "SecretStr":
        """Ask for a line that the terminal doesn't show."""
        from pydantic import SecretStr

        return SecretStr(str(typer.prompt(question, default="", show_default=False, hide_input=True, err=True)).strip())

    def confirm(self, question: str) -> bool:
        """Ask a question whose default answer is yes."""
        return bool(typer.confirm(question, default=True, err=True))


def _wrapped(line: str, width: int) -> str:
    """Wrap a line with its indent; an address is never broken, so that it can be copied."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line.lstrip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def on_terminal() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
