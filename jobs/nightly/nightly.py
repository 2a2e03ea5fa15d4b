#!/usr/bin/env python3
"""Run the nightly sync for a scheduler, and report a failed run: its error first, what to do next, then its output.

    nightly.py LIST [OPTION OF rolesync sync ...]
    nightly.py --failed UNIT     prints the mail about the last run of a systemd unit, for `sendmail -t`

Each run has a log file in the folder NIGHTLY_LOG_DIR; without that variable, the output goes to standard output. Logs
are kept for NIGHTLY_LOG_DAYS days (default 90); the permanent record is the audit record, not these logs. Only a failed
run prints its report, to standard error, and writes it to the file NIGHTLY_REPORT if that is set. The exit code is that
of rolesync, or 128 plus the number of the signal that killed it.

It needs only Python, and rolesync on the PATH. A rolesync that doesn't start is also reported.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MESSAGE = re.compile(r"^rolesync: .*(?:\n  → .*)*", re.MULTILINE)
VERDICT = re.compile(r"^┃(.*)┃$", re.MULTILINE)
SECTION = r"^## [^\n]*\b{code}\b[^\n]*\n.*?(?=^## |\Z)"
EXAMPLE = re.compile(r"\s*For example,[^:]*:|^```.*?^```\n+", re.MULTILINE | re.DOTALL)
TIMEOUT = 60  # seconds for each program that a report asks
DAY = 86400


def main(arguments: Sequence[str]) -> int:
    """Run the sync, or print the mail about a unit; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")  # in any locale of the scheduler
    if arguments[:1] == ["--failed"] and len(arguments) == 2:  # noqa: PLR2004  # with the unit's name
        sys.stdout.write(mail_about(arguments[1]))
        return 0
    if not arguments or arguments[0].startswith("--"):
        sys.stderr.write("usage: nightly.py LIST [OPTION OF rolesync sync ...], or nightly.py --failed UNIT\n")
        return 64
    os.umask(0o077)  # logs name people
    folder = os.environ.get("NIGHTLY_LOG_DIR")
    try:
        log = new_log(Path(folder)) if folder else sys.stdout
    except OSError as error:
        hint = "set NIGHTLY_LOG_DIR to a folder that this user can write to"
        sys.stderr.write(f"The nightly sync didn't start: its log can't be written: {error}\n  → {hint}\n")
        return 1
    code, output = run(["sync", *arguments], log)
    if code:
        log_path = f" ({log.name})" if folder else ""
        text = report(f"exit code {code}", str(code), output, f"The output of this run{log_path}:")
        sys.stderr.write(text)
        if os.environ.get("NIGHTLY_REPORT"):
            Path(os.environ["NIGHTLY_REPORT"]).write_text(text, encoding="utf-8")
    return code


def new_log(folder: Path) -> TextIO:
    """Open the log of a new run, and delete the logs that are too old."""
    folder.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - DAY * int(os.environ.get("NIGHTLY_LOG_DAYS", "90"))
    for path in folder.glob("sync-*.log"):
        if path.stat().st_mtime < oldest:
            path.unlink()
    name = f"sync-{time.strftime('%Y-%m-%dT%H-%M-%SZ', time.gmtime())}-{os.getpid()}.log"
    return (folder / name).open("x", encoding="utf-8")


