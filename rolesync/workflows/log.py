"""The log on standard error: each line with its run and account, without secrets, and without the logs of libraries."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import structlog
from pydantic import SecretStr

from rolesync.log_secrets import hide_only, without_secrets
from rolesync.model.live import WAITING
from rolesync.settings import Settings

Entry = MutableMapping[str, Any]


def configure_log(level: str, log_format: str, secrets: Iterable[str] = ()) -> None:
    """Send the log to standard error, with this level and format.

    The logs of libraries are dropped: their warnings may contain the address of a webhook, which is a secret.

    Args:
        level: the lowest level that is logged.
        log_format: `console` or `json`.
        secrets: texts that no line may contain; `log_secrets.hide` adds to them.
    """
    logging.disable(logging.CRITICAL)
    hide_only(secrets)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if log_format == "console"
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def secrets_of(settings: Settings) -> list[str]:
    """Return the secrets that the settings hold; of headers, their values."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    texts = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [*lines, *(line.partition(": ")[2] for line in lines)]


class StageLog:
    """Logs each stage once: when it is complete, or when a wait for Studio begins.

    Args:
        clock: in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: dict[str, float] = {}
        self._log = structlog.get_logger("rolesync")

    def report(self, stage: str, done: int, total: int) -> None:
        """Take the progress of a stage."""
        is_new, now = stage not in self._began, self._clock()
        began = self._began.setdefault(stage, now)
        if stage == WAITING:
            if is_new:
                self._log.info("stage", stage=stage, at_most_s=total)
        elif done == total:
            self._began.pop(stage, None)
            self._log.info("stage", stage=stage, steps=total, seconds=round(now - began, 3))


def _hide(_logger: Any, _method: str, entry: Entry) -> Entry:  # noqa: ANN401  # as structlog calls it
    """Replace secrets in every text of a line."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = without_secrets(value)
    return entry
