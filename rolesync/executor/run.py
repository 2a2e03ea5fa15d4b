"""One run: its beginning is written down, its changes are sent, Studio is read again, and the end has the proof."""

from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from rolesync.audit.record import Record
from rolesync.differ.holds import absent_holders
from rolesync.errors import RecordError, StudioError
from rolesync.executor.execute import Execution, execute
from rolesync.executor.proof import prove, resolve_unknown
from rolesync.executor.recheck import Remaining
from rolesync.executor.run_context import RunContext
from rolesync.history.holders import keep_holders
from rolesync.history.journal import Journal
from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Drift, Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.runs import Run, counts
from rolesync.model.vocabulary import Action, OutcomeStatus, VerdictStatus
from rolesync.planner.encode import approval_json, source_json


def carry_out(made: Plan, standing: Remaining, before: Live, session: RunContext) -> Run:
    """Send what is left of a plan, prove it, and write down how it ended.

    Args:
        made: the plan, checked.
        standing: which of its changes are left.
        before: Studio as it was read just now, complete for the managed roles.
        session: what this run works with.

    Raises:
        RecordError: the record can't be written; nothing more was sent.
    """
    record, started = session.record, session.now()
    overridden = [verdict.rule for verdict in made.blocked]
    record.append(
        "run.start",
        run=session.run,
        **_summary(made, session.command),
        operator=session.operator,
        held=len(made.held),
        overridden=overridden,
        **_absent(made),
        approval=_approval(made),
    )
    left = replace(made, changes=standing.to_send)
    try:
        journal = Journal(record, session.run, session.seconds)
        executed = execute(left, session.studio, journal, session.progress, at_once=session.at_once)
        after, refusal = _read_again(made, executed, session)
    except BaseException:
        with suppress(RecordError):  # which may be the very reason
            _end(session, status="interrupted", counts={}, proof=None, stopped="", unsettled=True)
        raise
    sent, stopped = executed.outcomes, executed.stopped or refusal
    done = Run(
        run_id=session.run,
        account=made.account,
        plan_digest=made.digest,
        started_at=started,
        finished_at=session.now(),
        outcomes=standing.with_sent(resolve_unknown(sent, after) if after else sent),
        proof=prove(left, before, after) if after else None,
        requests=Requests(dict(sorted(session.studio.client.counts.items()))),
        stopped=stopped.message if stopped else "",
        drift=made.drift,
        approval=made.approval,
    )
    _end(
        session,
        status="complete" if done.complete else "incomplete",
        counts=counts(done.outcomes),
        proof=asdict(done.proof) if done.proof else None,
        stopped=done.stopped,
        unsettled=bool(executed.doubtful) and after is None,
        drifted=_drifted(done.outcomes),
    )
    if after:
        keep_holders(session.folder, record, session.run, after)
    return done


def note_plan(record: Record, run: str, command: str, made: Plan) -> None:
    """Write down that a plan was made, and what came of it."""
    own = {
        "status": "planned" if made.status == "ready" else made.status,
        "held": len(made.held),
        "requests": dict(made.requests.by_kind),
        **(_absent(made) if command == "sync" else {}),
    }
    record.append("plan", run=run, **_summary(made, command), **own)


def _summary(made: Plan, command: str) -> dict[str, Any]:
    return {
        "command": command,
        "digest": made.digest,
        "account": made.account,
        "made_by": made.planned_by,
        "source": source_json(made.source),
        "additions": sum(count.additions for count in made.roles),
        "removals": sum(count.removals for count in made.roles),
        "drift": _drift(made.drift),
        "warned": sorted({verdict.rule for verdict in made.verdicts if verdict.status is VerdictStatus.WARN}),
    }


def _approval(made: Plan) -> dict[str, Any] | None:
    """Spell who approved the plan and what they decided otherwise."""
    said = approval_json(made.approval)
    if said is None:
        return None
    out = made.held[made.held["reason"] == HeldReason.EXCLUDED.value]
    named = {"user_id": "user_id", "email": "email", "role": "role", "action": "action", "detail": "reason"}
    return {**said, "excluded_changes": out[list(named)].rename(columns=named).to_dict("records")}


def _drift(drift: Drift) -> dict[str, Any] | None:
    """Spell what others have changed, by role."""
    if not drift.since:
        return None
    table = drift.changes
    said: dict[str, Any] = {"since": drift.since}
    for name, action in (("added", Action.ADD), ("removed", Action.REMOVE)):
        chosen = table[table["action"] == action.value]
        said[name] = {
            role: chosen.loc[chosen["role"] == role, "user_id"].tolist() for role in chosen["role"].unique().tolist()
        }
    return said


def _absent(made: Plan) -> dict[str, Any]:
    """Whom the list doesn't give a role they hold: what the next run counts a grace from, if one is given."""
    pairs = absent_holders(made)
    return {} if pairs is None else {"absent": dict(pairs)}


def _drifted(outcomes: pd.DataFrame) -> list[dict[str, Any]]:
    """Spell the changes that were not sent because of what people have become; of the others sent, requests tell."""
    chosen = outcomes[outcomes["outcome"] == OutcomeStatus.DRIFTED.value]
    names = ("user_id", "action", "role", "email", "row", "before", "after", "detail")
    rows = (
        dict(zip(names, cells, strict=True)) for cells in zip(*(chosen[one].tolist() for one in names), strict=True)
    )
    return [{**row, "before": parse_roles(row["before"]), "after": parse_roles(row["after"])} for row in rows]


def _read_again(made: Plan, executed: Execution, session: RunContext) -> tuple[Live | None, StudioError | None]:
    """Read the managed roles' holders once more, and write down what that tells of requests in doubt."""
    try:
        after = read_live(session.studio, made.policy.managed_roles, ListRows.of(), session.progress)
    except StudioError as error:
        return None, error
    if executed.doubtful:
        users = zip(after.users["user_id"].tolist(), after.users["roles"].tolist(), strict=True)
        held = {user_id: parse_roles(roles) for user_id, roles in users}
        for request in executed.doubtful:
            request.reread({user_id: held.get(user_id, []) for user_id in request.user_ids})
    return after, None


def _end(session: RunContext, **how: Any) -> None:  # noqa: ANN401  # whatever the record takes
    session.record.append("run.end", run=session.run, requests=dict(session.studio.client.counts), **how)
