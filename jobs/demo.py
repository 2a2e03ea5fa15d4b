#!/usr/bin/env python3
"""The demo: validate, plan, apply and sync the sample list against a sandbox instead of Studio.

`make demo` runs it. It shows each command as typed, runs it, and shows the lines of its output that matter;
`make demo DETAILS=1` shows all of them. An unexpected exit code ends the demo with 1. Its files are in the folder
`.demo`, which it makes again each time.
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(".demo")
LIST = Path("sample_data", "desired_roles.csv")
PLAN = FOLDER / "plan.json"
PAGE = FOLDER / "plan.html"
SETTINGS = FOLDER / "rolesync.toml"
ROLESYNC = Path(sys.executable).with_name("rolesync")

START_SECONDS = 30
STOP_SECONDS = 10

VERDICT = r"(READY|COMPLETE|NOTHING TO DO|WARNINGS|VALID|WHOLE) .*"
CHANGE = r"[-+] (add|remove) .*|(Changes|Held): .*"  # and the headings that tell changes from held rows
FINDING = r"(error|warning)  .*"
RUN = r".*\b\d{8}T\d{6}-.*"

STEPS = (
    ("Is the list correct? Studio is not asked yet.", f"validate {LIST}", f"{VERDICT}|{FINDING}"),
    (
        "The dry run: what would change, and why? Nothing is written to Studio.",
        f"plan {LIST} -o {PLAN}",
        f"{VERDICT}|{CHANGE}",
    ),
    (
        "The same plan as a page for a reviewer.",
        f"show {PLAN} --html {PAGE} --markdown {FOLDER}/plan.md",
        ".*saved as.*",
    ),
    ("Apply exactly this plan, then read Studio again.", f"apply {PLAN} --yes", VERDICT),
    ("What the nightly job does: now nothing is left to do.", f"sync {LIST}", VERDICT),
    ("What happened, and when?", "runs", RUN),
    ("Is the record complete and unchanged?", "audit verify", VERDICT),
)
"""The steps: what each shows, its command, and a pattern of the lines that are shown without --details."""


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
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--details", action="store_true", help="show the whole output of each command")
    details = parser.parse_args().details
    os.chdir(ROOT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, STOP.on_signal)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    SETTINGS.write_text(f'owner = "admin@example.edu"\nstate_dir = "{FOLDER}/state"\n', encoding="utf-8")
    announce("A Studio to try things on, with sample users", "rolesync sandbox --port 0 &")
    with sandbox() as exports:
        announce("Where it is, and the settings for it", f"export {shlex.join(f'{k}={v}' for k, v in exports.items())}")
        for title, command, pattern in STEPS:
            announce(title, f"rolesync {command}")
            code = run(command, environment(exports), None if details else pattern)
            if code:
                announce(f"The demo ends here: that command exited {code}, 0 was expected.")
                return 1
    announce_end(details=details)
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


def run(command: str, variables: Mapping[str, str], pattern: str | None) -> int:
    """Run a rolesync command to its end; returns its exit code.

    Its output is shown as it comes if `pattern` is None. Else only the lines that match are shown; all of them if the
    command fails, or if none matches.

    Raises:
        SystemExit: a signal arrived.
    """
    STOP.check()
    captured = None if pattern is None else subprocess.PIPE
    with subprocess.Popen(  # noqa: S603  # a command of STEPS
        [ROLESYNC, *shlex.split(command)],
        env=variables,
        stdout=captured,
        stderr=None if pattern is None else subprocess.STDOUT,
    ) as process:
        STOP.running = process
        if STOP.code:  # a signal arrived during the start
            process.terminate()
        output = (process.communicate()[0] or b"").decode("utf-8", "replace")
        code = process.returncode
        STOP.running = None
    STOP.check()
    lines = output.splitlines()
    print("\n".join((not code and pattern and story(lines, pattern)) or lines), end="\n" if lines else "", flush=True)  # noqa: T201
    return code


def story(lines: Iterable[str], pattern: str) -> list[str]:
    """Choose the lines that match, without frames and with single gaps between their columns."""
    plain = (re.sub(r"\s{2,}", "  ", line.strip(" ┃")) for line in lines)
    return [f"  {line}" for line in plain if re.fullmatch(pattern, line)]


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


def announce_end(*, details: bool) -> None:
    """Show where the results are, and how to look at the page."""
    page = PAGE.resolve().as_uri()
    announce(f"The plan as its reviewer gets it is a page; open it in a browser:\n  {page}")
    if sys.stdout.isatty() and has_browser():
        print(f"  such as by: {shlex.join([sys.executable, '-m', 'webbrowser', page])}")  # noqa: T201
    more = "" if details else " `make demo DETAILS=1` shows all output."
    announce(f"The plan and the audit record are in {FOLDER}; nothing is left running.{more}")


def has_browser() -> bool:
    """Whether this machine has a browser that Python can open."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def announce(text: str, command: str = "") -> None:
    """Show what the next step does, and its command."""
    command_line = f"\n$ {command}" if command else ""
    print(f"\n# {text}{command_line}", flush=True)  # noqa: T201  # the output of the demo


if __name__ == "__main__":
    sys.exit(main())
