"""Questions at a terminal: what is asked is shown, and a secret is not."""

import stat

import pytest

from rolesync.cli.questions import TerminalQuestions
from rolesync.sandbox.control_client import Control
from tests.command import OWNER, TOKEN, Shell
from tests.terminal import CONTROLS, Terminal

ACCOUNT, KIND, SECRET, WHO, ROLES, LIST = (
    "Account: ",
    "1 or 2 [1]: ",
    "(not shown): ",
    "user id): ",
    "[Admin]: ",
    ".csv]: ",
)


def newcomer(sh: Shell) -> Shell:
    """A shell without any setting, whose home is its folder."""
    named = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
    return Shell(sh.folder, {**named, "HOME": str(sh.folder)})


def test_a_newcomer_answers_and_the_next_commands_work(sh: Shell, studio: Control) -> None:
    new = newcomer(sh)
    answers = (KIND, "2\n", SECRET, "wrong\n", SECRET, f"{TOKEN}\n", WHO, "nobody@example.edu\n", WHO, f"{OWNER}\n")
    then = (*answers, ROLES, "Admn\n", ROLES, "\n", LIST, "\n", "[Y/n]: ", "\n")
    screen = Terminal(new, "init", question=ACCOUNT, answer=f"{studio.base_url}/page?x\n", then=then)
    output = CONTROLS.sub("", screen.text)
    assert screen.code == 0, output
    assert "Studio doesn't accept this token" in output
    assert "no user of Studio is nobody@example.edu" in output
    assert f"<{OWNER}> #1002 holds Admin, Teacher" in output or f"<{OWNER}>" in output
    assert "did you mean Admin?" in output
    assert TOKEN not in output
    assert stat.S_IMODE((new.folder / "secrets").stat().st_mode) == 0o700
    for name in ("rolesync.toml", "secrets/rolesync_token"):
        assert stat.S_IMODE((new.folder / name).stat().st_mode) == 0o600
    for command in ("doctor", "plan roles.csv -o plan.json"):
        assert f"rolesync {command}" in output
        completed = new.run(*command.split())
        assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "NOTHING TO DO" in completed.stdout


def test_lines_break_between_words_and_addresses_never(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    address = "https://studio.example.edu/authorise?client_id=1"
    TerminalQuestions().say(
        f"\nWhich roles does rolesync manage?\n  {address}\n  Alexandra Novak holds Admin, Teacher."
    )
    assert capsys.readouterr().err.splitlines() == [
        "", "Which roles does rolesync", "manage?", f"  {address}", "  Alexandra Novak holds Admin,", "  Teacher.",
    ]  # fmt: skip


def test_an_interrupted_newcomer_leaves_nothing(sh: Shell, studio: Control) -> None:
    new = newcomer(sh)
    then = (KIND, "2\n", SECRET, f"{TOKEN}\n", WHO, "\x04")
    screen = Terminal(new, "init", question=ACCOUNT, answer=f"{studio.base_url}\n", then=then)
    assert screen.code == 130
    assert "no settings were written" in screen.text
    assert list(new.folder.iterdir()) == []
