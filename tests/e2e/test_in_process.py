"""A command in the tests' process prints and ends as in a separate process, and leaves the tests' process unchanged."""

import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest
import structlog

from tests.command import OWNER, SAMPLE, Shell


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["audit", "show", "RUN"], 0),
        (["audit", "show", "RUN", "--format", "json"], 0),
        (["audit", "rekey"], 0),
        (["explain", OWNER, "--list", SAMPLE, "--live"], 0),
        (["login"], 64),
        (["plan"], 64),
        (["plan", "missing.csv", "--format", "json"], 3),
        (["--help"], 0),
    ],
    ids=str,
)
def test_it_prints_and_ends_as_in_a_process_of_its_own(synced: Shell, arguments: list[object], code: int) -> None:
    run = synced.record()[-1]["run"]
    words = [run if word == "RUN" else word for word in arguments]
    here, there = synced.run(*words), synced.run_process(*words)
    assert here.returncode == there.returncode == code, there.stderr
    assert here.stdout == there.stdout
    assert here.stderr == there.stderr
    assert here.stdout + here.stderr


def test_it_leaves_nothing_changed(sh: Shell) -> None:
    def state() -> list[object]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        streams = [sys.stdin, sys.stdout, sys.stderr, sys.argv, sys.excepthook, sys.modules["__main__"]]
        return [dict(os.environ), Path.cwd(), *handlers, *streams, tempfile.tempdir, [*logging.root.handlers]]

    before, log = state(), structlog.is_configured()
    assert sh.run("sync", SAMPLE, log_level="debug").returncode == 0
    assert (state(), structlog.is_configured()) == (before, log)


def test_an_unexpected_failure_is_a_traceback_and_code_1(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rolesync.workflows.read_list.read_list", None)
    done = sh.run("plan", SAMPLE)
    assert done.returncode == 1
    assert "TypeError: 'NoneType' object is not callable" in done.stderr
