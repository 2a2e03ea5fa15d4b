"""What every command works with: its settings, the clocks, and where it reports progress."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rolesync.history.run_id import new_run_id
from rolesync.model.live import Progress
from rolesync.settings import Settings

if TYPE_CHECKING:
    from rolesync.sources.shared_lists import SharedLists
    from rolesync.studio.retry import Retry


@dataclass(frozen=True)
class Context:
    """What a command works with.

    Attributes:
        settings: the settings of this command.
        progress: called with the stage, the steps done, and all steps of the stage.
        now: the time of day, with its zone.
        seconds: a clock that only runs forwards, in seconds.
        sleep: how to wait, in seconds; None waits in real time, and an interruption ends the wait.
        answered: called with the latency of each request that Studio answered, in seconds; from any thread.
        retrying: called before each wait for the next attempt of a request; from any thread.
        run: the id of the run that has begun; "" before.
        shared: the lists that other accounts of the same run over a fleet fetch; None outside a fleet.
        requested: gets the requests that were sent, by kind, when a connection to Studio ends.
    """

    settings: Settings
    progress: Progress = lambda _stage, _done, _total: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None
    answered: Callable[[float], None] = lambda _seconds: None
    retrying: "Callable[[Retry], None]" = lambda _retry: None
    run: str = ""
    shared: "SharedLists | None" = None
    requested: Counter[str] = field(default_factory=Counter)

    def with_run(self) -> "Context":
        """Begin a run before its list is read, so that all lines of the log have its id."""
        return replace(self, run=self.new_run())

    def new_run(self) -> str:
        """Return the id of the run that has begun, or of a new run. From then on, each line of the log has this id."""
        if self.run:
            return self.run
        import structlog  # noqa: PLC0415  # commands that only read the record neither plan nor log

        run = new_run_id(self.now())
        structlog.contextvars.bind_contextvars(run=run)
        return run
