"""What others have changed: since a plan was made, and since rolesync last ran.

`stand` holds the people whom a plan touches against Studio as it is now.
Whoever is as the plan saw them gets its changes. So does whoever is as an earlier, interrupted run of the same plan
left them; what that run has done already counts as done. Everybody else has drifted: nothing of theirs is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rolesync.model.frames import CHANGES, DRIFT, OUTCOMES, frame, require
from rolesync.model.history import Expected
from rolesync.model.keys import email_key, role_names
from rolesync.model.live import Live
from rolesync.model.plans import Drift
from rolesync.model.vocabulary import Action, OutcomeStatus

Seen = Mapping[int, Sequence[str] | None]
"""The roles that a run has last seen somebody with, by user id; None for somebody who was gone."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody as somebody has seen them: the address, and the managed roles; None for no such person."""

    email: str
    roles: frozenset[str] | None

    def __str__(self) -> str:
        if self.roles is None:
            return "not in Studio"
        return f"{self.email or 'no e-mail'}: {', '.join(sorted(self.roles)) or 'no managed role'}"

    def is_same(self, other: "_Person") -> bool:
        return self.roles == other.roles and email_key(self.email) == email_key(other.email)


@dataclass(frozen=True, eq=False)
class Standing:
    """How the changes of a plan stand to Studio as it is now.

    `left` is what is to be sent (CHANGES, `before` as it is today), `ends` how each change of the plan ends (OUTCOMES,
    in the plan's order), those that are left as not sent; `positions` says where in it these stand.
    """

    left: pd.DataFrame
    ends: pd.DataFrame
    positions: tuple[int, ...]

    def with_sent(self, sent: pd.DataFrame) -> pd.DataFrame:
        """Put what became of the changes that were left (OUTCOMES) in its place among all of them."""
        ended = {name: self.ends[name].tolist() for name in ("outcome", "after", "detail")}
        for name, cells in ended.items():
            for position, cell in zip(self.positions, sent[name].tolist(), strict=True):
                cells[position] = cell
        return frame(OUTCOMES, {**{name: self.ends[name] for name in CHANGES}, **ended})


def stand(changes: pd.DataFrame, live: Live, seen: Seen) -> Standing:
    """Hold a plan's changes against Studio as it is now.

    Args:
        changes: CHANGES; `before` is what was seen when the plan was made.
        live: today's Studio, complete for the people of `changes`; of roles, only its `roles` are compared.
        seen: how earlier runs of this very plan have left the people that they touched.
    """
    require(changes, CHANGES)
    now = _today(live)
    sets = {spelled: _managed(role_names(spelled), live.roles) for spelled in changes["before"].cat.categories}
    outcomes, afters, details = [], [], []
    columns = (changes[name].tolist() for name in ("user_id", "email", "action", "role", "before"))
    for user_id, email, action, role, before in zip(*columns, strict=True):
        planned = _Person(email, sets[before])
        today, spelled = now.get(user_id, (_Person(email, None), ""))
        outcome, detail = OutcomeStatus.NOT_SENT, ""
        if not today.is_same(planned):
            outcome, detail = OutcomeStatus.DRIFTED, f"not sent: was {planned}, is {today}"
            left = seen.get(user_id)
            if left is not None and today.is_same(_Person(email, _managed(left, live.roles))):
                done = (role in left) == (action == Action.ADD)
                outcome = OutcomeStatus.DONE if done else OutcomeStatus.NOT_SENT
                detail = "done by an earlier run of this plan" if done else ""
        outcomes.append(outcome.value)
        afters.append("" if outcome is OutcomeStatus.NOT_SENT else spelled)
        details.append(detail)
    positions = [at for at, outcome in enumerate(outcomes) if outcome == OutcomeStatus.NOT_SENT]
    columns_of_all = {name: changes[name].reset_index(drop=True) for name in CHANGES}
    left_over = changes.iloc[positions].reset_index(drop=True)
    roles = [now[user_id][1] for user_id in left_over["user_id"].tolist()]
    return Standing(
        left=frame(CHANGES, {**{name: left_over[name] for name in CHANGES}, "before": roles}),
        ends=frame(OUTCOMES, {**columns_of_all, "outcome": outcomes, "after": afters, "detail": details}),
        positions=tuple(positions),
    )


def outside(expected: Expected | None, live: Live) -> Drift:
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


def _today(live: Live) -> dict[int, tuple[_Person, str]]:
    """Everybody by id, with their roles as they are spelled."""
    sets = {spelled: _managed(role_names(spelled), live.roles) for spelled in live.users["roles"].cat.categories}
    columns = (live.users[name].tolist() for name in ("user_id", "email", "roles"))
    return {user_id: (_Person(email, sets[roles]), roles) for user_id, email, roles in zip(*columns, strict=True)}


def _managed(names: Iterable[str], managed: Iterable[str]) -> frozenset[str]:
    return frozenset(names).intersection(managed)
