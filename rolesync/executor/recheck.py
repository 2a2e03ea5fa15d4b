"""A saved plan held against Studio as it is now: what is left of it, and whether that may still be sent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from rolesync.differ.drift import drift_since
from rolesync.executor.preconditions import check_permission, rejudge
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.effects import last_seen, open_requests
from rolesync.history.holders import expected_holders
from rolesync.model.frames import CHANGES, OUTCOMES, frame, require
from rolesync.model.history import GuardBaseline
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action, OutcomeStatus

LastSeenRoles = Mapping[int, Sequence[str] | None]
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
class Remaining:
    """How the changes of a plan stand to Studio as it is now.

    `to_send` is what is to be sent (CHANGES, `before` as it is today), `outcomes` how each change of the plan ends
    (OUTCOMES, in the plan's order), those that are left as not sent; `positions` says where in it these stand.
    """

    to_send: pd.DataFrame
    outcomes: pd.DataFrame
    positions: tuple[int, ...]

    def with_sent(self, sent: pd.DataFrame) -> pd.DataFrame:
        """Put what became of the changes that were left (OUTCOMES) in its place among all of them."""
        ended = {name: self.outcomes[name].tolist() for name in ("outcome", "after", "detail")}
        for name, cells in ended.items():
            for position, cell in zip(self.positions, sent[name].tolist(), strict=True):
                cells[position] = cell
        return frame(OUTCOMES, {**{name: self.outcomes[name] for name in CHANGES}, **ended})


@dataclass(frozen=True, eq=False)
class Rechecked:
    """A plan that may be sent, with what others have changed besides; what is left of it; Studio as it was read."""

    plan: Plan
    remaining: Remaining
    before: Live


@dataclass(frozen=True, slots=True)
class CurrentLimits:
    """What a plan is judged by besides its own limits: whom today's settings protect, and what the record tells."""

    owner: str
    protected_users: tuple[str, ...]
    history: GuardBaseline


def recheck_plan(made: Plan, before: Live, past: EarlierRuns, today: CurrentLimits, override: str) -> Rechecked:
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
    standing = recheck(made.changes, before, _seen(made, before, past))
    left = replace(made, changes=standing.to_send)
    check_permission(rejudge(left, before, today.owner, today.protected_users, today.history), override)
    return Rechecked(replace(made, drift=drift_since(expected_holders(past), before)), standing, before)


def _seen(made: Plan, before: Live, past: EarlierRuns) -> dict[int, list[str] | None]:
    """Tell how earlier runs of the plan have left people: of those in a request still in doubt, as they are now.

    An apply has settled such requests before it comes here, in the same way; whoever only looks can't.
    """
    records = list(past.records_of_plan(made.digest))
    doubtful = {user_id for request in open_requests(records) for user_id in request.user_ids}
    return {**last_seen(records), **(_now(before, doubtful) if doubtful else {})}


def _now(live: Live, user_ids: Collection[int]) -> dict[int, list[str] | None]:
    people = zip(live.users["user_id"].tolist(), live.users["roles"].tolist(), strict=True)
    return {user_id: parse_roles(roles) for user_id, roles in people if user_id in user_ids}


def recheck(changes: pd.DataFrame, live: Live, seen: LastSeenRoles) -> Remaining:
    """Hold a plan's changes against Studio as it is now.

    Args:
        changes: CHANGES; `before` is what was seen when the plan was made.
        live: today's Studio, complete for the people of `changes`; of roles, only its `roles` are compared.
        seen: how earlier runs of this very plan have left the people that they touched.
    """
    require(changes, CHANGES)
    now = _today(live)
    sets = {spelled: _managed(parse_roles(spelled), live.roles) for spelled in changes["before"].cat.categories}
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
    return Remaining(
        to_send=frame(CHANGES, {**{name: left_over[name] for name in CHANGES}, "before": roles}),
        outcomes=frame(OUTCOMES, {**columns_of_all, "outcome": outcomes, "after": afters, "detail": details}),
        positions=tuple(positions),
    )


def _today(live: Live) -> dict[int, tuple[_Person, str]]:
    """Everybody by id, with their roles as they are spelled."""
    sets = {spelled: _managed(parse_roles(spelled), live.roles) for spelled in live.users["roles"].cat.categories}
    columns = (live.users[name].tolist() for name in ("user_id", "email", "roles"))
    return {user_id: (_Person(email, sets[roles]), roles) for user_id, email, roles in zip(*columns, strict=True)}


def _managed(names: Iterable[str], managed: Iterable[str]) -> frozenset[str]:
    return frozenset(names).intersection(managed)
