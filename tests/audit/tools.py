"""What the tests of the record share: a clock that stands still, records to write, a second process that writes."""

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import rolesync
from rolesync.audit import Record, open_record

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rolesync.__file__).parents[1])}
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from rolesync.audit import open_record
with open_record(Path(sys.argv[1]), now=lambda: datetime.now(UTC)) as record:
    for number in range(int(sys.argv[3])):
        record.append("step", run=sys.argv[2], number=number)
        print(number, flush=True)
"""


def clock() -> datetime:
    return datetime(2026, 9, 1, 12, 0, 0, 250, tzinfo=timezone(timedelta(hours=2)))


def opened(folder: Path) -> Record:
    return open_record(folder, now=clock)


def fill(folder: Path, count: int, start: int = 1) -> Path:
    with opened(folder) as record:
        for number in range(start, start + count):
            record.append("step", run=f"r{number}", number=number)
    return folder


def lines(folder: Path) -> list[bytes]:
    return (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)


def write_lines(folder: Path, found: list[bytes]) -> None:
    (folder / "audit.jsonl").write_bytes(b"".join(found))


def writer(folder: Path, run: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), run, str(count)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
