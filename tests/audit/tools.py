"""Helpers for tests of the record: a fixed clock, records to write, and a second process that writes."""

import math
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import rolesync
from rolesync.audit.record import Record, open_record

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rolesync.__file__).parents[1])}
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from rolesync.audit.record import open_record
more = {"key": sys.argv[4], "max_bytes": float(sys.argv[5])}
with open_record(Path(sys.argv[1]), now=lambda: datetime.now(UTC), **more) as record:
    for number in range(int(sys.argv[3])):
        record.append("step", run=sys.argv[2], number=number)
        print(number, flush=True)
"""


def clock() -> datetime:
    return datetime(2026, 9, 1, 12, 0, 0, 250, tzinfo=timezone(timedelta(hours=2)))


def opened(folder: Path, *, key: str = "", max_bytes: float = math.inf) -> Record:
    return open_record(folder, now=clock, key=key, max_bytes=max_bytes)


def fill(folder: Path, count: int, start: int = 1, *, key: str = "", max_bytes: float = math.inf) -> Path:
    with opened(folder, key=key, max_bytes=max_bytes) as record:
        for number in range(start, start + count):
            record.append("step", run=f"r{number}", number=number)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """The record's own files and what is in them."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("audit*")) if path.name != "audit.lock"}


def put_back(folder: Path, record_files: dict[str, bytes]) -> None:
    """Make the folder hold exactly these files of the record."""
    for path in folder.glob("audit*"):
        path.unlink()
    for name, content in record_files.items():
        (folder / name).write_bytes(content)


def lines(folder: Path) -> list[bytes]:
    return (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)


def write_lines(folder: Path, record_lines: list[bytes]) -> None:
    (folder / "audit.jsonl").write_bytes(b"".join(record_lines))


def writer(folder: Path, run: str, count: int, *, key: str = "", max_bytes: float = math.inf) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), run, str(count), key, str(max_bytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
