"""A program as a channel: JSON on its standard input, and none of our settings in its environment."""

import json
from pathlib import Path

import pytest

from rolesync.notify.http_delivery import DeliveryError
from rolesync.notify.message import compose
from rolesync.notify.program import run_program
from tests.notify.tools import ending, network, table

MESSAGE = compose(ending())


def test_a_program_gets_the_message_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_TOKEN", "s3cr3t")
    run_program(MESSAGE, table("command", command=["sh", "-c", "cat > got; env > env"]), network(tmp_path))
    received = json.loads((tmp_path / "got").read_text(encoding="ascii"))
    assert (received["event"], received["title"]) == ("blocked", MESSAGE.title)
    assert received["text"].startswith("Changes: Admin +1 -2")
    assert "s3cr3t" not in (tmp_path / "env").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "script",
    ["sleep 0.3; cat > got", "exec < /dev/null; sleep 0.3", "yes | head -c 3000000; sleep 0.3", "{ sleep 0.5; } &"],
    ids=["slow", "reads nothing", "talks", "forks"],
)
def test_a_program_may_be_slow_and_talk(tmp_path: Path, script: str) -> None:
    run_program(MESSAGE, table("command", command=["sh", "-c", script]), network(tmp_path))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["sh", "-c", "exit 3"], "the command ended with exit code 3"),
        (["/nowhere/program"], "the command can't be started: No such file"),
        (["sleep", "60"], "the command took more than 0.1 s, and was ended"),
    ],
)
def test_a_program_that_fails_has_a_reason(tmp_path: Path, command: list[str], reason: str) -> None:
    with pytest.raises(DeliveryError, match=reason):
        run_program(MESSAGE, table("command", command=command), network(tmp_path, seconds=0.1))
