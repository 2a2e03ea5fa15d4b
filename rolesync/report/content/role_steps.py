"""The roles of each user before and after a plan, role by role: what is kept, lost and new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import Action
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.text import CELL_LIMIT, escape_for_display

if TYPE_CHECKING:
    from rolesync.model.plans import Plan

Steps = tuple[tuple[str, str], ...]
"""For each role its sign and its name: "-" if the user loses it, "+" if it is new, "" if the user keeps it."""


def role_steps(plan: Plan) -> dict[int, Steps]:
    """List by user id the steps of the roles: those before by name, then those that are new."""
    changes: dict[int, tuple[str, ...]] = {}  # the roles before, then action and role of each change of the user
    for user_id, before, action, role in table_rows(plan.changes, ("user_id", "before", "action", "role")):
        changes[user_id] = (*changes.get(user_id, (before,)), action, role)
    shared = {change: _steps(*change) for change in set(changes.values())}  # many users share few of them
    return {user_id: shared[change] for user_id, change in changes.items()}


def _steps(before: str, *actions_and_roles: str) -> Steps:
    roles = parse_roles(before)
    actions = dict(zip(actions_and_roles[1::2], actions_and_roles[::2], strict=True))
    steps = [("-" if actions.get(role) == Action.REMOVE else "", role) for role in sorted(roles)]
    steps += [("+", role) for role in sorted(actions.keys() - set(roles)) if actions[role] == Action.ADD]
    return tuple((sign, escape_for_display(role, CELL_LIMIT)) for sign, role in steps)
