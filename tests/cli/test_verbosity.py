"""Quiet and verbose: every command takes both, and prints less or more."""

import json
import re

import pytest

from rolesync.cli.commands import COMMANDS
from rolesync.cli.verbosity import is_quiet, is_verbose, set_verbosity
from rolesync.errors import UsageError
from tests.command import SAMPLE, Shell


@pytest.mark.parametrize("command", [*COMMANDS, "audit show", "config show", "fleet plan"])
def test_every_command_takes_both(sh: Shell, command: str) -> None:
    if command in {"audit", "config", "fleet"}:
        return  # their subcommands do
    helped = sh.run(*command.split(), "--help").stdout
    assert "--quiet" in helped
    assert "--verbose" in helped


def test_a_quiet_command_prints_nothing_when_all_is_done(sh: Shell) -> None:
    for arguments in (
        ("plan", SAMPLE, "-o", "plan.json"),
        ("apply", "plan.json", "--yes"),
        ("sync", SAMPLE),
        ("export", "-o", "roles.csv"),
    ):
        completed = sh.run(*arguments, "-q")
        assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", ""), arguments


def test_a_quiet_command_prints_what_was_asked_for(sh: Shell) -> None:
    planned = sh.run("plan", SAMPLE, "--quiet")
    assert "2 removals, 4 additions" in planned.stdout
    assert planned.stderr == ""
    completed = sh.run("sync", SAMPLE, "--quiet", "--format", "json")
    assert json.loads(completed.stdout)["run"]["complete"]
    assert completed.stderr == ""


def test_a_quiet_command_prints_why_it_did_not_do_it(sh: Shell) -> None:
    few = sh.list_of(["admin@example.edu"])
    blocked = sh.run("plan", few, "-o", "plan.json", "-q")
    assert blocked.returncode == 4
    assert "BLOCKED" in blocked.stdout
    stopped = sh.run("sync", few, "-q")
    assert stopped.returncode == 4
    assert "BLOCKED" in stopped.stdout
    assert stopped.stderr.startswith("rolesync: ")


def test_a_verbose_command_prints_each_request_and_step(sh: Shell) -> None:
    completed = sh.run("plan", SAMPLE, "-v")
    assert completed.returncode == 0
    assert len(re.findall(r"GET /\S+ +200", completed.stderr)) == 6
    assert "looking up users: 3 of 5" in completed.stderr
    assert "sandbox-token" not in completed.stderr


def test_both_together_are_wrong_usage(sh: Shell) -> None:
    refused = sh.run("plan", SAMPLE, "-q", "-v")
    assert refused.returncode == 64
    assert "--quiet and --verbose contradict each other" in refused.stderr


def test_the_level_is_that_of_the_last_command() -> None:
    set_verbosity(quiet=True)
    assert (is_quiet(), is_verbose()) == (True, False)
    set_verbosity(verbose=True)
    assert (is_quiet(), is_verbose()) == (False, True)
    with pytest.raises(UsageError):
        set_verbosity(quiet=True, verbose=True)
    set_verbosity()
    assert (is_quiet(), is_verbose()) == (False, False)
