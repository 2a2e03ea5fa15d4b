"""One run as a whole, from its events: what was asked for, what happened to each change, and the proof."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rolesync.errors import RecordBrokenError
from rolesync.history.events import DriftById, Intent, Outcome, PlanEvent, PlanMade, RunEnd, RunEvent, RunStart
from rolesync.history.read import read_events
from rolesync.history.run_effects import ActionResult, action_result, requests_of
from rolesync.history.runs import run_before_break, summarise_run
from rolesync.model.run_report import DriftChange, RunChange, RunDrift, RunReport
from rolesync.model.vocabulary import Action, OutcomeStatus

_OUTCOMES = {
    ActionResult.DONE: (OutcomeStatus.DONE, ""),
    ActionResult.NO_EFFECT: (OutcomeStatus.FAILED, "the request did not change the role"),
    ActionResult.GONE: (OutcomeStatus.FAILED, "no longer in Studio"),
    ActionResult.UNKNOWN: (OutcomeStatus.UNKNOWN, "unknown so far; the next run asks Studio"),
}


def report_before_break(folder: Path, run_id: str, *, key: str = "") -> tuple[RunReport, RecordBrokenError | None]:
    """Report one run, by its id or the beginning of it, from the records before the first changed record.

    Returns:
        The report, and the error that names the changed record, if there is one.

    Raises:
        UsageError, RecordError, RecordBrokenError: as `run_before_break`.
    """
    run, broken = run_before_break(folder, run_id, key=key)
    # An approved plan has its own digest. Its `plan` event has the digest of the plan that was reviewed.
    approval = next((event.approval for event in run.events if isinstance(event, RunStart) and event.approval), None)
    digest = approval.reviewed_digest if approval else _plan_event(run.events).digest
    plan: PlanMade | None = None
    kinds: tuple[type[RunEvent], ...] = (PlanMade, RunStart, RunEnd)
    runs_of_plan: set[str] = set()
    completed, reached = "", False
    with suppress(RecordBrokenError):  # already in `broken`
        for earlier in read_events(folder, kinds, key=key):
            if isinstance(earlier, PlanMade):
                plan = earlier if earlier.digest == digest else plan
            elif reached := reached or earlier.run == run.run_id:
                continue
            elif isinstance(earlier, RunStart):
                reviewed = earlier.approval.reviewed_digest if earlier.approval else earlier.digest
                runs_of_plan |= {earlier.run} if reviewed == digest else set()
            elif isinstance(earlier, RunEnd) and earlier.run in runs_of_plan:
                completed = earlier.run if earlier.status == "complete" and earlier.sent else completed
    has_sent = any(isinstance(event, Intent) for event in run.events)
    return replace(build_run_report(run.events, plan), already_applied="" if has_sent else completed), broken


def build_run_report(events: Sequence[RunEvent], plan: PlanMade | None) -> RunReport:
    """Report one run.

    Args:
        events: all of the run, in order.
        plan: the plan that was applied, or reviewed before; None where the record does not have it.
    """
    start = _plan_event(events)
    end = next((event for event in reversed(events) if isinstance(event, RunEnd)), None)
    review = start if isinstance(start, RunStart) else RunStart(run=start.run)
    held = plan.held if plan and start.held is None and not review.approval else start.held
    changes = tuple(_changes(events))
    done = sum(change.outcome == OutcomeStatus.DONE for change in changes)
    emails = {(change.user_id, change.role): change.email for change in changes}
    return RunReport(
        summary=summarise_run(events),
        command=start.command,
        account=start.account,
        undoes=start.source.undoes,
        held=held,
        plan_run_id=plan.run if plan else "",
        overridden=tuple(review.overridden),
        warned=tuple(start.warned),
        changes=changes,
        counts=(end and end.counts) or _counts(changes),
        proof=end.proof if end else None,
        drift=_drift(start.drift),
        requests=end.requests if end else start.requests if isinstance(start, PlanMade) else {},
        stopped=end.stopped if end else "",
        done_before=max(0, end.counts.get(OutcomeStatus.DONE, 0) - done) if end else 0,
        planned_by=start.planned_by,
        approval=review.approval,
        excluded=tuple(review.excluded),
        released=tuple(
            replace(removal, email=emails.get((removal.user_id, removal.role), "")) for removal in review.released
        ),
    )


def _plan_event(events: Sequence[RunEvent]) -> PlanEvent:
    """The start of a run, or its plan where it has no start, or an empty start where it has neither."""
    plans = [event for kind in (RunStart, PlanMade) for event in events if isinstance(event, kind)]
    return plans[0] if plans else RunStart(run=events[0].run)


def _changes(events: Sequence[RunEvent]) -> Iterator[RunChange]:
    """Yield every change once, as it was last sent, then those that were not sent to users who had drifted."""
    errors = {event.key: event.error for event in events if isinstance(event, Outcome)}
    last: dict[tuple[int, str, str], RunChange] = {}
    for intent, roles_after in requests_of(events):
        for action in intent.actions:
            outcome, detail = _OUTCOMES[action_result(action, intent.before, roles_after)]
            user_id = str(action.user_id)
            after = roles_after.get(user_id)
            last[action.user_id, action.action, action.role] = RunChange(
                action=action.action,
                role=action.role,
                user_id=action.user_id,
                email=action.email,
                row=action.row,
                outcome=outcome.value,
                before=tuple(intent.before.get(user_id) or ()),
                after=None if after is None else tuple(after),
                detail=(detail and errors.get(intent.key)) or detail,
            )
    yield from last.values()
    drifted = next((event.drifted for event in events if isinstance(event, RunEnd) and event.drifted), ())
    for change in drifted:
        yield RunChange(
            action=change.action,
            role=change.role,
            user_id=change.user_id,
            email=change.email,
            row=change.row,
            outcome=OutcomeStatus.DRIFTED.value,
            before=tuple(change.before),
            after=tuple(change.after),
            detail=change.detail,
        )


def _counts(changes: Sequence[RunChange]) -> dict[str, int]:
    return {status.value: sum(change.outcome == status for change in changes) for status in OutcomeStatus}


def _drift(drift: DriftById | None) -> RunDrift:
    """List what others had changed before; the record has no addresses for it."""
    if drift is None:
        return RunDrift()
    actions = ((drift.added, Action.ADD), (drift.removed, Action.REMOVE))
    changes = (
        DriftChange(user_id, "", role, action.value)
        for by_role, action in actions
        for role, user_ids in by_role.items()
        for user_id in user_ids
    )
    return RunDrift(drift.since, tuple(changes))
