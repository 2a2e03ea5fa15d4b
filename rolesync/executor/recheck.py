"""A saved plan held against Studio as it is now: what is left of it, and whether that may still be sent."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from rolesync.differ.drift import Standing, outside, stand
from rolesync.executor.preconditions import check_permission, judged_today
from rolesync.history.earlier_runs import Past
from rolesync.history.effects import last_seen, open_requests
from rolesync.history.holders import expected_holders
from rolesync.model.history import History
from rolesync.model.keys import role_names
from rolesync.model.live import Live
from rolesync.model.plans import Plan


@dataclass(frozen=True, eq=False)
class Ready:
    """A plan that may be sent, with what others have changed besides; what is left of it; Studio as it was read."""

    plan: Plan
    standing: Standing
    before: Live


@dataclass(frozen=True, slots=True)
class Today:
    """What a plan is judged by besides its own limits: whom today's settings protect, and what the record tells."""

    owner: str
    protected_users: tuple[str, ...]
    history: History


def hold_against(made: Plan, before: Live, past: Past, today: Today, override: str) -> Ready:
    """Find what is left of a plan, and judge it by today's numbers.

    Args:
        made: the plan.
        before: Studio as it was read just now, complete for the managed roles and the people of the plan.
        past: what the record tells.
        today: what else the plan is judged by.
        override: the digest of a plan that may pass its guards.

    Raises:
        BlockedError: a guard blocks what is left.
        RecordError: the record can't be read.
    """
    standing = stand(made.changes, before, _seen(made, before, past))
    left = replace(made, changes=standing.left)
    check_permission(judged_today(left, before, today.owner, today.protected_users, today.history), override)
    return Ready(replace(made, drift=outside(expected_holders(past), before)), standing, before)


def _seen(made: Plan, before: Live, past: Past) -> dict[int, list[str] | None]:
    """Tell how earlier runs of the plan have left people: of those in a request still in doubt, as they are now.

    An apply has settled such requests before it comes here, in the same way; whoever only looks can't.
    """
    records = list(past.records_of_plan(made.digest))
    doubtful = {user_id for request in open_requests(records) for user_id in request.user_ids}
    return {**last_seen(records), **(_now(before, doubtful) if doubtful else {})}


def _now(live: Live, user_ids: Collection[int]) -> dict[int, list[str] | None]:
    people = zip(live.users["user_id"].tolist(), live.users["roles"].tolist(), strict=True)
    return {user_id: role_names(roles) for user_id, roles in people if user_id in user_ids}
