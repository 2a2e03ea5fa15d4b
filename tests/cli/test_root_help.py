"""`rolesync --help`: groups, options and exit codes on one screen."""

import sys

from rolesync.cli.commands import COMMANDS, GROUPS
from rolesync.cli.exit_codes import EXIT_CODES
from rolesync.cli.root_help import exit_code_table
from tests.cli.processes import on_terminal
from tests.command import Shell


def test_the_whole_help_fits_a_screen(sh: Shell) -> None:
    helped = sh.run("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    lines = helped.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 50
    assert not any(line.endswith("...") for line in lines)


def test_each_command_is_under_its_group_with_a_summary(sh: Shell) -> None:
    shown = sh.run("--help").stdout
    commands = [line.split()[0] for line in shown.splitlines() if line.startswith("  ") and line.split()[0] in COMMANDS]
    assert commands == list(COMMANDS)
    assert all(f"\n{title}:\n" in shown for title in GROUPS)
    without = sh.run()
    assert shown.strip() in without.stdout + without.stderr


def test_it_is_the_same_on_a_terminal(sh: Shell) -> None:
    shown = on_terminal(sys.executable, "-m", "rolesync", "--help").decode()
    plain = shown.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\r\n", "\n")
    assert plain.rstrip() == sh.run("--help").stdout.rstrip()


def test_the_exit_codes_are_in_two_columns_in_order() -> None:
    lines = exit_code_table().splitlines()
    assert len(lines) == 5
    assert lines[0] == "    0 done (for plan: planned)             5 incomplete: failed or not verified"
    assert all(f"{code:>3} {text}" in exit_code_table() for code, text in EXIT_CODES.items())
