"""Settles requests that earlier runs left open, because the run was killed or Studio became unreachable.

The next run, which holds the account's lock, reads the users of each open request. So the record shows the effect of
every earlier request before another one is sent.
"""

from collections.abc import Sequence
from dataclasses import replace

from rolesync.audit.record import Record
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.effects import ActionResult, open_requests, sent_actions
from rolesync.history.event_writer import append_event
from rolesync.history.events import RunEnd, RunEvent, RunStart
from rolesync.history.journal import log_recovered
from rolesync.live.pages import roles_of_each
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.studio.users import StudioReader


def recover(earlier_runs: EarlierRuns, studio: StudioReader, record: Record, by: str) -> None:
    """Find out what unsettled runs did, and record it with an end for each.

    Args:
        earlier_runs: the runs in the record; no other run may be writing to Studio.
        studio: where to read.
        record: the account's record, open for appending.
        by: the id of the run that settles them.

    Raises:
        StudioError: Studio can't be read; results up to then are recorded.
        RecordError: the record can't be read or written.
    """
    for run in earlier_runs.unsettled:
        for request in open_requests(earlier_runs.events([run])):
            log_recovered(record, request, roles_of_each(studio, request.user_ids), by)
        append_event(record, _end(list(earlier_runs.events([run])), by))


def _end(events: Sequence[RunEvent], by: str) -> RunEnd:
    """Return the end that the run would have recorded; of a change sent several times, the last request counts."""
    start = next(event for event in events if isinstance(event, RunStart))
    last = {(effect.user_id, effect.action, effect.role): result for effect, result in sent_actions(events)}
    done = sum(result is ActionResult.DONE for result in last.values())
    counts = {
        OutcomeStatus.DONE: done,
        OutcomeStatus.FAILED: len(last) - done,
        OutcomeStatus.NOT_SENT: start.additions + start.removals - len(last),
    }
    ends = (event for event in reversed(events) if isinstance(event, RunEnd))
    end = next(ends, RunEnd(run=start.run, status="interrupted"))
    return replace(
        end,
        counts={status.value: counts.get(status, 0) for status in OutcomeStatus},
        stopped=end.stopped or f"the run was killed; run {by} determined its effect",
        unsettled=False,
        drifted=None,
    )
