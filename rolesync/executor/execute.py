"""Sends all changes of a plan, chunk by chunk: the only caller of the one writing request of the API.

`send` brings each chunk to its end. Several chunks can be under way in parallel, as far as the plan's order allows.
After the first error that ends the run, no further chunk starts; those under way are finished and recorded.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, NamedTuple

import pandas as pd

from rolesync.errors import StudioError
from rolesync.executor.change import Change
from rolesync.executor.send import HaltedError, Sender
from rolesync.history.journal import Journal, JournalEntry
from rolesync.model.frames import CHANGES, OUTCOMES, frame
from rolesync.model.live import Progress
from rolesync.model.plans import Plan
from rolesync.planner.order import waves
from rolesync.studio.users import StudioWriter

_SENT_COLUMNS = ("user_id", "action", "role", "email", "row", "before")


@dataclass(frozen=True, eq=False)
class Execution:
    """The outcome of every change (OUTCOMES), and the error that ended the run early, if one did.

    `doubtful` are the requests whose effect is unknown, because Studio couldn't be read afterwards.
    """

    outcomes: pd.DataFrame
    stopped: StudioError | None
    doubtful: tuple[JournalEntry, ...] = ()


def execute(plan: Plan, studio: StudioWriter, journal: Journal, progress: Progress, *, parallel: int = 1) -> Execution:
    """Send all changes of a plan, in its order.

    Args:
        plan: already checked against today's Studio; it is not checked again here.
        studio: where to write.
        journal: records each request before it is sent; if that fails, the request is not sent.
        progress: called after each chunk.
        parallel: the maximum of chunks sent in parallel; these are always of the same wave of the planner.

    Raises:
        RecordError: the record can't be written; nothing more was sent.
    """
    columns = [plan.changes[name].tolist() for name in _SENT_COLUMNS]
    changes = [Change(*values) for values in zip(*columns, strict=True)]
    holders = sum(role.before + role.additions for role in plan.roles) if parallel == 1 else None
    sender = Sender(studio, journal, plan.policy.managed_roles, holders)

    sent = 0

    def send(number: int, chunk: range) -> int:
        sender.send(number, changes[chunk.start : chunk.stop])
        return len(chunk)

    def report(size: int) -> None:
        nonlocal sent
        sent += size
        progress("applying", sent, len(changes))

    number = count(1)
    numbered = [[(next(number), chunk) for chunk in wave] for wave in waves(plan.changes, plan.policy.chunk_size)]
    stopped = None
    try:
        if parallel == 1:
            for chunk in chain(*numbered):
                report(send(*chunk))
        else:
            _send_parallel(numbered, send, report, _Threads(parallel, sender.halt, studio.client.end))
    except StudioError as error:
        stopped = error
    results: dict[str, Any] = {
        "outcome": [change.outcome.value for change in changes],
        "after": [change.after for change in changes],
        "detail": [change.detail for change in changes],
    }
    outcomes = frame(OUTCOMES, {**{name: plan.changes[name] for name in CHANGES}, **results})
    return Execution(outcomes, stopped, sender.doubtful)


class _Threads(NamedTuple):
    """The number of threads, and how to stop them: `halt` starts no further request, `end` also cuts waits short."""

    number: int
    halt: Callable[[], None]
    end: Callable[[], None]


def _send_parallel(
    numbered: Iterable[Iterable[tuple[int, range]]],
    send: Callable[[int, range], int],
    report: Callable[[int], None],
    threads: _Threads,
) -> None:
    """Send wave after wave, the chunks of each in parallel; the first error ends it.

    After an error of any thread, or an exception in this one, no further request starts, and those under way finish.
    """

    def guarded(number: int, chunk: range) -> int:
        try:
            return send(number, chunk)
        except BaseException:
            threads.halt()  # immediately: the main thread may notice the error only later
            raise

    # A separate pool: in the client's pool, chunks would occupy all threads while they wait for their own reads.
    with ThreadPoolExecutor(threads.number, thread_name_prefix="writing") as pool:
        for wave in numbered:
            under_way = [pool.submit(guarded, number, chunk) for number, chunk in wave]
            try:
                for future in as_completed(under_way):
                    report(future.result())
            except BaseException as error:
                threads.halt()
                is_studio_error = isinstance(error, StudioError | HaltedError)
                if not is_studio_error:  # Ctrl-C, for example: don't wait for a Retry-After
                    threads.end()
                pool.shutdown(cancel_futures=True)
                if is_studio_error:
                    raise _most_severe(under_way) from None
                raise


def _most_severe(ended: Iterable[Future[int]]) -> BaseException:
    """Choose one of the errors of several chunks: first one that isn't Studio's, then one that isn't a halt."""
    errors = [error for future in ended if not future.cancelled() and (error := future.exception())]
    return min(errors, key=lambda error: (isinstance(error, HaltedError), isinstance(error, StudioError)))
