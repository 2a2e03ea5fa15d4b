"""Plan → outcomes: the only room that calls the one writing verb of the API.

Each chunk is sent until every change of it has ended; `sending` does that, and says what is written down when. Several
chunks can be under way at once, as far as the order of the plan allows. The first error after which there is no sense
in going on ends it: what was not begun never is, and what is under way is waited for and written down.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, NamedTuple

import pandas as pd

from rolesync.errors import StudioError
from rolesync.executor.batch import Change
from rolesync.executor.send import HaltedError, Sender
from rolesync.history.journal import Journal, JournalEntry
from rolesync.model.frames import CHANGES, OUTCOMES, frame
from rolesync.model.live import Progress
from rolesync.model.plans import Plan
from rolesync.planner.order import waves
from rolesync.studio.users import StudioWriter


@dataclass(frozen=True, eq=False)
class Execution:
    """What became of every change (OUTCOMES), and why the run stopped before its time, if it did.

    `doubtful` are the requests of which nobody knows what they did, since Studio couldn't be read afterwards.
    """

    outcomes: pd.DataFrame
    stopped: StudioError | None
    doubtful: tuple[JournalEntry, ...] = ()


def execute(plan: Plan, studio: StudioWriter, journal: Journal, progress: Progress, *, at_once: int = 1) -> Execution:
    """Send all changes of a plan, in its order.

    Args:
        plan: checked by the caller against today's Studio; nothing is checked again here.
        studio: where to write.
        journal: told before each request leaves; if that fails, the request doesn't leave.
        progress: told after each chunk.
        at_once: how many chunks may be under way at once; those of one of the planner's `waves` only.

    Raises:
        RecordError: the record can't be written; nothing more was sent.
    """
    columns = [plan.changes[name].tolist() for name in _CARRIED]
    changes = [Change(*values) for values in zip(*columns, strict=True)]
    holders = sum(role.before + role.additions for role in plan.roles) if at_once == 1 else None
    sender = Sender(studio, journal, plan.policy.managed_roles, holders)

    sent = 0

    def send(number: int, chunk: range) -> int:
        sender.send(number, changes[chunk.start : chunk.stop])
        return len(chunk)

    def told(size: int) -> None:
        nonlocal sent
        sent += size
        progress("applying", sent, len(changes))

    number = count(1)
    cut = [[(next(number), chunk) for chunk in wave] for wave in waves(plan.changes, plan.policy.chunk_size)]
    stopped = None
    try:
        if at_once == 1:
            for numbered in chain(*cut):
                told(send(*numbered))
        else:
            _several(cut, send, told, _Threads(at_once, sender.halt, studio.client.end))
    except StudioError as error:
        stopped = error
    ends: dict[str, Any] = {
        "outcome": [change.outcome.value for change in changes],
        "after": [change.after for change in changes],
        "detail": [change.detail for change in changes],
    }
    outcomes = frame(OUTCOMES, {**{name: plan.changes[name] for name in CHANGES}, **ends})
    return Execution(outcomes, stopped, sender.doubtful)


_CARRIED = ("user_id", "action", "role", "email", "row", "before")


class _Threads(NamedTuple):
    """How many there are, what keeps them from beginning another request, and what from waiting, too."""

    number: int
    halt: Callable[[], None]
    end: Callable[[], None]


def _several(
    cut: Iterable[Iterable[tuple[int, range]]],
    send: Callable[[int, range], int],
    told: Callable[[int], None],
    threads: _Threads,
) -> None:
    """Send wave after wave, the chunks of each by several threads; the first error of any of them ends it.

    Then, and whatever else is raised here meanwhile, no further request begins, and those under way end first.
    """

    def guarded(number: int, chunk: range) -> int:
        try:
            return send(number, chunk)
        except BaseException:
            threads.halt()  # at once: the main thread may come to know of it only later
            raise

    # Threads of its own: in those of the client, which read, chunks that read again would wait for each other.
    with ThreadPoolExecutor(threads.number, thread_name_prefix="writing") as pool:
        for wave in cut:
            under_way = [pool.submit(guarded, number, chunk) for number, chunk in wave]
            try:
                for future in as_completed(under_way):
                    told(future.result())
            except BaseException as error:
                threads.halt()
                of_studio = isinstance(error, StudioError | HaltedError)
                if not of_studio:  # Ctrl-C, say: nobody shall wait for as long as Studio has asked for
                    threads.end()
                pool.shutdown(cancel_futures=True)
                if of_studio:
                    raise _gravest(under_way) from None
                raise


def _gravest(ended: Iterable[Future[int]]) -> BaseException:
    """Choose among the errors of several chunks: what is no matter of Studio's first, then whatever was no halt."""
    errors = [error for future in ended if not future.cancelled() and (error := future.exception())]
    return min(errors, key=lambda error: (isinstance(error, HaltedError), isinstance(error, StudioError)))
