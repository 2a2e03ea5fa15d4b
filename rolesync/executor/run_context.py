"""What a run works with; apart from the code of the run, so that commands that apply nothing start without pandas."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rolesync.audit.record import Record
from rolesync.model.live import Progress
from rolesync.studio.users import StudioWriter


@dataclass(frozen=True)
class RunContext:
    """What one run works with: its id and command, a client that can write, the record, and the clocks."""

    run: str
    command: str
    studio: StudioWriter
    record: Record
    folder: Path  # the account's
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    progress: Progress
    parallel: int = 1  # maximum of chunks sent in parallel
    changed_lately: Collection[int] = ()  # users whom earlier runs changed a moment ago
    operator: str = ""  # who runs it, from the setting `operator`