def run(arguments: Sequence[str], log: TextIO) -> tuple[int, str]:
    """Run rolesync, and forward the signals that stop it; returns its exit code and its output."""
    lines: list[str] = []

    def write(line: str) -> None:
        lines.append(line)
        log.write(line)
        log.flush()

    stops: list[int] = []  # a signal may come while rolesync starts
    processes: list[subprocess.Popen[str]] = []

    def stop(number: int, _: object) -> None:
        stops.append(number)
        for process in processes:
            process.send_signal(number)

    program = shutil.which("rolesync")
    if program is None:
        hint = "add the folder of rolesync to the PATH of this job"
        write(f"rolesync: the program is not on the PATH, {os.environ.get('PATH', '')}\n  → {hint}\n")
        return 1, lines[0]
    forwarded = (signal.SIGTERM, signal.SIGINT) if os.name == "posix" else ()  # Windows ends both programs itself
    for name in forwarded:
        signal.signal(name, stop)
    with subprocess.Popen(  # noqa: S603  # the installed rolesync
        [program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ) as process:
        processes.append(process)
        for number in stops[:1]:
            process.send_signal(number)
        for line in process.stdout or ():
            write(line)
    for name in forwarded:
        signal.signal(name, signal.SIG_DFL)  # a signal also stops the writing of a report
    return (process.returncode if process.returncode >= 0 else 128 - process.returncode), "".join(lines)


def report(ending: str, code: str, output: str, heading: str) -> str:
    """Write the report of a failed run: its error, its ending and what to do next, and its whole output."""
    return "\n".join(
        [error_of(output), "", f"The nightly sync ended with {ending}.", "", explanation(code), "", heading, "", output]
    )


def error_of(output: str) -> str:
    """Find the verdict and the last message of rolesync in its output, or else the last lines."""
    verdict = " ".join(" ".join(VERDICT.findall(output)).split())
    messages = MESSAGE.findall(output) or [*logged_errors(output)]
    lines = [line for line in output.splitlines() if line.strip()]
    return "\n".join(filter(None, [*messages[-1:], verdict])) or "\n".join(lines[-5:]) or "There was no output."


def logged_errors(output: str) -> Iterator[str]:
    """Find the errors in a log of JSON lines, as `log_format = "json"` writes it, and format them as messages."""
    for line in output.splitlines():
        try:
            entry = json.loads(line) if line.startswith('{"') else {}
        except ValueError:
            continue
        if entry.get("level") == "error":
            yield f"rolesync: {entry.get('event')}" + (f"\n  → {entry['hint']}" if entry.get("hint") else "")


def explanation(code: str) -> str:
    """Read the manual's section about an exit code, without its examples."""
    page = output_of("rolesync", "help", "troubleshooting")
    section = re.search(SECTION.format(code=re.escape(code)), page, re.MULTILINE | re.DOTALL)
    if section:
        return EXAMPLE.sub("", section[0]).strip()
    return f"rolesync has no exit code {code}: the system ended it, or couldn't start it. See the end of the output."


def mail_about(unit: str) -> str:
    """Write the mail about the last run of a systemd unit, with the journal of this run only."""
    # systemd sets these variables for the unit of OnFailure=, since version 251.
    run_id = os.environ.get("MONITOR_INVOCATION_ID") or property_of(unit, "InvocationID")
    code = os.environ.get("MONITOR_EXIT_STATUS") or property_of(unit, "ExecMainStatus")
    result = os.environ.get("MONITOR_SERVICE_RESULT") or property_of(unit, "Result")
    # The first field selects the lines of the job, the second systemd's lines about the job.
    fields = [f"_SYSTEMD_INVOCATION_ID={run_id}", "+", f"INVOCATION_ID={run_id}"]
    output = output_of("journalctl", "--no-pager", "--quiet", "--output=cat", *fields)
    error = error_of(output)
    headers = [
        f"To: {os.environ.get('MAILTO', 'root')}",
        f"Subject: {unit} on {socket.gethostname()} failed: {error.splitlines()[0][:150]}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    command = f"journalctl _SYSTEMD_INVOCATION_ID={run_id}"
    body = report(f"{code} ({result})", code, output, f"The output of this run ({command}):")
    return "\n".join([*headers, "", body])


def property_of(unit: str, name: str) -> str:
    """Ask systemd for a property of a unit."""
    return output_of("systemctl", "show", "--value", f"--property={name}", unit).strip()


def output_of(program: str, *arguments: str) -> str:
    """Run a program and return its output; if that fails, return why."""
    command = [shutil.which(program) or program, *arguments]
    try:
        done = subprocess.run(  # noqa: S603  # rolesync and systemd's own programs
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} gave no answer: {error}\n"
    return done.stdout or done.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
