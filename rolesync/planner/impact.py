"""The users who may lose something by a plan."""

from rolesync.model.plans import Plan
from rolesync.model.reasons import WAITING
from rolesync.model.vocabulary import Action


def users_to_inspect(plan: Plan) -> list[int]:
    """List the ids of users who lose a role, or would lose one if the removal wasn't held. Sorted, without repeats."""
    removed = plan.changes["action"] == Action.REMOVE.value
    waiting = plan.held["reason"].isin(WAITING)
    ids = {*plan.changes.loc[removed, "user_id"].tolist(), *plan.held.loc[waiting, "user_id"].tolist()}
    return sorted(ids)
