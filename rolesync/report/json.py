"""Lists, runs, history and checks as JSON values, for programs.

Texts stay exactly as they are: whoever writes the JSON escapes them, best as ASCII only, so that neither control
characters nor lone surrogates reach a terminal. As in a plan's JSON, what is not given is null.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from rolesync.model.frames import DESIRED, OUTCOMES
from rolesync.model.keys import parse_roles
from rolesync.model.runs import counts
from rolesync.planner.encode import approval_json
from rolesync.report.content.plan_rows import drift_cells, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    import pandas as pd

    from rolesync.model.desired import Desired
    from rolesync.model.explanation import Explanation
    from rolesync.model.findings import Finding
    from rolesync.model.live import Requests
    from rolesync.model.plans import Drift
    from rolesync.model.rehearsal import Rehearsal
    from rolesync.model.run_report import RunDrift, RunReport, RunSummary
    from rolesync.model.runs import Check, Proof, Run

Json = dict[str, Any]


def desired_json(desired: Desired, managed: Iterable[str]) -> Json:
    """Say what a list asks for.

    Returns:
        `status` (`ok`, `warn`, `reject`), `source`, `managed_roles`, `assignments` (each with `role`, and with `email`
        or `user_id` or both, as the list gave them; those of other roles are there too) and `findings`.
    """
    source = desired.source
    return {
        "status": desired.status,
        "source": {"path": source.path, "sha256": source.sha256, "rows": source.rows},
        "managed_roles": list(managed),
        "assignments": [
            _identity(email, user_id) | {"role": role}
            for _, email, user_id, role in table_rows(desired.assignments, DESIRED)
        ],
        "findings": [_finding(finding) for finding in desired.findings],
    }


def run_json(run: Run) -> Json:
    """Say what became of an apply: outcomes, counts, drift, and the proof (null where Studio was not read again)."""
    return {
        "run": run.run_id,
        "account": run.account,
        "plan_digest": run.plan_digest,
        "approval": approval_json(run.approval),
        "started_at": _utc(run.started_at),
        "finished_at": _utc(run.finished_at),
        "complete": run.complete,
        "stopped": run.stopped or None,
        "counts": counts(run.outcomes),
        "outcomes": list(_outcomes(run.outcomes)),
        "proof": _proof(run.proof),
        "drift": _drift(run.drift),
        "requests": _requests(run.requests),
    }


def run_report_json(told: RunReport) -> Json:
    """Say what the record tells of a past run, as `run_json` of one that has just ended, and what it was asked for.

    Of changes that were not sent, the record has only the number; `proof` is null where Studio was not read again,
    `approval` where nobody has approved the plan, else as in `run_json`, with the changes that were taken out.
    """
    run = told.summary
    return {
        "run": run.run_id,
        "kind": run.kind,
        "command": told.command or None,
        "result": run.status,
        "account": told.account or None,
        "plan_digest": run.plan_digest,
        "made_by": told.plan_run_id or None,
        "operator": run.operator or None,
        "planned_by": told.planned_by or None,
        "approval": told.approval and _told_approval(told),
        "source": run.source or None,
        "undoes": told.undoes or None,
        "started_at": run.started_at,
        "finished_at": run.finished_at or None,
        "complete": told.complete,
        "stopped": told.stopped or None,
        "asked": {name: run.counts.get(name, 0) for name in ("additions", "removals")},
        "held": told.held,
        "overridden": list(told.overridden),
        "warned": list(told.warned),
        "counts": dict(told.counts),
        "outcomes": [{**asdict(one), "email": one.email or None, "row": one.row or None} for one in told.changes],
        "proof": _proof(told.proof),
        "drift": _drift(told.drift),
        "requests": {"by_kind": dict(told.requests), "total": sum(told.requests.values())},
    }


def _told_approval(told: RunReport) -> Json:
    excluded = [{**asdict(one), "email": one.email or None, "reason": one.reason or None} for one in told.excluded]
    return {**(approval_json(told.approval) or {}), "excluded_changes": excluded}


def rehearsal_json(done: Rehearsal) -> Json:
    """Say what a rehearsal came to.

    Returns:
        `rehearsed` (true), `outcome` (as of `run_json`; its requests are those to the copy), `people` (how many were
        copied), `held` (how many rows the plan holds), `roles` (each with `before` and `after`, null where that was not
        read), `read` (the requests to Studio), `latency` (seconds, null where nothing was measured), `stages` and
        `seconds` (how long an apply would take), and `unknown` (what a rehearsal can't know).
    """
    return {
        "rehearsed": True,
        "outcome": run_json(done.run),
        "people": done.people,
        "held": len(done.plan.held),
        "roles": [asdict(role) for role in done.roles],
        "read": _requests(done.read),
        "latency": {"seconds": done.latency.seconds if done.latency.requests else None, "of": done.latency.requests},
        "stages": [asdict(stage) for stage in done.stages],
        "seconds": done.seconds,
        "unknown": list(done.unknown),
    }


def runs_json(runs: Iterable[RunSummary]) -> Json:
    """List the history, in the order given."""
    return {
        "runs": [
            {
                "run": run.run_id,
                "kind": run.kind,
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


def explanation_json(found: Explanation) -> Json:
    """Say what is known of one person.

    Returns:
        `asked`, `known`, `user_ids`, `emails`, `changes`, `decisions`, `absences`, `list` (null where none was given;
        else its source, `status` and `rows`), `now` and `next` (null where that was not looked for).
    """
    source = found.source
    return {
        "asked": found.asked,
        "known": found.known,
        "user_ids": list(found.user_ids),
        "emails": list(found.emails),
        "changes": [
            {
                "run": one.run,
                "time": one.time,
                "user_id": one.user_id,
                "email": one.email or None,
                "action": one.action,
                "role": one.role,
                "row": one.row or None,
                "outcome": one.outcome,
                "approved_by": one.approved_by or None,
                "source": {"path": one.source, "sha256": one.sha256 or None} if one.source else None,
            }
            for one in found.changes
        ],
        "decisions": [
            {**asdict(one), "email": one.email or None, "reason": one.reason or None} for one in found.decisions
        ],
        "absences": [asdict(one) for one in found.absences],
        "list": source
        and {
            "path": source.path,
            "sha256": source.sha256,
            "status": found.list_status,
            "rows": [{"row": one.row, "role": one.role, **_identity(one.email, one.user_id)} for one in found.rows],
        },
        "now": None
        if found.now is None
        else [
            {"user_id": one.user_id, "email": one.email or None, "name": one.name or None, "roles": list(one.roles)}
            for one in found.now
        ],
        "next": None
        if found.steps is None
        else [
            {
                "user_id": one.user_id or None,
                "action": one.action,
                "role": one.role,
                "row": one.row or None,
                "reason": one.reason,
                "held": one.held or None,
            }
            for one in found.steps
        ],
    }


def checks_json(checks: Iterable[Check]) -> Json:
    """List what `doctor` looked at; `status` is that of the worst check."""
    listed = [
        {"name": check.name, "status": check.status.value, "message": check.message, "hint": check.hint or None}
        for check in checks
    ]
    found = {check["status"] for check in listed}
    worst = next((status for status in ("block", "warn") if status in found), "pass")
    return {"status": worst, "checks": listed}


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
    sets = {spelled: parse_roles(spelled) for column in ("before", "after") for spelled in outcomes[column].unique()}
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
            "before": [*sets[before]],
            "after": [*sets[after]] if after else None,
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
    ways = [{**asdict(way), "how": way.how.value, "role": way.role or None} for way in requests.steps]
    return {
        "by_kind": dict(requests.by_kind),
        "total": requests.total,
        "fewest": requests.theoretical_minimum or None,
        "ways": ways,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
