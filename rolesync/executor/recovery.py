"""What earlier runs have left open, asked and closed: they were killed, or Studio stayed away before they knew.

A later run, which holds the account's lock, looks at the people of each open request, so that the record says of every
request what it did before anything else is sent.
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


def recover(past: EarlierRuns, studio: StudioReader, record: Record, by: str) -> None:
    """Find out what unsettled runs did, and write it down with an end for each.

    Args:
        past: what the record tells; nobody else may be writing to Studio.
        studio: where to look.
        record: the account's, open for appending.
        by: the run that does this.

    Raises:
        StudioError: Studio can't be asked; what was found out until then is written down.
        RecordError: the record can't be read or written.
    """
    for run in past.unsettled:
        for request in open_requests(past.events([run])):
            log_recovered(record, request, roles_of_each(studio, request.user_ids), by)
        append_event(record, _end(list(past.events([run])), by))


def _end(events: Sequence[RunEvent], by: str) -> RunEnd:
    """Describe how a run ended, as its own end would have; of a change that was sent several times, the last counts."""
    start = next(event for event in events if isinstance(event, RunStart))
    last = {(effect.user_id, effect.action, effect.role): result for effect, result in sent_actions(events)}
    done = sum(result is ActionResult.DONE for result in last.values())
    number = {
        OutcomeStatus.DONE: done,
        OutcomeStatus.FAILED: len(last) - done,
        OutcomeStatus.NOT_SENT: start.additions + start.removals - len(last),
    }
    ends = (event for event in reversed(events) if isinstance(event, RunEnd))
    end = next(ends, RunEnd(run=start.run, status="interrupted"))
    return replace(
        end,
        counts={status.value: number.get(status, 0) for status in OutcomeStatus},
        stopped=end.stopped or f"it was ended from outside; run {by} has found out what it did",
        unsettled=False,
        drifted=None,
    )
