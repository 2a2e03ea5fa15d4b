"""Settles requests that earlier runs left open, because the run was killed or Studio became unreachable.

The next run, which holds the account's lock, reads the users of each open request. So the record shows the effect of
every earlier request before another one is sent. A request that was sent a moment ago may not show yet, so these reads
are repeated until they can be trusted, see `rolesync.live.read_after_write`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rolesync.executor.change import RolesNow
from rolesync.executor.run_context import RunContext
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.event_writer import append_event
from rolesync.history.events import Recovered, RunEnd, RunEvent, RunStart
from rolesync.history.recent_changes import seconds_since
from rolesync.history.request_journal import RolesSeen, log_recovered
from rolesync.history.run_effects import ActionResult, OpenRequest, open_requests, sent_actions
from rolesync.live.read_after_write import read_settled
from rolesync.live.read_users import roles_of_each
from rolesync.model.vocabulary import OutcomeStatus


def recover(earlier_runs: EarlierRuns, context: RunContext) -> None:
    """Determine the effects of unsettled runs, and record the effects and the end of each run.

    Args:
        earlier_runs: the runs in the record; no other run may be writing to Studio.
        context: the run that settles them.

    Raises:
        StudioError: Studio can't be read; results up to then are recorded.
        RecordError: the record can't be read or written.
    """
    start, now = context.studio.client.now(), context.now()
    changed_lately = context.recent.user_ids
    for run in earlier_runs.unsettled:
        for request in open_requests(earlier_runs.events([run])):
            sent_at = start - seconds_since(request.intent.time, now)
            log_recovered(context.record, request, _read_roles(request, sent_at, context, changed_lately), context.run)
        append_event(context.record, _end(list(earlier_runs.events([run])), context.run))


def _read_roles(request: OpenRequest, sent_at: float, context: RunContext, changed_lately: frozenset[int]) -> RolesSeen:
    # Another run changed the same users a moment ago. An outdated read from before that run may look like this request.
    may_be_outdated = not changed_lately.isdisjoint(request.user_ids)

    def read() -> dict[int, frozenset[str] | None]:
        return roles_of_each(context.studio, request.user_ids)

    def hidden_since(roles: RolesNow) -> float | None:
        return sent_at if may_be_outdated or request.is_hidden_in(roles) else None

    return read_settled(context.studio, read, hidden_since, context.progress)


def _end(events: Sequence[RunEvent], by: str) -> RunEnd:
    """Return the end that the run would have recorded; of a change sent several times, the last request counts."""
    start = next(event for event in events if isinstance(event, RunStart))
    recovered = {user_id for event in events if isinstance(event, Recovered) for user_id in event.after}
    last = {(effect.user_id, effect.action, effect.role): result for effect, result in sent_actions(events)}
    ends = (event for event in reversed(events) if isinstance(event, RunEnd))
    end = next(ends, RunEnd(run=start.run, status="interrupted"))
    counts = Counter(end.counts)
    if counts:  # the run recorded its end: only its unknown outcomes have changed
        last = {change: result for change, result in last.items() if str(change[0]) in recovered}
        counts[OutcomeStatus.UNKNOWN] -= len(last)
    else:
        counts[OutcomeStatus.NOT_SENT] = start.additions + start.removals - len(last)
    done = sum(result is ActionResult.DONE for result in last.values())
    counts[OutcomeStatus.DONE] += done
    counts[OutcomeStatus.FAILED] += len(last) - done
    return replace(
        end,
        counts={status.value: max(0, counts[status.value]) for status in OutcomeStatus},
        stopped=end.stopped or f"the run was killed; run {by} determined its effect",
        unsettled=False,
        drifted=None,
    )
