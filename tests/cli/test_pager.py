"""The pager: when there is one, what it gets, and what happens when it can't start."""

import os
import signal
import sys
from pathlib import Path

import pytest

from rolesync.cli.pager import pager_command, show_in_pager


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Standard output is a terminal, and the environment names no pager."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("PAGER", "LESS", "LV"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def script(tmp_path: Path) -> str:
    """A pager that keeps its text and the settings of less in files."""
    path = tmp_path / "pager"
    path.write_text(f'#!/bin/sh\ncat >"{tmp_path}/text"\necho "$LESS" >"{tmp_path}/less"\n', encoding="ascii")
    path.chmod(0o755)
    return str(path)


def test_the_pager_is_the_one_that_the_environment_names(terminal: pytest.MonkeyPatch, script: str) -> None:
    terminal.setenv("PAGER", f"{script} --quit-at-end 'two words'")
    assert pager_command() == (script, "--quit-at-end", "two words")


def test_less_is_the_default_and_always_shows_colours(terminal: pytest.MonkeyPatch, tmp_path: Path) -> None:
    less = tmp_path / "less"
    less.write_text("", encoding="ascii")
    less.chmod(0o755)
    terminal.setenv("PATH", str(tmp_path))
    assert pager_command() == ("less", "-R")
    terminal.setenv("PAGER", f"{less} -S")
    assert pager_command() == (str(less), "-S", "-R")


@pytest.mark.parametrize("pager", ["", "cat", "no-such-pager", "a quote that' nothing closes"])
def test_without_a_usable_pager_there_is_none(terminal: pytest.MonkeyPatch, pager: str) -> None:
    terminal.setenv("PAGER", pager)
    assert pager_command() == ()


def test_there_is_no_pager_where_none_is_wanted_or_the_terminal_is_none(
    terminal: pytest.MonkeyPatch, script: str
) -> None:
    terminal.setenv("PAGER", script)
    assert pager_command(use_pager=False) == ()
    terminal.setenv("TERM", "dumb")
    assert pager_command() == ()
    terminal.setenv("TERM", "xterm")
    terminal.setattr(sys.stdout, "isatty", lambda: False)
    assert pager_command() == ()


def test_a_pager_gets_the_text_and_the_settings_of_less(
    terminal: pytest.MonkeyPatch, script: str, tmp_path: Path
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    assert show_in_pager("Zoë\n", [script])
    assert (tmp_path / "text").read_text(encoding="utf-8") == "Zoë\n"
    assert (tmp_path / "less").read_text(encoding="ascii") == "FRX\n"
    terminal.setenv("LESS", "-x")
    assert show_in_pager("Zoë\n", [script])
    assert (tmp_path / "less").read_text(encoding="ascii") == "-x\n"
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_pager_that_is_quit_early_is_no_failure() -> None:
    assert show_in_pager("line\n" * 100_000, ["true"])


def test_a_pager_that_cannot_start_leaves_the_text_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "pager").write_text("no program", encoding="ascii")
    assert not os.access(tmp_path / "pager", os.X_OK)
    assert not show_in_pager("text\n", [str(tmp_path / "pager")])


def test_an_interruption_ends_the_pager(tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGTERM)

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "pager"
    path.write_text(
        f"#!/bin/sh\ntrap 'echo ended >\"{tmp_path}/end\"; exit' TERM\ncat >/dev/null\nkill -TERM $PPID\n"
        "for turn in $(seq 600); do sleep 0.1; done\n",
        encoding="ascii",
    )
    path.chmod(0o755)
    signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            show_in_pager("text\n", [str(path)])
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert (tmp_path / "end").read_text(encoding="ascii") == "ended\n"
