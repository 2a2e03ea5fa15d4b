"""Finds the days on which the list asks for each change, and holds such changes while a clock may be wrong.

A role may end or begin between plan and apply.
"""

from collections import defaultdict

import pandas as pd

from rolesync.differ.removal_holds import hold
from rolesync.model.desired import Desired
from rolesync.model.keys import email_key
from rolesync.model.live import Live
from rolesync.model.periods import ALWAYS, Period, Periods, gap_of, join_periods
from rolesync.model.plans import Changes
from rolesync.model.reasons import CLOCKS_DIFFER, HeldReason
from rolesync.model.vocabulary import Action

_Key = tuple[str | int, str]  # address or id, and role


def days_of_changes(changes: pd.DataFrame, desired: Desired) -> Periods:
    """Find the days of the changes (CHANGES) that depend on dates.

    An addition is right as long as rows give the role without a gap, a removal until a row gives the role.
    """
    if not desired.periods:
        return {}
    rows, days = _dated_rows(desired), {}
    columns = (changes[name].tolist() for name in ("user_id", "email", "action", "role"))
    for user_id, email, action, role in zip(*columns, strict=True):
        periods = [*rows.get((user_id, role), ()), *rows.get((email_key(email), role), ())]
        if not periods:
            continue
        is_in_force = any(period.has(desired.day) for period in periods)
        if action == Action.ADD:
            period = join_periods(periods, desired.day) if is_in_force else ALWAYS
        else:
            period = ALWAYS if is_in_force else gap_of(periods, desired.day)
        if period != ALWAYS:
            days[user_id, role] = period
    return days


def hold_dated_changes(changes: Changes, live: Live) -> Changes:
    """Hold the changes that depend on dates if the clocks of this machine and of Studio differ too much."""
    if live.clocks_agree or not changes.periods:
        return changes
    detail = f"follows from a date in the list, and {CLOCKS_DIFFER}; set the clock, and plan again"
    columns = (changes.changes[name].tolist() for name in ("user_id", "role"))
    places = [at for at, change in enumerate(zip(*columns, strict=True)) if change in changes.periods]
    return hold(changes, dict.fromkeys(places, (HeldReason.CLOCK, detail)))


def _dated_rows(desired: Desired) -> dict[_Key, list[Period]]:
    """Collect the periods of rows by each way in which they name their users."""
    rows: dict[_Key, list[Period]] = defaultdict(list)
    for table in (desired.assignments, desired.not_in_force):
        dated = table[table["row"].isin(list(desired.periods))]
        columns = (dated[name].tolist() for name in ("row", "email", "user_id", "role"))
        for row, email, user_id, role in zip(*columns, strict=True):
            rows[user_id or email, role].append(desired.periods[row])
    return rows
