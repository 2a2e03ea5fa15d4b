"""Sends all changes of a plan, chunk by chunk: the only caller of the one writing request of the API.

Several chunks can be under way in parallel, as far as the plan's order allows. At the end of each wave, the changes in
doubt are settled, and sent again where they were not applied. After the first error that ends the run, no further chunk
starts; those under way are finished and recorded.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import pandas as pd

from rolesync.errors import StudioError
from rolesync.executor.change import Change
from rolesync.executor.send_batch import HaltedError, Sender
from rolesync.executor.unconfirmed_changes import Batch, Doubts
from rolesync.history.request_journal import Journal
from rolesync.model.frames import CHANGES, OUTCOMES, frame
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live, Progress
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.planner.order import waves
from rolesync.studio.users import StudioWriter

_SENT_COLUMNS = ("user_id", "action", "role", "email", "row", "before")


@dataclass(frozen=True, eq=False)
class Execution:
    """The changes (CHANGES, and each with its outcome so far), and the error that ended the run early, if one did.

    `doubts` are open: reads have not shown their changes. `last_request` is when the last request ended, by the
    client's clock.
    """

    planned: pd.DataFrame
    changes: Sequence[Change]
    stopped: StudioError | None
    doubts: Doubts
    last_request: float

    @property
    def outcomes(self) -> pd.DataFrame:
        """The outcome of every change so far (OUTCOMES)."""
        outcome_columns: dict[str, Any] = {
            "outcome": [change.outcome.value for change in self.changes],
            "after": [change.after for change in self.changes],
            "detail": [change.detail for change in self.changes],
        }
        return frame(OUTCOMES, {**{name: self.planned[name] for name in CHANGES}, **outcome_columns})

    @property
    def unseen(self) -> set[int]:
        """The users in doubt, and those whose change is done while no answer showed all their roles since then."""
        done = (change for change in self.changes if change.outcome is OutcomeStatus.DONE and not change.after)
        return {*self.doubts.user_ids, *(change.user_id for change in done)}

    def hidden_since(self, live: Live) -> float | None:
        """Return when the latest request ended whose effect Studio doesn't show; None if all effects show.

        Args:
            live: the holders, and the `unseen` users.
        """
        holders = {role: set(live.holders(role)["user_id"].tolist()) for role in live.roles}
        is_hidden = any(
            (change.user_id in holders[change.role]) != (change.action == Action.ADD)
            for change in self.changes
            if change.outcome is OutcomeStatus.DONE and change.role in holders
        )
        return self.last_request if is_hidden else self.doubts.hidden_since(self._roles_in(live))

    def close(self, live: Live) -> None:
        """Decide the changes still in doubt by a last read that can be trusted.

        Args:
            live: the holders, and the `unseen` users.

        Raises:
            RecordError: the record can't be written.
        """
        self.doubts.close(self._roles_in(live), may_send=False)

    def _roles_in(self, live: Live) -> dict[int, frozenset[str] | None]:
        roles: dict[int, frozenset[str] | None] = dict.fromkeys(self.doubts.user_ids)
        if roles:
            users = zip(live.users["user_id"].tolist(), live.users["roles"].tolist(), strict=True)
            roles |= {user_id: frozenset(parse_roles(names)) for user_id, names in users if user_id in roles}
        return roles


def execute(  # noqa: PLR0913  # each is a separate input of the run
    plan: Plan,
    studio: StudioWriter,
    journal: Journal,
    progress: Progress,
    *,
    parallel: int = 1,
    changed_lately: Collection[int] = (),
) -> Execution:
    """Send all changes of a plan, in its order.

    Args:
        plan: already checked against today's Studio; it is not checked again here.
        studio: where to write.
        journal: records each request before it is sent; if that fails, the request is not sent.
        progress: called after each chunk.
        parallel: the maximum number of chunks sent in parallel; these are always of the same wave of the planner.
        changed_lately: users whom earlier runs changed so recently that reads may show them as before.

    Raises:
        RecordError: the record can't be written; nothing more was sent.
    """
    columns = [plan.changes[name].tolist() for name in _SENT_COLUMNS]
    changes = [Change(*values) for values in zip(*columns, strict=True)]
    for change in changes:
        change.changed_lately = change.user_id in changed_lately
    holders = sum(role.before + role.additions for role in plan.roles) if parallel == 1 else None
    sender = Sender(studio, journal, plan.policy.managed_roles, holders, progress)
    ended = 0  # changes of earlier waves, and of the chunks that were sent in this one

    def report(batch: Batch) -> None:
        nonlocal ended
        ended += len(batch[1])
        progress("applying", ended, len(changes))

    number = count(1)
    stopped = None
    try:
        for wave in waves(plan.changes, plan.policy.chunk_size):
            batches = [(next(number), changes[chunk.start : chunk.stop]) for chunk in wave]
            while batches:
                if parallel == 1:
                    for batch in batches:
                        sender.send(*batch)
                        report(batch)
                else:
                    _send_parallel(batches, sender, report, _Threads(parallel, sender.halt, studio.client.end))
                batches = sender.settle()
                ended -= sum(len(batch) for _, batch in batches)
        sender.check_offered()
    except StudioError as error:
        stopped = error
    return Execution(plan.changes, changes, stopped, sender.doubts, sender.last_request)


class _Threads(NamedTuple):
    """The number of threads, and how to stop them: `halt` starts no further request, `end` also cuts waits short."""

    number: int
    halt: Callable[[], None]
    end: Callable[[], None]


def _send_parallel(
    batches: Sequence[Batch], sender: Sender, report: Callable[[Batch], None], threads: _Threads
) -> None:
    """Send batches in parallel; the first error ends it.

    After an error of any thread, or an exception in this one, no further request starts, and those under way finish.
    """

    def guarded(batch: Batch) -> Batch:
        try:
            sender.send(*batch)
        except BaseException:
            threads.halt()  # immediately: the main thread may notice the error only later
            raise
        return batch

    # A separate pool: in the client's pool, chunks would occupy all threads while they wait for their own reads.
    with ThreadPoolExecutor(threads.number, thread_name_prefix="writing") as pool:
        under_way = [pool.submit(copy_context().run, guarded, batch) for batch in batches]
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


def _most_severe(ended: Sequence[Future[Batch]]) -> BaseException:
    """Choose one of the errors of several chunks: first one that isn't Studio's, then one that isn't a halt."""
    errors = [error for future in ended if not future.cancelled() and (error := future.exception())]
    return min(errors, key=lambda error: (isinstance(error, HaltedError), isinstance(error, StudioError)))
