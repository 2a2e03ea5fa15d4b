"""Proves that live equals the plan: compares the reads before and after a run with the planned changes."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from rolesync.model.findings import name_some
from rolesync.model.frames import CHANGES
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live
from rolesync.model.plans import Plan
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.planner.rival_roles import rival_losses


def prove(plan: Plan, before: Live, after: Live, outcomes: pd.DataFrame) -> Proof:
    """Compare the holders of each managed role with those before the run, plus and minus the plan's changes.

    Other roles are compared for the users of the plan: a role that was lost beside the plan is a difference. A gained
    role is not, since Canvas gives roles at any time.

    Args:
        plan: the changes of the run.
        before: a complete read from before the first write.
        after: a complete read from after the last write.
        outcomes: the outcomes of the changes (OUTCOMES); `after` has the roles that Studio answered.
    """
    differences = []
    holders = {}
    emails = _emails(plan, before, after)
    for role, expected in holders_after(plan, before).items():
        actual = _ids(after.holders(role))
        holders[role] = len(actual)
        differences += _sentences(role, "should hold it and don't", expected - actual, emails)
        differences += _sentences(role, "hold it and shouldn't", actual - expected, emails)
    for role, ids in sorted(_lost_beside(outcomes, after, plan.policy.managed_roles).items()):
        sentences = _sentences(role, "lost it beside the plan", ids, emails)
        differences += [f"{sentence}; if this run cost it, `rolesync undo` gives it back" for sentence in sentences]
    return Proof(holders, tuple(differences))


def _lost_beside(outcomes: pd.DataFrame, after: Live, managed: Collection[str]) -> dict[str, set[int]]:
    """Find the users who lost roles that are not managed, by role; by the last read, else by Studio's answer."""
    roles_now = dict(zip(after.users["user_id"].tolist(), after.users["roles"].tolist(), strict=True))
    lost: dict[str, set[int]] = {}
    columns = (outcomes[name].tolist() for name in ("user_id", "before", "after"))
    for user_id, before, answered in zip(*columns, strict=True):
        now = roles_now.get(user_id, answered)
        if now and now != before:
            for role in set(parse_roles(before)).difference(parse_roles(now), managed):
                lost.setdefault(role, set()).add(user_id)
    return lost


def holders_after(plan: Plan, before: Live) -> dict[str, set[int]]:
    """Return by managed role the ids of those who hold it if all changes of the plan are done."""
    return {
        role: (_ids(before.holders(role)) | _changed_ids(plan, role, Action.ADD))
        - _changed_ids(plan, role, Action.REMOVE)
        for role in plan.policy.managed_roles
    }


def certain_holders(plan: Plan, before: Live, outcomes: pd.DataFrame) -> dict[str, set[int]]:
    """Return by managed role the ids of those who hold it in any case: after all removals and the additions done only.

    Users whose addition may have cost them a role are left out of that role.
    """
    is_certain = (outcomes["action"] == Action.REMOVE.value) | (outcomes["outcome"] == OutcomeStatus.DONE.value)
    changes = outcomes.loc[is_certain, list(CHANGES)]
    return holders_after(replace(plan, changes=pd.concat([changes, rival_losses(changes)])), before)


def _ids(users: pd.DataFrame) -> set[int]:
    return set(users["user_id"].tolist())


def _changed_ids(plan: Plan, role: str, action: Action) -> set[int]:
    return _ids(plan.changes[(plan.changes["role"] == role) & (plan.changes["action"] == action.value)])


def _emails(plan: Plan, before: Live, after: Live) -> Mapping[int, str]:
    emails: dict[int, str] = {}
    for users in (before.users, after.users, plan.changes):
        emails.update(zip(users["user_id"].tolist(), users["email"].tolist(), strict=True))
    return emails


def _sentences(role: str, problem: str, ids: Collection[int], emails: Mapping[int, str]) -> list[str]:
    if not ids:
        return []
    user_names = name_some(f"{emails.get(user_id) or 'no e-mail'} (#{user_id})" for user_id in sorted(ids))
    return [f"{role}: {len(ids):,} {problem}: {user_names}"]
