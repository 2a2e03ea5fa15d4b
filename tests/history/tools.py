"""What the tests of the history share."""

from collections.abc import Iterable, Mapping
from typing import Any

from rolesync.history.event_reader import read_event
from rolesync.history.events import RunEvent


def events_of(records: Iterable[Mapping[str, Any]]) -> list[RunEvent]:
    """Read the events of records."""
    return [event for record in records if (event := read_event(record)) is not None]
