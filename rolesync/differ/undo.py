"""Computes the changes that reverse a run, as far as Studio is still as the run left it.

Later changes are not undone. A change is held if its role is already as before the run, or if its user is gone or has
another address.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.history import Effect
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.model.plans import Changes, RoleCount
from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.vocabulary import Action

_INVERSE = {Action.ADD: Action.REMOVE, Action.REMOVE: Action.ADD}


def invert_effects(effects: Iterable[Effect], live: Live, roles: Sequence[str]) -> Changes:
    """Compute the changes that reverse the effects of a run.

    Args:
        effects: the effects of the run, in its order; effects on roles other than `roles` are skipped.
        live: today's Studio, complete for `roles` and the users of `effects`.
        roles: the managed roles of the new plan, which may include other roles that the run took away.

    Returns:
        `changes` (CHANGES) and `held` (HELD) by user and role, with `row` 0, and the count of each role.
    """
    columns = (live.users[name].tolist() for name in ("user_id", "email", "name", "roles"))
    users = {user_id: cells for user_id, *cells in zip(*columns, strict=True)}
    changes: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for effect in _net_effects(effect for effect in effects if effect.role in roles):
        action = _INVERSE[effect.action]
        user = users.get(effect.user_id)
        shared = {"user_id": effect.user_id, "role": effect.role, "action": action.value, "row": 0}
        reason, detail = _obstacle(effect, action, user)
        if reason or user is None:
            held.append({**shared, "email": effect.email, "reason": reason, "detail": detail})
        else:
            email, name, before = user
            changes.append({**shared, "email": email, "name": name, "reason": Reason.UNDO.value, "before": before})
    number = Counter((change["role"], change["action"]) for change in changes)
    return Changes(
        changes=frame(CHANGES, {name: [change[name] for change in changes] for name in CHANGES}),
        held=frame(HELD, {name: [row[name] for row in held] for name in HELD}),
        roles=tuple(
            RoleCount(role, len(live.holders(role)), number[role, Action.ADD], number[role, Action.REMOVE])
            for role in roles
        ),
    )


def _net_effects(effects: Iterable[Effect]) -> list[Effect]:
    """Keep one effect per user and role, none if the run itself reversed it."""
    by_role: dict[tuple[int, str], list[Effect]] = {}
    for effect in effects:
        by_role.setdefault((effect.user_id, effect.role), []).append(effect)
    return [steps[-1] for _, steps in sorted(by_role.items()) if steps[0].action is steps[-1].action]


def _obstacle(effect: Effect, action: Action, user: Sequence[str] | None) -> tuple[str, str]:
    """Return why an effect can't be reversed by `action`, as a `HeldReason` and a sentence; two empty texts if it can.

    `user` has today's address, name and roles; None if the user is no longer in Studio.
    """
    if user is None:
        return HeldReason.NOT_IN_STUDIO.value, "no longer in Studio, so there is nothing to undo"
    email, _, roles = user
    if email_key(email) != email_key(effect.email):
        address_change = f"had the address {effect.email or '(none)'} then, has {email or '(none)'} now"
        return HeldReason.IDENTITY_MISMATCH.value, f"{address_change}: check who this is"
    if (effect.role in parse_roles(roles)) == (action is Action.ADD):
        return HeldReason.ALREADY.value, "already as before the run: changed back since, by rolesync or by other hands"
    return "", ""
