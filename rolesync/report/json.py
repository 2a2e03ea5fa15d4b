"""Lists, runs, history and checks as JSON values, for programs.

Texts stay as they are. The caller escapes them as ASCII, so that neither control characters nor lone surrogates reach a
terminal. As in a plan's JSON, a missing value is null.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from rolesync.model.frames import DESIRED, OUTCOMES
from rolesync.model.json_forms import approval_json, fetched_json
from rolesync.model.keys import parse_roles
from rolesync.model.runs import counts
from rolesync.report.content.plan_rows import drift_cells, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    import pandas as pd
    from _typeshed import DataclassInstance

    from rolesync.model.desired import Desired
    from rolesync.model.explanation import Explanation, NextStep
    from rolesync.model.findings import Finding
    from rolesync.model.live import Requests
    from rolesync.model.plans import Drift
    from rolesync.model.rehearsal import Rehearsal
    from rolesync.model.run_report import RunDrift, RunReport, RunSummary
    from rolesync.model.runs import Check, Proof, Run

Json = dict[str, Any]


def desired_json(desired: Desired, managed: Iterable[str]) -> Json:
    """Return the assignments and findings of a list.

    Returns:
        `status` (`ok`, `warn`, `reject`), `source` (with `fetched` if it came from an address), `managed_roles`,
        `assignments` (each with `role`, and with `email` or `user_id` or both, as in the list; unmanaged roles are
        included) and `findings`.
    """
    source = desired.source
    fetched = {"fetched": fetched_json(source.fetched)} if source.fetched else {}
    return {
        "status": desired.status,
        "source": {"path": source.path, "sha256": source.sha256, "rows": source.rows, **fetched},
        "managed_roles": list(managed),
        "assignments": [
            _identity(email, user_id) | {"role": role}
            for _, email, user_id, role in table_rows(desired.assignments, DESIRED)
        ],
        "findings": [_finding(finding) for finding in desired.findings],
    }


def run_json(run: Run) -> Json:
    """Return a run that has just ended: outcomes, counts, drift, and the proof (null if Studio was not read again)."""
    return {
        "run": run.run_id,
        "account": run.account,
        "plan_digest": run.plan_digest,
        "approval": approval_json(run.approval),
        "started_at": _utc(run.started_at),
        "finished_at": _utc(run.finished_at),
        "complete": run.complete,
        "stopped": run.stopped or None,
        "already_applied": run.already_applied or None,
        "done_before": len(run.done_before),
        "counts": counts(run.outcomes),
        "outcomes": list(_outcomes(run.outcomes)),
        "proof": _proof(run.proof),
        "drift": _drift(run.drift),
        "requests": _requests(run.requests),
    }


def run_report_json(report: RunReport) -> Json:
    """Return a past run from the record: like `run_json`, and with what was planned.

    The record only counts the changes that were not sent. `proof` is null if Studio was not read again. `approval` is
    null if nobody approved the plan; else it is like that of `run_json`, with the excluded changes.
    """
    run = report.summary
    return {
        "run": run.run_id,
        "kind": run.kind,
        "command": report.command or None,
        "result": run.status,
        "account": report.account or None,
        "plan_digest": run.plan_digest,
        "made_by": report.plan_run_id or None,
        "operator": run.operator or None,
        "planned_by": report.planned_by or None,
        "approval": report.approval and _past_approval(report),
        "source": run.source or None,
        "undoes": report.undoes or None,
        "started_at": run.started_at,
        "finished_at": run.finished_at or None,
        "complete": report.complete,
        "stopped": report.stopped or None,
        "asked": {name: run.counts.get(name, 0) for name in ("additions", "removals")},
        "held": report.held,
        "overridden": list(report.overridden),
        "warned": list(report.warned),
        "counts": dict(report.counts),
        "done_before": report.done_before,
        "outcomes": [_nulls(change, "email", "row") for change in report.changes],
        "proof": _proof(report.proof),
        "drift": _drift(report.drift),
        "requests": {"by_kind": dict(report.requests), "total": sum(report.requests.values())},
    }


def _past_approval(report: RunReport) -> Json:
    excluded = [_nulls(decision, "email", "reason") for decision in report.excluded]
    return {**(approval_json(report.approval) or {}), "excluded_changes": excluded}


def rehearsal_json(rehearsal: Rehearsal) -> Json:
    """Return the result of a rehearsal.

    Returns:
        `rehearsed` (true), `outcome` (like `run_json`; its requests are those to the copy), `people` (the number of
        users copied), `held` (the number of held rows), `roles` (each with `before` and `after`, null if not read),
        `read` (the requests to Studio), `latency` (`seconds`, null if nothing was measured, and `of`, the number of
        measured requests), `stages` and `seconds` (the estimated time of an apply), and `unknown` (what a rehearsal
        can't predict).
    """
    latency = rehearsal.latency
    return {
        "rehearsed": True,
        "outcome": run_json(rehearsal.run),
        "people": rehearsal.people,
        "held": len(rehearsal.plan.held),
        "roles": [asdict(role) for role in rehearsal.roles],
        "read": _requests(rehearsal.read),
        "latency": {"seconds": latency.seconds if latency.requests else None, "of": latency.requests},
        "stages": [asdict(stage) for stage in rehearsal.stages],
        "seconds": rehearsal.seconds,
        "unknown": list(rehearsal.unknown),
    }


def runs_json(runs: Iterable[RunSummary]) -> Json:
    """Return the history, in the order of `runs`."""
    return {
        "runs": [
            {
                "run": run.run_id,
                "kind": run.kind,
                "command": run.command or run.kind,
                "started_at": run.started_at,
                "finished_at": run.finished_at or None,
                "status": run.status,
                "operator": run.operator or None,
                "plan_digest": run.plan_digest,
                "source": run.source or None,
                "counts": dict(run.counts),
            }
            for run in runs
        ],
    }


def explanation_json(explanation: Explanation) -> Json:
    """Return the explanation of one user as JSON.

    Returns:
        `asked`, `known`, `user_ids`, `emails`, `changes`, `decisions`, `absences`, `list` (null without a list; else
        `path`, `sha256`, `status` and `rows`), `now` (null if Studio was not asked) and `next` (null without a plan).
    """
    source = explanation.source
    return {
        "asked": explanation.query,
        "known": explanation.known,
        "user_ids": list(explanation.user_ids),
        "emails": list(explanation.emails),
        "changes": [
            {
                "run": change.run,
                "time": change.time,
                "user_id": change.user_id,
                "email": change.email or None,
                "action": change.action,
                "role": change.role,
                "row": change.row or None,
                "outcome": change.outcome,
                "approved_by": change.approved_by or None,
                "undoes": change.undoes or None,
                "source": {"path": change.source, "sha256": change.sha256 or None} if change.source else None,
            }
            for change in explanation.changes
        ],
        "decisions": [_nulls(decision, "email", "reason") for decision in explanation.decisions],
        "absences": [asdict(absence) for absence in explanation.absences],
        "list": source
        and {
            "path": source.path,
            "sha256": source.sha256,
            "status": explanation.list_status,
            "rows": [
                {"row": row.row, "role": row.role, **_identity(row.email, row.user_id)} for row in explanation.rows
            ],
        },
        "now": None
        if explanation.now is None
        else [{**_nulls(user, "email", "name"), "roles": list(user.roles)} for user in explanation.now],
        "next": None if explanation.steps is None else [_step_json(step) for step in explanation.steps],
    }


def _step_json(step: NextStep) -> Json:
    fields = _nulls(step, "user_id", "row", "held")
    del fields["days"]
    return fields


def checks_json(checks: Iterable[Check]) -> Json:
    """Return the checks of `doctor`; `status` is that of the worst check."""
    listed = [
        {"name": check.name, "status": check.status.value, "message": check.message, "hint": check.hint or None}
        for check in checks
    ]
    statuses = {check["status"] for check in listed}
    worst = next((status for status in ("block", "warn") if status in statuses), "pass")
    return {"status": worst, "checks": listed}


def _nulls(value: DataclassInstance, *names: str) -> Json:
    """Return the fields of a dataclass; the fields in `names` are null if they are empty."""
    return {name: (field or None) if name in names else field for name, field in asdict(value).items()}


def _identity(email: str, user_id: int) -> Json:
    return ({"email": email} if email else {}) | ({"user_id": user_id} if user_id else {})


def _finding(finding: Finding) -> Json:
    return {
        "level": finding.level.value,
        "row": finding.row,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
    }


def _outcomes(outcomes: pd.DataFrame) -> Iterator[Json]:
    roles = {text: parse_roles(text) for column in ("before", "after") for text in outcomes[column].unique()}
    for user_id, email, name, action, role, reason, row, before, outcome, after, detail in table_rows(
        outcomes, OUTCOMES
    ):
        yield {
            "user_id": user_id,
            "email": email or None,
            "name": name or None,
            "action": action,
            "role": role,
            "reason": reason,
            "row": row or None,
            "before": [*roles[before]],
            "after": [*roles[after]] if after else None,
            "outcome": outcome,
            "detail": detail or None,
        }


def _proof(proof: Proof | None) -> Json | None:
    if proof is None:
        return None
    return {"proven": proof.proven, "holders": dict(proof.holders), "differences": list(proof.differences)}


def _drift(drift: Drift | RunDrift) -> Json:
    return {
        "since": drift.since or None,
        "changes": [
            {"user_id": user_id, "email": email or None, "role": role, "action": action}
            for user_id, email, role, action in drift_cells(drift)
        ],
    }


def _requests(requests: Requests) -> Json:
    steps = [{**asdict(step), "how": step.how.value, "role": step.role or None} for step in requests.steps]
    return {
        "by_kind": dict(requests.by_kind),
        "total": requests.total,
        "fewest": requests.theoretical_minimum or None,
        "ways": steps,
    }


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
