"""One run as a whole, told from its records: what was asked for, what became of it, and what proves it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from rolesync.errors import RecordBrokenError
from rolesync.history.effects import ActionResult, action_result, requests_of
from rolesync.history.runs import read_events, summarise_run, trusted_records
from rolesync.model.frames import DRIFT, frame
from rolesync.model.plans import Approval, Drift, Released
from rolesync.model.run_report import RunChange, RunDecision, RunReport
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action, OutcomeStatus

_OUTCOMES = {
    ActionResult.DONE: (OutcomeStatus.DONE, ""),
    ActionResult.NO_EFFECT: (OutcomeStatus.FAILED, "Studio was asked, and the role stayed as it was"),
    ActionResult.GONE: (OutcomeStatus.FAILED, "no longer in Studio"),
    ActionResult.UNKNOWN: (OutcomeStatus.UNKNOWN, "nobody has found out yet; the next run asks Studio"),
}


def report_before_break(folder: Path, run_id: str, *, key: str = "") -> tuple[RunReport, RecordBrokenError | None]:
    """Tell one run, named by its id or the beginning of it, from what stands before the first bad place.

    Returns:
        What is told, and the error that names the bad place, if there is one.

    Raises:
        UsageError, RecordError, RecordBrokenError: as `trusted_records`.
    """
    records, broken = trusted_records(folder, run_id, key=key)
    # An approved plan has a digest of its own; it was made as the one that was reviewed.
    approval: Mapping[str, Any] = next((one["approval"] for one in records if one.get("approval")), {})
    digest = approval.get("made_from", records[0].get("digest", ""))
    plan: Mapping[str, Any] = {}
    with suppress(RecordBrokenError):  # which the first reading has told already
        for record in read_events(folder, {b"plan"}, key):
            plan = record if record.get("digest") == digest else plan
    return build_run_report(records, plan), broken


def build_run_report(records: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]) -> RunReport:
    """Tell one run.

    Args:
        records: all of it, in order.
        plan: the `plan` record of what was applied, or reviewed before; empty where there is none.
    """
    first: Mapping[str, Any] = next((one for one in records if one["event"] == "run.start"), records[0])
    end: Mapping[str, Any] = next((one for one in reversed(records) if one["event"] == "run.end"), {})
    source = first.get("source")
    changes = tuple(_changes(records))
    approval: Mapping[str, Any] = first.get("approval") or {}
    counts = end.get("counts") or {
        status.value: sum(one.outcome == status for one in changes) for status in OutcomeStatus
    }
    return RunReport(
        summary=summarise_run(records),
        command=first.get("command", ""),
        account=first.get("account", ""),
        undoes=(source.get("undoes") or "") if isinstance(source, dict) else "",
        held=first.get("held", None if approval else plan.get("held")),
        plan_run_id=plan.get("run", ""),
        overridden=tuple(first.get("overridden", ())),
        warned=tuple(first.get("warned", ())),
        changes=changes,
        counts=counts,
        proof=_proof(end.get("proof")),
        drift=_drift(first.get("drift")),
        requests=end.get("requests", first.get("requests", {})),
        stopped=end.get("stopped", ""),
        planned_by=first.get("made_by") or "",
        approval=_approval(approval),
        excluded=tuple(_decisions(approval.get("excluded_changes", ()), {})),
        released=tuple(
            _decisions(approval.get("released", ()), {(one.user_id, one.role): one.email for one in changes})
        ),
    )


def _changes(records: Sequence[Mapping[str, Any]]) -> Iterator[RunChange]:
    """Tell every change that was sent once, as it was the last time, then those of people who had drifted."""
    errors = {one["request"]: one.get("error", "") for one in records if one["event"] == "outcome"}
    last: dict[tuple[int, str, str], RunChange] = {}
    for intent, held in requests_of(records):
        for one in intent["actions"]:
            outcome, detail = _OUTCOMES[action_result(one, intent["before"], held)]
            user = str(one["user_id"])
            after = held.get(user)
            last[one["user_id"], one["action"], one["role"]] = RunChange(
                one["action"],
                one["role"],
                one["user_id"],
                one.get("email", ""),
                one.get("row", 0),
                outcome.value,
                tuple(intent["before"].get(user, ())),
                None if after is None else tuple(after),
                (detail and errors.get(intent["request"])) or detail,
            )
    yield from last.values()
    ended = next((one for one in records if one.get("drifted")), {})
    for one in ended.get("drifted", ()):
        before, after = tuple(one["before"]), tuple(one["after"])
        given = (one["action"], one["role"], one["user_id"], one["email"], one["row"])
        yield RunChange(*given, OutcomeStatus.DRIFTED.value, before, after, one["detail"])


def _approval(said: Mapping[str, Any]) -> Approval | None:
    if not said:
        return None
    return Approval(
        reviewer=said["reviewer"],
        operator=said["operator"] or "",
        approved_at=datetime.fromisoformat(said["approved_at"]),
        confirmed_effect=said["seen"],
        reviewed_digest=said["made_from"],
        excluded=said["excluded"],
        released=tuple(Released(one["user_id"], one["role"], one["reason"] or "") for one in said["released"]),
    )


def _decisions(said: Iterable[Mapping[str, Any]], emails: Mapping[tuple[int, str], str]) -> Iterator[RunDecision]:
    """Tell changes that were taken out, or removals that were let through; those are named by id only."""
    for one in said:
        email = one.get("email") or emails.get((one["user_id"], one["role"]), "")
        action = one.get("action", Action.REMOVE.value)
        yield RunDecision(action, one["role"], one["user_id"], email, one["reason"] or "")


def _proof(said: Mapping[str, Any] | None) -> Proof | None:
    return Proof(said["holders"], tuple(said["differences"])) if said else None


def _drift(said: Mapping[str, Any] | None) -> Drift:
    """Read what others had changed before; the record names them by id only."""
    if not said:
        return Drift()
    rows = [
        (user_id, role, action.value)
        for name, action in (("added", Action.ADD), ("removed", Action.REMOVE))
        for role, user_ids in said.get(name, {}).items()
        for user_id in user_ids
    ]
    ids, roles, actions = zip(*rows, strict=True) if rows else ((), (), ())
    cells = {"user_id": ids, "email": [""] * len(rows), "role": roles, "action": actions}
    return Drift(said["since"], frame(DRIFT, cells))
