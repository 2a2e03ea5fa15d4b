"""What others have changed: since a plan was made, and since rolesync last ran.

`stand` holds the people whom a plan touches against Studio as it is now.
Whoever is as the plan saw them gets its changes. So does whoever is as an earlier, interrupted run of the same plan
left them; what that run has done already counts as done. Everybody else has drifted: nothing of theirs is sent.
"""

from typing import Any

from rolesync.model.frames import DRIFT, frame
from rolesync.model.history import ExpectedHolders
from rolesync.model.live import Live
from rolesync.model.plans import Drift
from rolesync.model.vocabulary import Action


def drift_since(expected: ExpectedHolders | None, live: Live) -> Drift:
    """Find what was changed outside rolesync in the roles that both sides know.

    Args:
        expected: who should hold them if nobody else had changed anything; None where nobody knows.
        live: who does, complete for its `roles`.
    """
    if expected is None:
        return Drift()
    found: dict[str, list[Any]] = {name: [] for name in DRIFT}
    for role in live.roles:
        if role not in expected.holders:
            continue
        people, known = live.holders(role), expected.holders[role]
        now = dict(zip(people["user_id"].tolist(), people["email"].tolist(), strict=True))
        for action, gained, lost in ((Action.ADD, now, known), (Action.REMOVE, known, now)):
            user_ids = sorted(gained.keys() - lost.keys() - expected.doubtful)
            found["user_id"] += user_ids
            found["email"] += [gained[user_id] for user_id in user_ids]
            found["role"] += [role] * len(user_ids)
            found["action"] += [action.value] * len(user_ids)
    return Drift(expected.since, frame(DRIFT, found))
