"""Writes events to the record."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from rolesync.audit.record import Record
from rolesync.history.events import (
    DriftById,
    HoldersSaved,
    Intent,
    Outcome,
    PlanEvent,
    PlanMade,
    Recovered,
    RequestEvent,
    Reread,
    RunEnd,
    RunEvent,
    RunStart,
    SentAction,
)
from rolesync.model.json_forms import approval_json, source_json

Fields = dict[str, Any]


def append_event(record: Record, event: RunEvent) -> None:
    """Append an event to the record. The event is on the disk when this returns.

    Raises:
        RecordError: the event could not be written; send nothing to Studio.
    """
    record.append(event.NAME, **event_fields(event))


def event_fields(event: RunEvent) -> Fields:
    """Encode an event as the fields that the record holds, in their order, without its name and time."""
    return _ENCODERS[type(event)](event)


def _plan_event(event: PlanEvent) -> Fields:
    return {
        "run": event.run,
        "command": event.command,
        "digest": event.digest,
        "account": event.account,
        "made_by": event.planned_by,
        "source": source_json(event.source),
        "additions": event.additions,
        "removals": event.removals,
        "drift": _drift(event.drift),
        "warned": event.warned,
    }


def _drift(drift: DriftById | None) -> Fields | None:
    return {"since": drift.since, "added": drift.added, "removed": drift.removed} if drift else None


def _absent(event: PlanEvent) -> Fields:
    return {} if event.absent is None else {"absent": event.absent}


def _plan_made(plan: PlanMade) -> Fields:
    summary = {"status": plan.status, "held": plan.held, "requests": plan.requests}
    return {**_plan_event(plan), **summary, **_absent(plan)}


def _run_start(start: RunStart) -> Fields:
    circumstances = {"operator": start.operator, "held": start.held, "overridden": start.overridden, **_absent(start)}
    approval = approval_json(start.approval)
    if approval is not None:
        names = ("user_id", "email", "role", "action", "reason")
        approval["excluded_changes"] = [{name: getattr(change, name) for name in names} for change in start.excluded]
    return {**_plan_event(start), **circumstances, "approval": approval}


def _run_end(end: RunEnd) -> Fields:
    requests = {"requests": end.requests}
    counts = {"status": end.status, "counts": end.counts, "proof": asdict(end.proof) if end.proof else None}
    reason = {"stopped": end.stopped, "unsettled": end.unsettled}
    if end.drifted is None and not end.unsettled:  # a second end, recorded by a later run: its field order differs
        return {"run": end.run, **counts, **requests, **reason}
    drifted = {} if end.drifted is None else {"drifted": [change._asdict() for change in end.drifted]}
    return {"run": end.run, **requests, **counts, **reason, **drifted}


def _holders_saved(event: HoldersSaved) -> Fields:
    return {"run": event.run, "sha256": event.sha256}


def _request(event: RequestEvent) -> Fields:
    return {"run": event.run, "chunk": event.chunk, "request": event.request}


def _intent(intent: Intent) -> Fields:
    actions = [dict(zip(SentAction._fields, action, strict=True)) for action in intent.actions]
    return {**_request(intent), "actions": actions, "before": intent.before}


def _outcome(outcome: Outcome) -> Fields:
    answer = {"status": outcome.status, "seconds": outcome.seconds, "after": outcome.after, "error": outcome.error}
    return {**_request(outcome), **answer}


def _reread(event: Reread) -> Fields:
    return {**_request(event), "after": event.after, **_all_roles(event)}


def _recovered(event: Recovered) -> Fields:
    return {**_request(event), "by": event.by, "after": event.after, **_all_roles(event)}


def _all_roles(event: Reread | Recovered) -> Fields:
    return {"all_roles": True} if event.all_roles else {}


_ENCODERS: Mapping[type[RunEvent], Callable[[Any], Fields]] = {
    PlanMade: _plan_made,
    RunStart: _run_start,
    RunEnd: _run_end,
    HoldersSaved: _holders_saved,
    Intent: _intent,
    Outcome: _outcome,
    Reread: _reread,
    Recovered: _recovered,
}
