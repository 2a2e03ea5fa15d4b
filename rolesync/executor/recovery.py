"""What earlier runs have left open, asked and closed: they were killed, or Studio stayed away before they knew.

A later run, which holds the account's lock, looks at the people of each open request, so that the record says of every
request what it did before anything else is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rolesync.audit.record import Record
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.effects import ActionResult, open_requests, sent_actions
from rolesync.history.journal import note_recovered
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
        for request in open_requests(past.records([run])):
            note_recovered(record, request, roles_of_each(studio, request.user_ids), by)
        record.append("run.end", run=run, **_end(list(past.records([run])), by))


def _end(records: Sequence[Mapping[str, Any]], by: str) -> dict[str, Any]:
    """Say how a run ended, as its own end would have; of a change that was sent several times, the last time counts."""
    earlier: Mapping[str, Any] = next((one for one in reversed(records) if one["event"] == "run.end"), {})
    start = next(one for one in records if one["event"] == "run.start")
    last = {(effect.user_id, effect.action, effect.role): came for effect, came in sent_actions(records)}
    done = sum(came is ActionResult.DONE for came in last.values())
    number = {
        OutcomeStatus.DONE: done,
        OutcomeStatus.FAILED: len(last) - done,
        OutcomeStatus.NOT_SENT: start["additions"] + start["removals"] - len(last),
    }
    return {
        "status": earlier.get("status", "interrupted"),
        "counts": {status.value: number.get(status, 0) for status in OutcomeStatus},
        "proof": earlier.get("proof"),
        "requests": earlier.get("requests", {}),
        "stopped": earlier.get("stopped") or f"it was ended from outside; run {by} has found out what it did",
        "unsettled": False,
    }
