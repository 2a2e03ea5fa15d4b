"""Compares a saved plan with Studio as it is now: which changes to send, which are done or drifted, and the guards.

A user who is as the plan saw them gets the planned changes. So does a user who is as an earlier, interrupted run of the
same plan left them; the changes of that run count as done. Every other user has drifted: none of their changes is sent.
If all changes of a plan were done, a change that was undone since is not sent again: an approval holds once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd

from rolesync.executor.preconditions import check_guards, rejudge
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.holders_snapshot import drift_by_others
from rolesync.history.run_effects import effects, last_seen, open_requests
from rolesync.model.frames import CHANGES, OUTCOMES, frame, require
from rolesync.model.history import GuardBaseline
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.model.periods import ALWAYS, Periods
from rolesync.model.plans import Plan
from rolesync.model.reasons import CLOCKS_DIFFER
from rolesync.model.vocabulary import Action, OutcomeStatus

LastSeenRoles = Mapping[int, Sequence[str] | None]
"""The roles with which an earlier run last saw each user, by id; None for a user who was no longer in Studio."""

AppliedBy = Mapping[tuple[int, str, str], str]
"""The run that made a change, by user id, action and role."""


@dataclass(frozen=True, eq=False)
class Remaining:
    """The changes of a plan that remain to be sent.

    `to_send` (CHANGES) has the changes to send, with `before` as it is today. `outcomes` (OUTCOMES) has all changes of
    the plan in its order, those to send as not sent. `positions` are the places of `to_send` in `outcomes`.
    """

    to_send: pd.DataFrame
    outcomes: pd.DataFrame
    positions: tuple[int, ...]

    @property
    def done_before(self) -> list[int]:
        """The places in `outcomes` of the changes that earlier runs of the plan had done."""
        return np.flatnonzero(self.outcomes["outcome"] == OutcomeStatus.DONE.value).tolist()

    def with_sent(self, sent: pd.DataFrame) -> pd.DataFrame:
        """Return the outcomes of all changes, with those of the sent ones (OUTCOMES) in their places."""
        cells_by_column = {name: self.outcomes[name].tolist() for name in ("outcome", "after", "detail")}
        for name, cells in cells_by_column.items():
            for position, cell in zip(self.positions, sent[name].tolist(), strict=True):
                cells[position] = cell
        return frame(OUTCOMES, {**{name: self.outcomes[name] for name in CHANGES}, **cells_by_column})


@dataclass(frozen=True, eq=False)
class Rechecked:
    """A plan that may be sent, with today's drift; its remaining changes; and Studio as it was read."""

    plan: Plan
    remaining: Remaining
    before: Live


@dataclass(frozen=True, slots=True)
class CurrentLimits:
    """Today's limits, in addition to those of the plan: the users whom the settings protect, the baseline, the day."""

    owner: str
    protected_users: tuple[str, ...]
    baseline: GuardBaseline
    day: date


def recheck_plan(plan: Plan, before: Live, runs: EarlierRuns, limits: CurrentLimits, override: str) -> Rechecked:
    """Find the remaining changes of a plan, and let the guards judge them by today's numbers.

    Args:
        plan: the saved plan.
        before: Studio as it was just read, complete for the managed roles and the users of the plan.
        runs: the earlier runs in the record.
        limits: today's limits.
        override: the digest of a plan that may pass its guards; "" for none.

    Raises:
        BlockedError: a guard blocks the remaining changes.
        RecordError: the record can't be read.
    """
    remaining = recheck(plan.changes, before, _last_seen_roles(plan, before, runs), _applied_by(plan, runs))
    remaining = without_outdated(remaining, plan.periods, limits.day, clocks_agree=before.clocks_agree)
    remaining_plan = replace(plan, changes=remaining.to_send)
    check_guards(rejudge(remaining_plan, before, limits.owner, limits.protected_users, limits.baseline), override)
    drift = drift_by_others(limits.baseline.expected, runs, before)
    return Rechecked(replace(plan, drift=drift), remaining, before)


def recheck(
    changes: pd.DataFrame, live: Live, last_seen_roles: LastSeenRoles, applied: AppliedBy = MappingProxyType({})
) -> Remaining:
    """Compare the changes of a plan with Studio as it is now.

    Args:
        changes: CHANGES; `before` holds the roles at the time of planning.
        live: today's Studio, complete for the users of `changes`; only its `roles` are compared.
        last_seen_roles: how earlier runs of this plan left the users that they touched.
        applied: what the runs of a complete plan changed; it is not changed again.
    """
    require(changes, CHANGES)
    users = _users_by_id(live)
    planned_roles = {text: _managed(parse_roles(text), live.roles) for text in changes["before"].cat.categories}
    outcomes, afters, details = [], [], []
    columns = (changes[name].tolist() for name in ("user_id", "email", "action", "role", "before"))
    for user_id, email, action, role, before in zip(*columns, strict=True):
        planned = _UserState(email, planned_roles[before])
        today, roles_today = users.get(user_id, (_UserState(email, None), ""))
        outcome, detail = OutcomeStatus.NOT_SENT, ""
        if today.equals(planned):
            if run := applied.get((user_id, action, role)):
                detail = f"not sent: run {run} of this plan made the change, and it was undone since; make a new plan"
                outcome = OutcomeStatus.DRIFTED
        else:
            outcome, detail = OutcomeStatus.DRIFTED, f"not sent: was {planned}, is {today}"
            roles_left = last_seen_roles.get(user_id)
            if roles_left is not None and today.equals(_UserState(email, _managed(roles_left, live.roles))):
                is_done = (role in roles_left) == (action == Action.ADD)
                outcome = OutcomeStatus.DONE if is_done else OutcomeStatus.NOT_SENT
                detail = "done by an earlier run of this plan" if is_done else ""
        outcomes.append(outcome.value)
        afters.append("" if outcome is OutcomeStatus.NOT_SENT else roles_today)
        details.append(detail)
    positions = [at for at, outcome in enumerate(outcomes) if outcome == OutcomeStatus.NOT_SENT]
    all_columns = {name: changes[name].reset_index(drop=True) for name in CHANGES}
    to_send = changes.iloc[positions].reset_index(drop=True)
    roles = [users[user_id][1] for user_id in to_send["user_id"].tolist()]
    return Remaining(
        to_send=frame(CHANGES, {**{name: to_send[name] for name in CHANGES}, "before": roles}),
        outcomes=frame(OUTCOMES, {**all_columns, "outcome": outcomes, "after": afters, "detail": details}),
        positions=tuple(positions),
    )


