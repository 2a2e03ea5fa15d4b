#!/usr/bin/env python3
"""The whole job on this machine, start to end: a sandbox instead of Studio, the sample list, and every command once.

`make demo` runs it. Each command is shown as a person would type it, then run; one that ends with another exit code
than expected ends the demo with 1. Everything it leaves is in `.demo/`, made afresh each time.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(".demo")
LIST = Path("sample_data", "desired_roles.csv")
PLAN = FOLDER / "plan.json"
SETTINGS = FOLDER / "rolesync.toml"
ROLESYNC = Path(sys.executable).with_name("rolesync")

START_SECONDS = 30
STOP_SECONDS = 10

STEPS = (
    ("Is the list well-formed? Nobody is asked yet.", f"validate {LIST}"),
    ("The dry run: what would change, and why? Nothing is written to Studio.", f"plan {LIST} -o {PLAN}"),
    ("The same plan for whoever reviews it.", f"show {PLAN} --html {FOLDER}/plan.html --markdown {FOLDER}/plan.md"),
    ("Apply exactly this plan, then read Studio again.", f"apply {PLAN} --yes"),
    ("What the nightly job does: now there is nothing left to do.", f"sync {LIST}"),
    ("What happened, and when?", "runs"),
    ("Is the record of it whole?", "audit verify"),
)
"""What is done, and the command that does it."""


class Stop:
    """Whether the demo was asked to stop: nothing is raised in the middle of starting a command, which would go on."""

    code = 0
    running: subprocess.Popen[bytes] | None = None

    def asked(self, number: int, _frame: object) -> None:
        """Take a signal."""
        self.code = 128 + number
        if self.running:
            self.running.terminate()

    def check(self) -> None:
        """End the demo if that was asked for; what was opened is closed on the way out."""
        if self.code:
            raise SystemExit(self.code)


STOP = Stop()


def main() -> int:
    """Run every step; returns the exit code: 0 if each command ended as it should, else 1."""
    os.chdir(ROOT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, STOP.asked)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    SETTINGS.write_text(f'owner = "admin@example.edu"\nstate_dir = "{FOLDER}/state"\n', encoding="utf-8")
    say("A Studio to try things on, with sample people", "rolesync sandbox --port 0 &")
    with sandbox() as exports:
        say("Where it is, and the settings for it", f"export {shlex.join(f'{k}={v}' for k, v in exports.items())}")
        for title, command in STEPS:
            say(title, f"rolesync {command}")
            code = run(command, environment(exports))
            if code:
                say(f"The demo ends here: that command exited {code}, 0 was expected.")
                return 1
    say(f"The audit record lies in {FOLDER}/state, the plan and its HTML page in {FOLDER}; nothing is left running.")
    return 0


@contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """Run a sandbox on a free port, and give the settings that lead to it.

    Raises:
        RuntimeError: it didn't start.
    """
    command = [str(ROLESYNC), "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
        try:
            yield {**settings_of(process), "ROLESYNC_CONFIG": str(SETTINGS)}
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def run(command: str, variables: Mapping[str, str]) -> int:
    """Run one of rolesync's commands to its end; returns its exit code.

    Raises:
        SystemExit: the demo was asked to stop.
    """
    STOP.check()
    with subprocess.Popen([ROLESYNC, *shlex.split(command)], env=variables) as process:  # noqa: S603  # our own command
        STOP.running = process
        if STOP.code:  # asked for while it was started
            process.terminate()
        code = process.wait()
        STOP.running = None
    STOP.check()
    return code


def settings_of(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read the `export NAME=VALUE …` line with which a sandbox says that it is ready."""
    deadline = Timer(START_SECONDS, process.kill)  # ends the line below too, as the pipe closes
    deadline.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        deadline.cancel()
    word, *pairs = shlex.split(line) or [""]
    if word != "export":
        raise RuntimeError(f"the sandbox didn't start; it said {line!r}")
    return dict(pair.split("=", 1) for pair in pairs)


def environment(exports: Mapping[str, str]) -> dict[str, str]:
    """Make the environment of a step: no settings of whoever runs the demo, who may have a real Studio."""
    foreign = {name: value for name, value in os.environ.items() if not name.upper().startswith("ROLESYNC_")}
    return {**foreign, **exports, "ROLESYNC_ACCOUNT": ""}  # empty, lest a .env in this folder names one


def say(text: str, command: str = "") -> None:
    """Tell what comes next."""
    typed = f"\n$ {command}" if command else ""
    print(f"\n# {text}{typed}", flush=True)  # noqa: T201  # a demo is there to be read


if __name__ == "__main__":
    sys.exit(main())
