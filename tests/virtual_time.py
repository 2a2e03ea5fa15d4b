"""Time that moves on by waiting without waiting: shared by rolesync, its killed processes and the sandbox."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rolesync.settings import load
from rolesync.workflows.context import Context


@dataclass
class VirtualTime:
    """The machine's time plus all waits so far; `waited` is a number of seconds in shared memory."""

    waited: Any

    def time(self) -> float:
        return time.time() + float(self.waited.value)

    def sleep(self, seconds: float) -> None:
        self.waited.value += seconds

    def context(self, settings: dict[str, Any], **more: Any) -> Context:
        return Context(
            load(**settings),
            now=lambda: datetime.now(UTC) + timedelta(seconds=self.waited.value),
            seconds=lambda: time.monotonic() + float(self.waited.value),
            sleep=self.sleep,
            **more,
        )
