#!/usr/bin/env python3
"""The demo: validate, plan, apply and sync the sample list against a sandbox instead of Studio.

`make demo` runs it. It shows each command as typed, then runs it; an unexpected exit code ends the demo with 1.
Its files are in the folder `.demo`, which it makes again each time.
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
    ("Is the list correct? Studio is not asked yet.", f"validate {LIST}"),
    ("The dry run: what would change, and why? Nothing is written to Studio.", f"plan {LIST} -o {PLAN}"),
    ("The same plan as files for a reviewer.", f"show {PLAN} --html {FOLDER}/plan.html --markdown {FOLDER}/plan.md"),
    ("Apply exactly this plan, then read Studio again.", f"apply {PLAN} --yes"),
    ("What the nightly job does: now nothing is left to do.", f"sync {LIST}"),
    ("What happened, and when?", "runs"),
    ("Is the record complete and unchanged?", "audit verify"),
)
"""The steps: what each shows, and its command."""


class Stop:
    """Remembers a signal to stop. Raising while a command starts would leave the command running."""

    code = 0
    running: subprocess.Popen[bytes] | None = None

    def on_signal(self, number: int, _frame: object) -> None:
        """Handle a signal: remember its exit code, and end the running command."""
        self.code = 128 + number
        if self.running:
            self.running.terminate()

    def check(self) -> None:
        """End the demo if a signal arrived; open processes are closed on the way out.

        Raises:
            SystemExit: a signal arrived.
        """
        if self.code:
            raise SystemExit(self.code)


STOP = Stop()


def main() -> int:
    """Run every step; returns the exit code: 0 if each command ended as it should, else 1."""
    os.chdir(ROOT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, STOP.on_signal)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    SETTINGS.write_text(f'owner = "admin@example.edu"\nstate_dir = "{FOLDER}/state"\n', encoding="utf-8")
    announce("A Studio to try things on, with sample people", "rolesync sandbox --port 0 &")
    with sandbox() as exports:
        announce("Where it is, and the settings for it", f"export {shlex.join(f'{k}={v}' for k, v in exports.items())}")
        for title, command in STEPS:
            announce(title, f"rolesync {command}")
            code = run(command, environment(exports))
            if code:
                announce(f"The demo ends here: that command exited {code}, 0 was expected.")
                return 1
    announce(
        f"The audit record lies in {FOLDER}/state, the plan and its HTML page in {FOLDER}; nothing is left running."
    )
    return 0


@contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """Run a sandbox on a free port, and give the settings that lead to it.

    Raises:
        RuntimeError: it didn't start.
    """
    command = [str(ROLESYNC), "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # a command of STEPS
        try:
            yield {**settings_of(process), "ROLESYNC_CONFIG": str(SETTINGS)}
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def run(command: str, variables: Mapping[str, str]) -> int:
    """Run a rolesync command to its end; returns its exit code.

    Raises:
        SystemExit: a signal arrived.
    """
    STOP.check()
    with subprocess.Popen([ROLESYNC, *shlex.split(command)], env=variables) as process:  # noqa: S603  # a command of STEPS
        STOP.running = process
        if STOP.code:  # a signal arrived during the start
            process.terminate()
        code = process.wait()
        STOP.running = None
    STOP.check()
    return code


def settings_of(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read the `export NAME=VALUE …` line that a sandbox prints when it is ready."""
    deadline = Timer(START_SECONDS, process.kill)  # also ends readline below, because the pipe closes
    deadline.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        deadline.cancel()
    word, *pairs = shlex.split(line) or [""]
    if word != "export":
        raise RuntimeError(f"the sandbox didn't start; it printed {line!r}")
    return dict(pair.split("=", 1) for pair in pairs)


def environment(exports: Mapping[str, str]) -> dict[str, str]:
    """Make the environment of a step, without the settings of this user, which may name a real Studio."""
    others = {name: value for name, value in os.environ.items() if not name.upper().startswith("ROLESYNC_")}
    return {**others, **exports, "ROLESYNC_ACCOUNT": ""}  # empty, so that a .env in this folder can't name an account


def announce(text: str, command: str = "") -> None:
    """Show what the next step does, and its command."""
    command_line = f"\n$ {command}" if command else ""
    print(f"\n# {text}{command_line}", flush=True)  # noqa: T201  # the output of the demo


if __name__ == "__main__":
    sys.exit(main())