def without_outdated(remaining: Remaining, periods: Periods, day: date, *, clocks_agree: bool) -> Remaining:
    """Leave out the changes for which the list doesn't ask on this day, since a role has ended or begun meanwhile.

    Args:
        remaining: the changes to send.
        periods: the days of the list's dated rows.
        day: today, in UTC.
        clocks_agree: whether the clocks of this machine and of Studio agree. Otherwise the day is uncertain, and no
            change with days is sent.
    """
    details = remaining.outcomes["detail"].tolist()
    kept_positions: list[int] = []
    columns = (remaining.to_send[name].tolist() for name in ("user_id", "role", "action"))
    for position, (user_id, role, action) in zip(remaining.positions, zip(*columns, strict=True), strict=True):
        days = periods.get((user_id, role), ALWAYS)
        if days == ALWAYS or (clocks_agree and days.has(day)):
            kept_positions.append(position)
        elif not clocks_agree:
            details[position] = (
                f"not sent: depends on today's date, and {CLOCKS_DIFFER}; set the clock, and apply again"
            )
        else:
            effect = "gives the role" if action == Action.ADD else "doesn't give the role"
            details[position] = f"not sent: the list {effect} {days.text}, and today is {day} (UTC); make a new plan"
    if len(kept_positions) == len(remaining.positions):
        return remaining
    still = np.isin(remaining.positions, kept_positions)
    return Remaining(
        to_send=frame(CHANGES, {name: remaining.to_send.loc[still, name].tolist() for name in CHANGES}),
        outcomes=frame(OUTCOMES, {**{name: remaining.outcomes[name] for name in OUTCOMES}, "detail": details}),
        positions=tuple(kept_positions),
    )


def was_applied(plan: Plan, runs: EarlierRuns) -> bool:
    """Whether runs of a plan made all of its changes, so that none of them is ever sent again; False without changes.

    Raises:
        RecordError, RecordBrokenError: the record can't be read.
    """
    applied = _applied_by(plan, runs)
    roles_left = last_seen(runs.events_of_plan(plan)) if applied else {}
    changes = zip(*(plan.changes[name].tolist() for name in ("user_id", "action", "role")), strict=True)
    return bool(applied) and all(
        change in applied and (change[2] in (roles_left.get(change[0]) or ())) == (change[1] == Action.ADD)
        for change in changes
    )


@dataclass(frozen=True, slots=True)
class _UserState:
    """A user's address and managed roles at one time; roles None for a user not in Studio."""

    email: str
    roles: frozenset[str] | None

    def __str__(self) -> str:
        if self.roles is None:
            return "not in Studio"
        return f"{self.email or 'no e-mail'}: {', '.join(sorted(self.roles)) or 'no managed role'}"

    def equals(self, other: "_UserState") -> bool:
        return self.roles == other.roles and email_key(self.email) == email_key(other.email)


def _last_seen_roles(plan: Plan, before: Live, runs: EarlierRuns) -> LastSeenRoles:
    """Return how earlier runs of the plan, approved or not, left its users.

    Users of requests still in doubt are taken as they are now.

    An apply has settled such requests before, in the same way. A dry run can't, because it doesn't write to the record.
    """
    events = list(runs.events_of_plan(plan))
    doubtful = {user_id for request in open_requests(events) for user_id in request.user_ids}
    return {**last_seen(events), **(_roles_today(before, doubtful) if doubtful else {})}


def _applied_by(plan: Plan, runs: EarlierRuns) -> AppliedBy:
    """Return what the runs of the plan made, approved or not, once one of them was complete; nothing before."""
    is_complete = any(run.complete for run in runs.of_plan(plan))
    done_effects = effects(runs.events_of_plan(plan)) if is_complete else ()
    return {(effect.user_id, effect.action.value, effect.role): effect.run for effect in done_effects}


def _roles_today(live: Live, user_ids: Collection[int]) -> LastSeenRoles:
    users = zip(live.users["user_id"].tolist(), live.users["roles"].tolist(), strict=True)
    return {user_id: parse_roles(roles) for user_id, roles in users if user_id in user_ids}


def _users_by_id(live: Live) -> dict[int, tuple[_UserState, str]]:
    """Return the state of each user by id, with all roles as formatted in LIVE."""
    managed = {text: _managed(parse_roles(text), live.roles) for text in live.users["roles"].cat.categories}
    columns = (live.users[name].tolist() for name in ("user_id", "email", "roles"))
    return {user_id: (_UserState(email, managed[roles]), roles) for user_id, email, roles in zip(*columns, strict=True)}


def _managed(names: Iterable[str], managed: Iterable[str]) -> frozenset[str]:
    return frozenset(names).intersection(managed)
