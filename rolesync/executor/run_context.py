"""The context of a run, in a separate module, so that commands that apply nothing start without pandas."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rolesync.audit.record import Record
from rolesync.history.recent_changes import RecentChanges
from rolesync.model.live import Progress
from rolesync.studio.users import StudioWriter


@dataclass(frozen=True)
class RunContext:
    """The context of one run: its id and command, a client that can write, the record, and the clocks."""

    run: str
    command: str
    studio: StudioWriter
    record: Record
    folder: Path  # the account's
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    progress: Progress
    parallel: int = 1  # maximum number of chunks sent in parallel
    recent: RecentChanges = field(default_factory=RecentChanges)  # what earlier runs changed a moment ago
    operator: str = ""  # who runs it, from the setting `operator`
