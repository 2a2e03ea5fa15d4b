"""On a terminal: the question before an apply, colours and progress bars."""

import json
import re
from pathlib import Path

import pytest

from rolesync.sandbox.control_client import Control
from tests.cli.reviewing import GONE, decide, planned, review
from tests.command import ADMINS, SAMPLE, Shell
from tests.terminal import CONTROLS, Terminal

QUESTION = "Apply 2 removals, 4 additions to"


@pytest.fixture
def plan(sh: Shell) -> Path:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    return sh.folder / "plan.json"


def test_yes_applies_the_plan_that_was_shown(sh: Shell, studio: Control, plan: Path) -> None:
    screen = Terminal(sh, "apply", plan.name, question=QUESTION, answer="y\n")
    assert screen.code == 0
    shown, _, rest = CONTROLS.sub("", screen.text).partition(QUESTION)
    assert "greg.stone@example.edu" in shown
    assert "COMPLETE" in rest
    assert re.search(r"applying +━+ 6/6", rest)
    assert "\x1b[" in screen.text
    assert len(studio.log()) == 6


def test_no_leaves_everything_as_it_is(sh: Shell, studio: Control, plan: Path) -> None:
    screen = Terminal(sh, "apply", plan.name, question=QUESTION, answer="n\n")
    assert screen.code == 130
    assert "not applied, as you answered; nothing was written" in screen.text
    assert "Traceback" not in screen.text
    assert studio.log() == []
    assert [record["event"] for record in sh.record()] == ["plan"]


def test_a_plan_that_was_applied_says_so_without_a_question(sh: Shell, studio: Control, plan: Path) -> None:
    run = sh.json("apply", plan.name, "--yes")["run"]
    written = studio.log()
    screen = Terminal(sh, "apply", plan.name, COLUMNS="200")
    assert screen.code == 0
    assert QUESTION not in screen.text
    assert f"Already applied by run {run}; sent 0" in CONTROLS.sub("", screen.text)
    assert studio.log() == written
    assert sh.run("apply", plan.name).returncode == 64  # still no terminal


def test_a_plan_that_would_be_refused_is_refused_before_the_question(sh: Shell) -> None:
    planned(sh)
    decide(sh, "exclude", GONE[0], "on leave")
    assert sh.run(*review("remove 1, add 1", "--decisions", "plan.xlsx")).returncode == 0
    assert sh.run("apply", "plan.approved.json", "--yes").returncode == 0
    screen = Terminal(sh, "apply", "plan.json")
    assert screen.code == 4
    assert "Apply 2 removals" not in screen.text
    assert "as Rita Levi approved it" in " ".join(screen.text.split())


def test_a_reviewer_is_asked_for_name_and_effect(sh: Shell, plan: Path) -> None:
    named, does = "Who approves this plan", "What does it do?"
    assert sh.run("show", plan.name, "--csv", "plan.csv").returncode == 0
    command = ("review", plan.name, "--decisions", "plan.csv")
    screen = Terminal(sh, *command, question=named, answer="Rita\n", then=(does, "Remove 2, add 4\n"))
    assert screen.code == 0
    assert "greg.stone@example.edu" in CONTROLS.sub("", screen.text).partition(named)[0]
    approved = json.loads((sh.folder / "plan.approved.json").read_text(encoding="ascii"))
    assert (approved["approval"]["reviewer"], approved["approval"]["seen"]) == ("Rita", "remove 2, add 4")


def test_a_reviewer_who_breaks_off_approves_nothing(sh: Shell, plan: Path) -> None:
    screen = Terminal(sh, "review", plan.name, "--reviewer", "Rita", question="What does it do?", answer="\x04")
    assert screen.code == 130
    assert "interrupted before anything was approved" in screen.text
    assert not (sh.folder / "plan.approved.json").exists()


@pytest.fixture
def long_plan(sh: Shell) -> Path:
    everybody = sh.list_of([*ADMINS, *(f"nobody{number}@example.edu" for number in range(80))])
    sh.json("plan", everybody, "-o", "long.json")
    return sh.folder / "long.json"


@pytest.fixture
def pager(sh: Shell) -> str:
    """A pager that keeps its text in a file, and prints that it ran."""
    script = sh.folder / "pager.sh"
    script.write_text('cat >"$1"; echo "paged with LESS=$LESS"\n', encoding="ascii")
    return f"sh {script} '{sh.folder / 'paged text'}'"


def test_what_is_longer_than_the_terminal_goes_through_the_pager(sh: Shell, long_plan: Path, pager: str) -> None:
    screen = Terminal(sh, "show", long_plan, PAGER=pager)
    assert screen.code == 0
    assert screen.text == "paged with LESS=FRX\r\n"
    paged = (sh.folder / "paged text").read_text(encoding="utf-8")
    assert "\x1b[" in paged  # in colour
    assert paged.count("nobody") == 80  # all of them: whoever searches there must find everybody
    assert "--all" not in paged
    for command in (("runs",), ("explain", ADMINS[0], "--live"), ("show", sh.record()[0]["run"])):
        assert "paged with LESS=-x" in Terminal(sh, *command, PAGER=pager, LESS="-x", LINES="3").text


def test_what_fits_the_terminal_is_printed(sh: Shell, plan: Path, pager: str) -> None:
    screen = Terminal(sh, "show", plan, PAGER=pager, LINES="90")
    assert (screen.code, "greg.stone@example.edu" in screen.text) == (0, True)
    assert "paged" not in screen.text


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (("--no-pager",), {}),
        ((), {"PAGER": ""}),
        ((), {"PAGER": "cat"}),
        ((), {"PAGER": "no-such-pager"}),
        ((), {"PAGER": "a quote that' nothing closes"}),
        ((), {"TERM": "dumb"}),
    ],
)
def test_without_a_pager_the_terminal_gets_the_first_rows(
    sh: Shell, long_plan: Path, pager: str, options: tuple[str, ...], variables: dict[str, str]
) -> None:
    screen = Terminal(sh, "show", long_plan, *options, **{"PAGER": pager, **variables})
    assert screen.code == 0
    assert screen.text.count("nobody") == 50
    assert "… and 30 more held rows; `--all` shows all." in screen.text
    assert "paged" not in screen.text


def test_a_pager_that_is_quit_at_once_changes_no_exit_code(sh: Shell, long_plan: Path) -> None:
    screen = Terminal(sh, "show", long_plan, PAGER="true")
    assert (screen.code, screen.text) == (0, "")
    broken = Terminal(sh, "show", "missing.json", PAGER="true")
    assert broken.code == 3


def test_less_shows_colours_and_goes_on_at_q(sh: Shell, long_plan: Path) -> None:
    screen = Terminal(sh, "show", long_plan, question="nobody20@", answer="q", LESS="M", LESSSECURE="1")
    assert screen.code == 0
    assert "ESC[" not in screen.text
    assert "nobody79@" not in screen.text


def test_a_pipe_gets_no_pager(sh: Shell, long_plan: Path, pager: str) -> None:
    done = Shell(sh.folder, {**sh.variables, "PAGER": pager}).run("show", long_plan)
    assert done.returncode == 0
    assert "paged" not in done.stdout
    assert done.stdout.count("nobody") == 50
