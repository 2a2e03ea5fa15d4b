"""Who has something to lose in a plan, and so is asked about in Studio."""

from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action


def users_to_inspect(plan: Plan) -> list[int]:
    """List everybody whom the plan takes a role, and whoever would lose one if that wasn't held; each once, sorted."""
    removed = plan.changes["action"] == Action.REMOVE.value
    waiting = plan.held["reason"].isin([HeldReason.REMOVALS_HELD.value, HeldReason.GRACE.value])
    ids = {*plan.changes.loc[removed, "user_id"].tolist(), *plan.held.loc[waiting, "user_id"].tolist()}
    return sorted(ids)
