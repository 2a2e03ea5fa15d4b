"""What follows a run over a fleet."""

from io import StringIO
from pathlib import Path

import pytest

from rolesync.cli.fleet_output import ask, fleet_progress, resume_command, show_night
from rolesync.cli.options import Form
from rolesync.cli.verbosity import set_verbosity
from rolesync.errors import DeclinedError, UsageError
from rolesync.model.fleet import AccountStatus, Night
from tests.fleet.tools import plan, result

A = AccountStatus


@pytest.mark.parametrize(
    ("status", "command", "following"),
    [
        (A.WAITING, "plan", "rolesync fleet review 'my night'"),
        (A.PLANNED, "plan", "rolesync fleet apply 'my night'"),
        (A.NOT_BEGUN, "sync", "rolesync fleet resume r1 -f 'my fleet.toml'"),
        (A.LOCKED, "apply", "rolesync fleet resume r1 -f 'my fleet.toml'"),
        (A.REFUSED, "sync", ""),
        (A.NOT_BEGUN, "check", ""),
        (A.DONE, "sync", ""),
    ],
)
def test_the_next_command_is_the_right_one(
    status: AccountStatus, command: str, following: str, capsys: pytest.CaptureFixture[str]
) -> None:
    night = Night("district", "r1", command, (result("a", status, plan=plan()),), {})
    folder = Path("my night") if command == "plan" else None
    show_night(night, Form.TEXT, Path("my fleet.toml"), is_resumable=True, folder=folder)
    output = capsys.readouterr().out
    assert ("Next" in output) == bool(following)
    assert following in output


def test_the_default_file_is_not_named_and_an_apply_without_plans_is_not_resumed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert resume_command(Path("fleet.toml")) == "rolesync fleet resume"
    assert resume_command(Path("fleet.toml"), shard="3/20") == "rolesync fleet resume --shard 3/20"
    died = Night("district", "r1", "apply", (result("a", A.DIED),), {})
    show_night(died, Form.TEXT, Path("fleet.toml"), is_resumable=True)
    assert "resume" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "shard", "advice"),
    [
        ("check", "", "to see each account: rolesync fleet show r1 -f 'my fleet.toml'"),
        ("plan", "1/3", "once all shards have ended: rolesync fleet merge NIGHT"),
        ("apply", "1/3", "once all shards have ended: rolesync fleet merge NIGHT --applied"),
    ],
)
def test_the_advice_at_the_end_is_a_command_that_finds_the_run(
    command: str, shard: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    night = Night("district", "r1", command, (result("a", A.DIED),), {})
    show_night(night, Form.TEXT, Path("my fleet.toml"), shard=shard)
    assert capsys.readouterr().err.rstrip().endswith(advice)


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    set_verbosity(quiet=True)
    with fleet_progress() as (progress, ended):
        progress("a", "stage", 1, 2)
        ended(result("a"), 0)
    set_verbosity()
    assert capsys.readouterr().err == ""


def test_it_asks_only_on_a_terminal() -> None:
    with pytest.raises(UsageError, match="standard input is not a terminal"):
        ask([result("a", A.PLANNED, plan=plan(removals=2))], "district")


class Typed(StringIO):
    """Answers, as if they were typed at a terminal."""

    def isatty(self) -> bool:
        return True


def test_it_asks_with_the_numbers_of_what_is_applied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = [result(name, A.PLANNED, plan=plan(removals=2, additions=1)) for name in ("a", "b")]
    others = [result("c", A.WAITING, plan=plan(removals=9)), result("d", A.EMPTY, plan=plan())]
    monkeypatch.setattr("sys.stdin", Typed("n\ny\n"))
    with pytest.raises(DeclinedError):
        ask([*planned, *others], "district")
    ask(planned, "district")
    ask(others, "district")  # nothing is to be applied, so it doesn't ask
    questions = capsys.readouterr().err
    assert "Remove 4 and add 2 roles in 2 accounts of district; 1 account can't be applied?" in questions
    assert "Remove 4 and add 2 roles in 2 accounts of district?" in questions
    assert questions.count("Remove") == 2


def test_each_result_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with fleet_progress() as (progress, ended):
        progress("a", "search", 1, 2)
        ended(result("a", A.TIMED_OUT, seconds=1.25), 3)
    assert capsys.readouterr().err == "a: timed out (1.2 s; 3 to go)\n"
