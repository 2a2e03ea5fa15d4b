"""The table of commands: each has a module, and an example that its own help accepts and shows."""

import shlex

import pytest

from rolesync.cli.commands import COMMANDS, EXAMPLES, GROUPS
from tests.command import Shell


def test_each_command_is_in_one_group() -> None:
    assert list(COMMANDS) == [name for names in GROUPS.values() for name in names]
    assert len(set(COMMANDS)) == len(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_its_example(sh: Shell, command: str) -> None:
    program, name, *arguments = shlex.split(EXAMPLES[command])
    assert (program, name) == ("rolesync", command)
    helped = sh.run(command, "--help")
    assert helped.returncode == 0
    assert f"Example: {EXAMPLES[command]}" in " ".join(helped.stdout.split())
    for option in arguments:
        assert not option.startswith("-") or option in helped.stdout
