"""Questions to the person at the terminal, on standard error; answers are checked by who asks."""

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import SecretStr


class TerminalQuestions:
    """Asks at the terminal. Ctrl-C and the end of the input raise `typer.Abort`."""

    def say(self, text: str) -> None:
        """Show lines."""
        sys.stderr.write(f"{text}\n")

    def ask(self, question: str, default: str = "") -> str:
        """Ask for a line; the empty line is the default, which is shown."""
        return str(typer.prompt(question, default=default or None, err=True))

    def ask_secret(self, question: str) -> "SecretStr":
        """Ask for a line that the terminal doesn't show."""
        from pydantic import SecretStr

        return SecretStr(str(typer.prompt(question, hide_input=True, err=True)).strip())

    def confirm(self, question: str) -> bool:
        """Ask a question whose default answer is yes."""
        return bool(typer.confirm(question, default=True, err=True))


def on_terminal() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
