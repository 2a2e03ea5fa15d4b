"""Repeats reads until they can be trusted: Studio's reads may lag behind its writes.

The API promises nothing about reading after writing. So a read that doesn't show a recent write proves nothing. It is
repeated with growing pauses, until it shows the write, or the write is older than the setting `settle_seconds`. Only
then is the read trusted. A read that shows every write is trusted immediately, without a further request or a wait.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from rolesync.model.live import WAITING, Progress
from rolesync.studio.users import StudioReader

_FIRST_PAUSE = 1.0  # seconds; each further pause is twice as long
_LONGEST_PAUSE = 30.0

Result = TypeVar("Result")


def read_settled(
    studio: StudioReader, read: Callable[[], Result], hidden_since: Callable[[Result], float | None], progress: Progress
) -> Result:
    """Repeat a read until it can be trusted.

    Args:
        studio: where `read` reads; its connection has the longest lag, its client the clock.
        read: reads once.
        hidden_since: returns when the latest write was sent that the result doesn't show, by the client's clock; None
            if the result shows every write.
        progress: called before each pause.

    Returns:
        The last result. If it still hides a write, the write is older than `settle_seconds`.
    """
    client, lag = studio.client, studio.client.connection.settle_seconds
    result, pause = read(), _FIRST_PAUSE
    while (sent_at := hidden_since(result)) is not None and (time_left := sent_at + lag - client.now()) > 0:
        progress(WAITING, round(lag - time_left), round(lag))
        client.wait(min(pause, time_left))
        pause = min(2 * pause, _LONGEST_PAUSE)
        result = read()
    return result


def pauses(seconds: float) -> Iterator[float]:
    """Yield growing pauses, in seconds, that last `seconds` together."""
    pause = _FIRST_PAUSE
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(2 * pause, _LONGEST_PAUSE)
