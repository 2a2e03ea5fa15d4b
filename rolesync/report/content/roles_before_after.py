"""The roles of each user before and after a plan, role by role: what is kept, lost and new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import RIVAL_ROLES, Action
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.text import CELL_LIMIT, escape_for_display

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolesync.model.plans import Plan

Steps = tuple[tuple[str, ...], ...]
"""For each role its sign and its name: "-" if the user loses it, "+" if it is new, "" if the user keeps it.

The sign is "?" if Studio would probably take the role away, see `RIVAL_ROLES`; then the new role follows that costs it.
"""

PROBABLY_LOST = " (probably lost)"
"""Follows a role that the plan keeps, and Studio would probably take away."""

_Changes = tuple[str, ...]  # of a user: the roles before, then action and role of each change


def role_steps(plan: Plan) -> dict[int, Steps]:
    """List by user id the steps of the roles: those before by name, then those that are new."""
    changes = _changes_by_user(plan)
    shared = {
        change: tuple(
            tuple(text if at == 0 else escape_for_display(text, CELL_LIMIT) for at, text in enumerate(step))
            for step in _steps(change)
        )
        for change in set(changes.values())  # many users share few of them
    }
    return {user_id: shared[change] for user_id, change in changes.items()}


def roles_after(plan: Plan, cut: int = CELL_LIMIT) -> dict[int, str]:
    """List by user id all roles once the plan is applied, as in `Admin, Teacher`; "" for no role."""
    changes = _changes_by_user(plan)
    shared = {
        change: escape_for_display(
            ", ".join(
                f"{role}{PROBABLY_LOST if sign == '?' else ''}"
                for role, sign in sorted((role, sign) for sign, role, *_ in _steps(change) if sign != "-")
            ),
            cut,
        )
        for change in set(changes.values())
    }
    return {user_id: shared[change] for user_id, change in changes.items()}


def _changes_by_user(plan: Plan) -> dict[int, _Changes]:
    changes: dict[int, _Changes] = {}
    for user_id, before, action, role in table_rows(plan.changes, ("user_id", "before", "action", "role")):
        changes[user_id] = (*changes.get(user_id, (before,)), action, role)
    return changes


def _steps(changes: _Changes) -> Steps:
    before, *actions_and_roles = changes
    roles = parse_roles(before)
    actions = dict(zip(actions_and_roles[1::2], actions_and_roles[::2], strict=True))
    held_steps = [_step(role, actions) for role in sorted(roles)]
    new_steps = [("+", role) for role in sorted(actions.keys() - set(roles)) if actions[role] == Action.ADD]
    return (*held_steps, *new_steps)


def _step(role: str, actions: Mapping[str, str]) -> tuple[str, ...]:
    """Return what becomes of a role that the user holds."""
    if actions.get(role) == Action.REMOVE:
        return "-", role
    rival = RIVAL_ROLES.get(role)
    return ("?", role, rival) if rival and actions.get(rival) == Action.ADD else ("", role)
