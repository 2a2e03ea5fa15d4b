"""The nightly job: plan, guard, apply and prove in one unattended go."""

from dataclasses import dataclass

from rolesync.errors import PlanRefusedError
from rolesync.executor.preconditions import check_permission, check_unattended
from rolesync.executor.recheck import stand
from rolesync.executor.run import carry_out, note_plan
from rolesync.history.holders import keep_holders
from rolesync.model.lists import Desired
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.workflows.context import Job, turn_of
from rolesync.workflows.plan import plan_with


@dataclass(frozen=True, eq=False)
class Synced:
    """What a sync came to. `run` is None where nothing was sent, `refusal` says why if something should have been."""

    plan: Plan
    run: Run | None = None
    refusal: PlanRefusedError | None = None


def sync_list(desired: Desired, job: Job, override: str = "") -> Synced:
    """Plan and apply in one go.

    Raises:
        LockHeldError: another run is going on; nothing was read or written.
    """
    with turn_of(job, "sync") as turn:
        session = turn.session
        made, before = plan_with(desired, session.studio, turn.past, job)
        note_plan(session.record, session.run, session.command, made)
        try:
            check_permission(made, override)
            check_unattended(made, required=job.settings.require_approval or job.settings.four_eyes)
        except PlanRefusedError as refusal:
            return Synced(made, refusal=refusal)
        if made.status == "empty":
            keep_holders(session.folder, session.record, session.run, before)
            return Synced(made)
        return Synced(made, carry_out(made, stand(made.changes, before, {}), before, session))
