"""Makes events from the records of this version and of all earlier ones.

Later versions added fields: `operator` and `held` of a run's start, `made_by`, `drift` and `approval`, the reason why a
run stopped, and others. The defaults for records that lack them are here, and nowhere else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from rolesync.history.events import (
    DriftById,
    DriftedChange,
    HoldersSaved,
    Intent,
    Outcome,
    PlanMade,
    Recovered,
    Reread,
    RunEnd,
    RunEvent,
    RunStart,
    SentAction,
)
from rolesync.model.json_forms import read_fetched
from rolesync.model.lists import Source
from rolesync.model.plans import Approval, Released
from rolesync.model.run_report import RunDecision
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action

Record = Mapping[str, Any]
"""The JSON object of a record."""


def read_event(record: Record) -> RunEvent | None:
    """Read the event of a record; None for an event that this version does not know.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: a field is missing, or is not what it should be.
    """
    read = _READER_OF_NAME.get(record["event"])
    return read(record) if read else None


def read_event_about(record: Record, user_ids: Collection[int]) -> RunEvent | None:
    """Read an event as `read_event` does, but of an intent only the actions on these users."""
    if record["event"] == Intent.NAME:
        return _intent(record, [action for action in record["actions"] if action["user_id"] in user_ids])
    return read_event(record)


def read_addressees(record: Record) -> tuple[tuple[int, str], ...]:
    """Read id and address of the users of an intent, or of the changes that a reviewer took out.

    Much faster than reading the event, for a search through all records; raises as `read_event`.
    """
    if record["event"] == Intent.NAME:
        return tuple(map(_ADDRESSEE, record["actions"]))
    return tuple((change.user_id, change.email) for change in _excluded(record.get("approval") or {}))


def _plan_event(record: Record) -> dict[str, Any]:
    """Read the fields that a plan and the start of a run share."""
    return {
        **_run_event(record),
        "command": record.get("command", ""),
        "digest": record.get("digest", ""),
        "account": record.get("account", ""),
        "planned_by": record.get("made_by") or "",
        "source": _source(record.get("source", "")),
        "additions": record.get("additions", 0),
        "removals": record.get("removals", 0),
        "drift": _drift(record.get("drift")),
        "warned": record.get("warned", ()),
        "held": record.get("held"),
        "absent": record.get("absent"),
    }


def _run_event(record: Record) -> dict[str, Any]:
    return {"run": record["run"], "time": record.get("time", "")}


def _request_event(record: Record) -> dict[str, Any]:
    return {**_run_event(record), "chunk": record.get("chunk", 0), "request": record["request"]}


def _plan_made(record: Record) -> PlanMade:
    status = "planned" if record["status"] == "ready" else record["status"]
    return PlanMade(**_plan_event(record), status=status, requests=_counts(record.get("requests")))


def _run_start(record: Record) -> RunStart:
    approval = record.get("approval") or {}
    return RunStart(
        **_plan_event(record),
        operator=record.get("operator") or "",
        overridden=record.get("overridden", ()),
        approval=_approval(approval) if approval else None,
        excluded=tuple(_excluded(approval)),
    )


def _run_end(record: Record) -> RunEnd:
    proof, drifted = record.get("proof"), record.get("drifted")
    return RunEnd(
        **_run_event(record),
        status=record["status"],
        requests=_counts(record.get("requests")),
        counts=record.get("counts", {}),
        proof=Proof(proof["holders"], tuple(proof["differences"])) if proof else None,
        stopped=record.get("stopped", ""),
        unsettled=record.get("unsettled", False),
        drifted=None if drifted is None else tuple(DriftedChange(**change) for change in drifted),
    )


def _holders_saved(record: Record) -> HoldersSaved:
    return HoldersSaved(**_run_event(record), sha256=record["sha256"])


def _intent(record: Record, actions: Sequence[Mapping[str, Any]] | None = None) -> Intent:
    intended_actions = _actions(record["actions"] if actions is None else actions)
    return Intent(**_request_event(record), actions=intended_actions, before=record["before"])


def _outcome(record: Record) -> Outcome:
    return Outcome(
        **_request_event(record),
        status=record["status"],
        seconds=record.get("seconds", 0.0),
        after=record["after"],
        error=record.get("error") or "",
    )


def _reread(record: Record) -> Reread:
    return Reread(**_request_event(record), after=record["after"], all_roles=record.get("all_roles", False))


def _recovered(record: Record) -> Recovered:
    roles_read = {"after": record["after"], "all_roles": record.get("all_roles", False)}
    return Recovered(**_request_event(record), by=record.get("by", ""), **roles_read)


_READERS: Mapping[type[RunEvent], Callable[[Record], RunEvent]] = {
    PlanMade: _plan_made,
    RunStart: _run_start,
    RunEnd: _run_end,
    HoldersSaved: _holders_saved,
    Intent: _intent,
    Outcome: _outcome,
    Reread: _reread,
    Recovered: _recovered,
}
_READER_OF_NAME = {kind.NAME: read for kind, read in _READERS.items()}

EVENTS = tuple(_READERS)
"""All kinds of events."""

_ADDRESSEE = itemgetter("user_id", "email")
_ACTION = itemgetter(*SentAction._fields)
_new_action = partial(tuple.__new__, SentAction)  # what `_make` does, at a third of its price for each of a million


def _actions(actions: Sequence[Mapping[str, Any]]) -> tuple[SentAction, ...]:
    return tuple(map(_new_action, map(_ACTION, actions)))


def _source(source: Mapping[str, Any] | str) -> Source:
    """Read the list of a plan: a path in the first version."""
    if isinstance(source, str):
        return Source(source, "", 0)
    modified_at = source.get("modified_at")
    return Source(
        path=source["path"],
        sha256=source.get("sha256", ""),
        rows=source.get("rows", 0),
        modified_at=datetime.fromisoformat(modified_at) if modified_at else None,
        listed=source.get("listed", {}),
        undoes=source.get("undoes") or "",
        fetched=read_fetched(source["fetched"]) if source.get("fetched") else None,
    )


def _drift(drift: Mapping[str, Any] | None) -> DriftById | None:
    return DriftById(drift["since"], drift.get("added", {}), drift.get("removed", {})) if drift else None


def _approval(approval: Mapping[str, Any]) -> Approval:
    excluded = approval["excluded"]  # in the first version the changes themselves
    return Approval(
        reviewer=approval["reviewer"],
        operator=approval["operator"] or "",
        approved_at=datetime.fromisoformat(approval["approved_at"]),
        confirmed_effect=approval["seen"],
        reviewed_digest=approval["made_from"],
        excluded=excluded if isinstance(excluded, int) else len(excluded),
        released=tuple(
            Released(release["user_id"], release["role"], release["reason"] or "") for release in approval["released"]
        ),
    )


def _excluded(approval: Mapping[str, Any]) -> Iterable[RunDecision]:
    """Read the changes that the reviewer took out; the first versions did not record addresses."""
    excluded = approval.get("excluded", 0)
    for change in approval.get("excluded_changes", () if isinstance(excluded, int) else excluded):
        yield RunDecision(
            action=change.get("action", Action.REMOVE.value),
            role=change["role"],
            user_id=change["user_id"],
            email=change.get("email", ""),
            reason=change["reason"] or "",
        )


def _counts(requests: Mapping[str, int] | int | None) -> Mapping[str, int]:
    """Read the requests by kind; a bare number, without kinds, counts as unknown."""
    return requests if isinstance(requests, Mapping) else {}
