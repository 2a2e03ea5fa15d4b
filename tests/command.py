"""Runs commands in a clean environment, in this process or in another, and sandboxes in another."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from rolesync.sandbox.control_client import Control
from tests.in_process import run_in_process
from tests.paths import ROOT

ROLESYNC = Path(sys.executable).with_name("rolesync")
SAMPLE = ROOT / "sample_data" / "desired_roles.csv"

OWNER = "admin@example.edu"
TOKEN = "sandbox-token"
ADMINS = (
    OWNER,
    "maria.fernandes@example.edu",
    "zoe.akerstrom@example.edu",
    "siobhan.o'neill@example.edu",
    "k.mensah+studio@example.edu",
    "yuki.tanaka@example.edu",
    "priya.raman@example.edu",
    "tomasz.wojcik@example.edu",
    "greg.stone@example.edu",
    "beatriz.lima@example.edu",
)
"""Who holds Admin in a new sandbox."""

_SECONDS = 60  # after which a command hangs, however slow the machine
_TERMINAL = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}


COVERAGE = "COVERAGE_PROCESS_CONFIG"
"""The variable that makes Python processes measure coverage."""


@dataclass(frozen=True)
class Shell:
    """A folder of its own and a clean environment, in which commands are run; settings are given in lower case."""

    folder: Path
    variables: dict[str, str]

    def environment(self, **settings: object) -> dict[str, str]:
        """The variables of one command; a setting that is None is unset."""
        named = {f"ROLESYNC_{name.upper()}": value for name, value in settings.items()}
        return {name: str(value) for name, value in {**self.variables, **named}.items() if value is not None}

    def run(self, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run rolesync to its end in this process, with pipes instead of a terminal."""
        words = [str(word) for word in arguments]
        return run_in_process(words, self.folder, self.environment(**settings), timeout=_SECONDS)

    def run_process(self, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run rolesync to its end in a process, where the process is what the test is about."""
        return self.call(ROLESYNC, *arguments, **settings)

    def call(self, *command: object, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run any command to its end."""
        return subprocess.run(
            [str(word) for word in command],
            cwd=self.folder,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )

    def json(self, *arguments: object, exit_code: int = 0, **settings: object) -> Any:  # JSON
        """Run rolesync with --format json, check how it ended, and read what it answered."""
        done = self.run(*arguments, "--format", "json", **settings)
        assert done.returncode == exit_code, done.stderr
        assert done.stdout.isascii()
        return json.loads(done.stdout)

    @contextmanager
    def started(self, *arguments: object, **settings: object) -> Iterator[subprocess.Popen[str]]:
        """Start rolesync and go on; it is gone when the `with` block ends."""
        with subprocess.Popen(
            [str(word) for word in (ROLESYNC, *arguments)],
            cwd=self.folder,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def list_of(self, addresses: Iterable[str], name: str = "list.csv", role: str = "Admin") -> Path:
        """Write a list that gives each of these people the role."""
        path = self.folder / name
        path.write_text("".join(["email,role\n", *(f"{address},{role}\n" for address in addresses)]), encoding="utf-8")
        return path

    def record(self, state: str = "state") -> list[dict[str, Any]]:
        """Every whole line of the audit record, as it stands in the file."""
        (path,) = self.folder.glob(f"{state}/*/audit.jsonl")
        lines = path.read_text(encoding="ascii").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]


def clean() -> dict[str, str]:
    """This process' environment without any setting, and without a terminal's."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("ROLESYNC_") and name not in _TERMINAL
    }


def shell(folder: Path, studio: Control) -> Shell:
    """A shell whose settings lead to this sandbox, and whose state stays in the folder."""
    settings = {
        "ROLESYNC_BASE_URL": studio.base_url,
        "ROLESYNC_TOKEN": TOKEN,
        "ROLESYNC_OWNER": OWNER,
        "ROLESYNC_STATE_DIR": str(folder / "state"),
    }
    return Shell(folder, {**clean(), **settings})


def nonzero(counts: Mapping[str, int]) -> dict[str, int]:
    """Only the kinds that came at all."""
    return {kind: number for kind, number in counts.items() if number}


Action = tuple[int, str, str]
"""The id of a user, the API's verb, and the role."""


def logged_actions(studio: Control) -> list[Action]:
    """All actions that Studio's own log shows as done through its API, in order."""
    return [(change["user_id"], change["action"], change["role"]) for change in studio.log() if change["by"] == "api"]


def recorded_actions(records: Iterable[Mapping[str, Any]]) -> list[Action]:
    """All actions that the record shows as sent, in order."""
    intents = [record for record in records if record["event"] == "intent"]
    return [(action["user_id"], action["action"], action["role"]) for intent in intents for action in intent["actions"]]


@contextmanager
def sandbox(*options: str, measured: bool = True) -> Iterator[Control]:
    """Run `rolesync sandbox` on a free port until the `with` block ends; `measured` is whether its coverage counts."""
    command, environment = [str(ROLESYNC), "sandbox", "--port", "0", *options], clean()
    if not measured:
        environment.pop(COVERAGE, None)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        deadline = Timer(_SECONDS, process.kill)  # ends the line below too, as the pipe closes
        deadline.start()
        try:
            line = process.stdout.readline()
            deadline.cancel()
            settings = dict(pair.split("=", 1) for pair in shlex.split(line)[1:])
            assert settings.keys() == {"ROLESYNC_BASE_URL", "ROLESYNC_TOKEN", "ROLESYNC_OWNER"}, line
            yield Control(settings["ROLESYNC_BASE_URL"])
            process.terminate()
            assert process.wait(_SECONDS) == 0
        finally:
            deadline.cancel()
            process.kill()
