"""Does live equal the plan? What was read after a run, held against what was read before it and what was planned."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from rolesync.model.live import Live
from rolesync.model.plans import Plan
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action, OutcomeStatus

NAMED = 5  # how many people a sentence names before it only counts them


def prove(plan: Plan, before: Live, after: Live) -> Proof:
    """Compare the holders of each managed role with those before the run plus and minus the plan's changes.

    Args:
        plan: what was to be done.
        before: a complete read from before the first write.
        after: a complete read from after the last one.
    """
    differences = []
    holders = {}
    names = _names(plan, before, after)
    for role in plan.policy.managed_roles:
        found = _ids(after.holders(role))
        expected = _ids(before.holders(role)) | _touched(plan, role, Action.ADD)
        expected -= _touched(plan, role, Action.REMOVE)
        holders[role] = len(found)
        differences += _sentences(role, "should hold it and don't", expected - found, names)
        differences += _sentences(role, "hold it and shouldn't", found - expected, names)
    return Proof(holders, tuple(differences))


def resolve_unknown(outcomes: pd.DataFrame, after: Live) -> pd.DataFrame:
    """Settle by the last read what was left unknown: a change that is there was done, one that isn't failed."""
    unknown = (outcomes["outcome"] == OutcomeStatus.UNKNOWN.value).to_numpy()
    if not unknown.any():
        return outcomes
    holders = {role: _ids(after.holders(role)) for role in outcomes["role"].unique()}
    columns = (outcomes[name].tolist() for name in ("user_id", "role", "action"))
    there = np.array(
        [(uid in holders[role]) == (action == Action.ADD) for uid, role, action in zip(*columns, strict=True)]
    )
    status = outcomes["outcome"].astype("object").to_numpy(copy=True)
    status[unknown & there] = OutcomeStatus.DONE.value
    status[unknown & ~there] = OutcomeStatus.FAILED.value
    return outcomes.assign(outcome=pd.Series(status, dtype="category", index=outcomes.index))


def _ids(people: pd.DataFrame) -> set[int]:
    return set(people["user_id"].tolist())


def _touched(plan: Plan, role: str, action: Action) -> set[int]:
    return _ids(plan.changes[(plan.changes["role"] == role) & (plan.changes["action"] == action.value)])


def _names(plan: Plan, before: Live, after: Live) -> Mapping[int, str]:
    names: dict[int, str] = {}
    for people in (before.users, after.users, plan.changes):
        names.update(zip(people["user_id"].tolist(), people["email"].tolist(), strict=True))
    return names


def _sentences(role: str, what: str, ids: Collection[int], names: Mapping[int, str]) -> list[str]:
    if not ids:
        return []
    some = ", ".join(f"{names.get(user_id) or 'no e-mail'} (#{user_id})" for user_id in sorted(ids)[:NAMED])
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return [f"{role}: {len(ids)} {what}: {some}{more}"]
