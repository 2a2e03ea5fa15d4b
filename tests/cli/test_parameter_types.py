"""The help names arguments and flags without Python's types."""

import sys

import pytest

from tests.cli.processes import on_terminal
from tests.command import Shell
from tests.terminal import CONTROLS

TYPES = ("<path>", "<bool>", "<str>", "<int", "list[", "{")


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("plan", "plan [OPTIONS] [FILE]"),
        ("show", "show [OPTIONS] PLAN|RUN"),
        ("migrate", "migrate [OPTIONS] SHEET..."),
        ("help", "help [OPTIONS] [TOPIC]"),
        ("fleet plan", "fleet plan [OPTIONS] FILE"),
        ("sandbox", "sandbox [OPTIONS]"),
    ],
)
def test_the_help_of_a_command_has_no_types(command: str, usage: str, sh: Shell) -> None:
    shown = sh.run(*command.split(), "--help").stdout
    assert f"Usage: rolesync {usage}\n" in shown
    assert not [each for each in TYPES if each in shown]


def test_nor_has_it_on_a_terminal() -> None:
    output = CONTROLS.sub("", on_terminal(sys.executable, "-m", "rolesync", "plan", "--help").decode())
    assert "plan [OPTIONS] [FILE]" in output
    assert not [each for each in TYPES if each in output]
