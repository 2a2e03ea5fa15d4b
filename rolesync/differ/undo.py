"""What a run did → the changes that take it back, as far as Studio still is as the run left it.

What has happened since is not undone with it: whoever is as before already, gone, or somebody else by now is held.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.history import Effect
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.model.plans import Changes, RoleCount
from rolesync.model.vocabulary import Action, HeldReason, Reason

_INVERSE = {Action.ADD: Action.REMOVE, Action.REMOVE: Action.ADD}


def invert_effects(done: Iterable[Effect], live: Live, roles: Sequence[str]) -> Changes:
    """Say what takes back the effects of a run.

    Args:
        done: what the run did, in its order; what it did to roles other than `roles` is left alone.
        live: today's Studio, complete for `roles` and the people of `done`.
        roles: the managed roles.

    Returns:
        `changes` (CHANGES) and `held` (HELD) by user and role, neither with a row, and the count of each role.
    """
    columns = (live.users[name].tolist() for name in ("user_id", "email", "name", "roles"))
    people = {user_id: cells for user_id, *cells in zip(*columns, strict=True)}
    changes: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for effect in _net(one for one in done if one.role in roles):
        action = _INVERSE[effect.action]
        person = people.get(effect.user_id)
        shared = {"user_id": effect.user_id, "role": effect.role, "action": action.value, "row": 0}
        reason, detail = _obstacle(effect, action, person)
        if reason or person is None:
            held.append({**shared, "email": effect.email, "reason": reason, "detail": detail})
        else:
            email, name, before = person
            changes.append({**shared, "email": email, "name": name, "reason": Reason.UNDO.value, "before": before})
    number = Counter((change["role"], change["action"]) for change in changes)
    return Changes(
        changes=frame(CHANGES, {name: [change[name] for change in changes] for name in CHANGES}),
        held=frame(HELD, {name: [one[name] for one in held] for name in HELD}),
        roles=tuple(
            RoleCount(role, len(live.holders(role)), number[role, Action.ADD], number[role, Action.REMOVE])
            for role in roles
        ),
    )


def _net(done: Iterable[Effect]) -> list[Effect]:
    """Keep one effect of each person and role; what was given and taken again in one run needs no undoing."""
    steps: dict[tuple[int, str], list[Effect]] = {}
    for effect in done:
        steps.setdefault((effect.user_id, effect.role), []).append(effect)
    return [found[-1] for _, found in sorted(steps.items()) if found[0].action is found[-1].action]


def _obstacle(effect: Effect, action: Action, person: Sequence[str] | None) -> tuple[str, str]:
    """Say why somebody's change can't be taken back: a `HeldReason` and a sentence; empty where it can."""
    if person is None:
        return HeldReason.NOT_IN_STUDIO.value, "no longer in Studio, so there is nothing to take back"
    email, _, roles = person
    if email_key(email) != email_key(effect.email):
        changed = f"had the address {effect.email or '(none)'} then, has {email or '(none)'} now"
        return HeldReason.IDENTITY_MISMATCH.value, f"{changed}: check who this is"
    if (effect.role in parse_roles(roles)) == (action is Action.ADD):
        return HeldReason.ALREADY.value, "is as before the run already: somebody has changed it since"
    return "", ""
