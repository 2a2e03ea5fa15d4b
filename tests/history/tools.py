"""What the tests of the history share."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rolesync.history.event_reader import read_event
from rolesync.history.events import RunEvent

CURRENT_KEY = "the audit key of the sample"


def events_of(records: Iterable[Mapping[str, Any]]) -> list[RunEvent]:
    """Read the events of records."""
    return [event for record in records if (event := read_event(record)) is not None]


def copy_records(name: str, folder: Path) -> Path:
    """Make a folder an account with a sample record: `earlier` (a run in each earlier format) or `current`.

    `current` has every event, the remains of a crash, and from there on the key `CURRENT_KEY`. Both are kept as they
    were written; no test writes them anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ("jsonl", "head"):
        shutil.copy(Path(__file__).with_name("records") / f"{name}.{suffix}", folder / f"audit.{suffix}")
    return folder
