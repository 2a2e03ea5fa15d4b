"""Apply a saved plan, if it is still what it says."""

from rolesync.executor.preconditions import check_approval, check_maker, check_origin, check_permission
from rolesync.executor.recheck import CurrentLimits, Rechecked, recheck_plan
from rolesync.executor.run import carry_out
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of, lock_account
from rolesync.workflows.context import Context
from rolesync.workflows.lookup import by_id
from rolesync.workflows.plan import guard_baseline


def apply_plan(made: Plan, context: Context, override: str = "") -> Run:
    """Apply a saved plan, if it is still what it says; whoever is not as it saw them is left as they are.

    What an earlier, interrupted run of the same plan has done counts as done, and the rest is sent.

    Raises:
        PlanRefusedError: it is another account's, its list has changed, it isn't approved as the settings ask for, or a
            guard blocks it; nothing was written.
        LockHeldError: another run is going on; nothing was written.
    """
    own = context.settings
    check_origin(made, own.studio)
    check_approval(made, required=own.require_approval, four_eyes=own.four_eyes)
    check_permission(made, override)
    with lock_account(context, "apply") as turn:
        if own.four_eyes and made.approval:
            check_maker(made, turn.earlier_runs.makers(made.approval.reviewed_digest))
        now = _ready(made, turn.run_context.studio, turn.earlier_runs, context, override)
        return carry_out(now.plan, now.remaining, now.before, turn.run_context)


def recheck_saved_plan(made: Plan, context: Context, override: str = "") -> Rechecked:
    """Hold a saved plan against Studio, with all that `apply_plan` asks of plan and Studio. Writes nothing anywhere.

    An approval isn't asked for: whoever is to give it may want to see the plan at work.

    Raises:
        PlanRefusedError: `apply_plan` would refuse it, too.
    """
    check_origin(made, context.settings.studio)
    check_permission(made, override)
    with connect(context) as client:
        return _ready(made, StudioReader(client), earlier_runs_of(context), context, override)


def _ready(made: Plan, studio: StudioReader, past: EarlierRuns, context: Context, override: str) -> Rechecked:
    own = context.settings
    before = read_live(studio, made.policy.managed_roles, _people_of(made), context.progress, scan=own.scan_roles)
    today = CurrentLimits(own.owner, own.protected_users, guard_baseline(made.source, past, context))
    return recheck_plan(made, before, past, today, override)


def _people_of(made: Plan) -> ListRows:
    """Spell the people that a plan touches as a list that names them by id."""
    return by_id(made.changes["user_id"].tolist(), made.policy)
