"""Carries one run out: records its start, sends the changes, reads Studio again, and records its end with the proof."""

from contextlib import suppress
from dataclasses import replace

from rolesync.differ.vanished import vanished_holders
from rolesync.errors import IncompleteReadError, RecordError, StudioError
from rolesync.executor.proof import certain_holders, prove
from rolesync.executor.recheck import Remaining
from rolesync.executor.run_context import RunContext
from rolesync.executor.send_plan import Execution, execute
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.event_writer import append_event
from rolesync.history.events import RunEnd
from rolesync.history.holders_snapshot import save_holders
from rolesync.history.plan_events import drifted_changes, run_start
from rolesync.history.request_journal import Journal
from rolesync.live.read import read_live
from rolesync.live.read_after_write import read_settled
from rolesync.model.desired import ListRows
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Plan
from rolesync.model.runs import Run, counts
from rolesync.model.vocabulary import OutcomeStatus


def carry_out(plan: Plan, remaining: Remaining, before: Live, context: RunContext, earlier: EarlierRuns) -> Run:
    """Send the remaining changes of a plan, prove the result, and record how the run ended.

    Args:
        plan: the checked plan.
        remaining: the changes of the plan that remain to be sent.
        before: Studio as it was just read, complete for the managed roles.
        context: the run's client, record and clocks.
        earlier: the runs before it.

    Raises:
        RecordError: the record can't be written; nothing more was sent.
    """
    record, started = context.record, context.now()
    append_event(record, run_start(plan, context.run, context.command, context.operator))
    remaining_plan = replace(plan, changes=remaining.to_send)
    try:
        journal = Journal(record, context.run, context.seconds)
        executed = execute(
            remaining_plan,
            context.studio,
            journal,
            context.progress,
            parallel=context.parallel,
            changed_lately=context.recent.user_ids,
        )
        after, read_error = _read_again(remaining_plan, before, executed, context)
    except BaseException:
        with suppress(RecordError):  # it may be the cause
            append_event(record, _end(context, status="interrupted", unsettled=True))
        raise
    stopped, outcomes = executed.stopped or read_error, executed.outcomes
    run = Run(
        run_id=context.run,
        account=plan.account,
        plan_digest=plan.digest,
        started_at=started,
        finished_at=context.now(),
        outcomes=remaining.with_sent(outcomes),
        proof=prove(remaining_plan, before, after, outcomes) if after else None,
        requests=Requests(dict(sorted(context.studio.client.counts.items()))),
        stopped="; ".join(filter(None, (stopped.message, stopped.hint))) if stopped else "",
        held=len(plan.held),
        drift=plan.drift,
        approval=plan.approval,
        done_before=remaining.done_before,
    )
    end = replace(
        _end(context, status="complete" if run.complete else "incomplete"),
        counts=counts(run.outcomes),
        proof=run.proof,
        stopped=run.stopped,
        unsettled=bool((outcomes["outcome"] == OutcomeStatus.UNKNOWN.value).any()),
        drifted=drifted_changes(run.outcomes),
    )
    append_event(record, end)
    if after and executed.hidden_since(after) is None:  # a read that never shows a change may also hide other changes
        save_holders(record, context.run, after, plan, earlier)
    return run


def _read_again(
    plan: Plan, before: Live, executed: Execution, context: RunContext
) -> tuple[Live | None, StudioError | None]:
    """Read the holders of the managed roles again, until they show what was sent; decide the changes in doubt by that.

    Returns:
        Studio after the run, or None and the error of the read, also if most holders of a role are missing in it.
    """
    roles = plan.policy.managed_roles
    unseen = ListRows.of_users(executed.unseen, roles[0])

    def read() -> Live:
        return read_live(context.studio, roles, unseen, context.progress)

    try:
        after = read_settled(
            context.studio, read, lambda live: _hidden_since(live, executed, context), context.progress
        )
    except StudioError as error:
        return None, error
    if vanished := vanished_holders(certain_holders(plan, before, executed.outcomes), after):
        message = f"{vanished} in the read after the run, so it proves nothing"
        return None, IncompleteReadError(message, hint="look at Studio, and plan again when its users are there")
    executed.close(after)
    return after, None


def _hidden_since(live: Live, executed: Execution, context: RunContext) -> float | None:
    """Return when the latest change was made, by this run or a recent one, that a read hides; None if it shows all."""
    sent = {(change.user_id, change.role) for change in executed.changes}
    times = (executed.hidden_since(live), context.recent.hidden_since(live, sent))
    return max((time for time in times if time is not None), default=None)


def _end(context: RunContext, status: str, *, unsettled: bool = False) -> RunEnd:
    return RunEnd(run=context.run, status=status, requests=dict(context.studio.client.counts), unsettled=unsettled)
