"""One run: its beginning is written down, its changes are sent, Studio is read again, and the end has the proof."""

from contextlib import suppress
from dataclasses import replace

from rolesync.errors import RecordError, StudioError
from rolesync.executor.execute import Execution, execute
from rolesync.executor.proof import prove, resolve_unknown
from rolesync.executor.recheck import Remaining
from rolesync.executor.run_context import RunContext
from rolesync.history.event_writer import append_event
from rolesync.history.events import RunEnd
from rolesync.history.holders import save_holders
from rolesync.history.journal import Journal
from rolesync.history.plan_events import drifted_changes, run_start
from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Plan
from rolesync.model.runs import Run, counts


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
    append_event(record, run_start(made, session.run, session.command, session.operator))
    left = replace(made, changes=standing.to_send)
    try:
        journal = Journal(record, session.run, session.seconds)
        executed = execute(left, session.studio, journal, session.progress, at_once=session.at_once)
        after, refusal = _read_again(made, executed, session)
    except BaseException:
        with suppress(RecordError):  # which may be the very reason
            append_event(record, _end(session, status="interrupted", unsettled=True))
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
    end = replace(
        _end(session, status="complete" if done.complete else "incomplete"),
        counts=counts(done.outcomes),
        proof=done.proof,
        stopped=done.stopped,
        unsettled=bool(executed.doubtful) and after is None,
        drifted=drifted_changes(done.outcomes),
    )
    append_event(record, end)
    if after:
        save_holders(session.folder, record, session.run, after)
    return done


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


def _end(session: RunContext, status: str, *, unsettled: bool = False) -> RunEnd:
    return RunEnd(run=session.run, status=status, requests=dict(session.studio.client.counts), unsettled=unsettled)
