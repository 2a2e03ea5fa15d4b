"""Find what a list and Studio show about a user today, and what the next plan would change; used by `explain`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rolesync.errors import RecordBrokenError
from rolesync.history.holders_snapshot import expected_holders
from rolesync.model.desired import Desired, ListRows
from rolesync.model.explanation import ListedRow, NextStep, PersonNow
from rolesync.model.frames import DESIRED, LIVE, frame
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.planner.list_guards import with_age_limit
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.plan import compare_with_live
from rolesync.workflows.read_list import read_list
from rolesync.workflows.read_studio import read_studio


@dataclass(frozen=True, eq=False)
class ListAndStudio:
    """The list, and the live users; each is None if it was not read."""

    desired: Desired | None
    live: Live | None

    def rows(self, ids: set[int], emails: set[str]) -> tuple[ListedRow, ...]:
        """Return the rows of the list that name the user."""
        if self.desired is None:
            return ()
        table = self.desired.assignments
        cells = _cells(table, DESIRED, _names_user(table, ids, emails))
        return tuple(ListedRow(row, role, email, user_id) for row, email, user_id, role in cells)

    def people(self, ids: set[int], emails: set[str]) -> tuple[PersonNow, ...] | None:
        """Return the live users with these ids or addresses, perhaps none or several; None if Studio was not read."""
        if self.live is None:
            return None
        cells = _cells(self.live.users, LIVE, _names_user(self.live.users, ids, emails))
        return tuple(
            PersonNow(user_id, email, name, tuple(parse_roles(roles))) for user_id, email, name, roles in cells
        )

    def steps(self, context: Context, ids: set[int], emails: set[str]) -> tuple[NextStep, ...] | None:
        """Plan as a run would, and return the user's changes and held changes.

        None if the list or Studio was not read, or the list is refused.
        """
        if self.desired is None or self.live is None or self.desired.status == "reject":
            return None
        runs = earlier_runs_of(context)
        policy = with_age_limit(context.settings.policy, self.desired.source)
        expected = expected_holders(runs)
        plan = compare_with_live(self.desired, self.live, policy, runs.baseline, expected)
        changes, held = plan.changes, plan.held
        names = ("user_id", "action", "role", "row", "reason")
        planned_steps = [
            NextStep(user_id, action, role, row, reason, days=plan.periods.get((user_id, role)))
            for user_id, action, role, row, reason in _cells(changes, names, changes["user_id"].isin(ids))
        ]
        names_of_held = (*names, "detail")
        held_steps = [NextStep(*cells) for cells in _cells(held, names_of_held, _names_user(held, ids, emails))]
        return (*planned_steps, *held_steps)


def read_list_and_studio(
    context: Context, path: Path | str | None, ids: set[int], emails: set[str], *, ask_studio: bool
) -> ListAndStudio:
    """Read the list if there is a path, and Studio if `ask_studio`.

    Extends `ids` and `emails` in place by those of the list's rows for the user.

    Raises:
        InputRefusedError: the list can't be read.
        StudioError: Studio can't be read.
    """
    desired = read_list(path, context) if path else None
    if desired:
        rows = desired.assignments[_names_user(desired.assignments, ids, emails)]
        ids |= set(rows["user_id"].tolist()) - {0}
        emails |= set(rows["email"].tolist()) - {""}
    return ListAndStudio(desired, _read_studio(context, desired, ids, emails) if ask_studio else None)


def _read_studio(context: Context, desired: Desired | None, ids: set[int], emails: set[str]) -> Live:
    """Read the holders of the managed roles, the users of the list, and the explained user by id and address."""
    count = len(emails) + len(ids)
    user = frame(
        DESIRED,
        {
            "row": [1] * count,
            "email": [*sorted(emails), *[""] * len(ids)],
            "user_id": [*[0] * len(emails), *sorted(ids)],
            "role": [context.settings.managed_roles[0]] * count,
        },
    )
    tables = [table.astype({"role": "str"}) for table in (desired.assignments if desired else frame(DESIRED), user)]
    rows = pd.concat(tables, ignore_index=True).astype({"role": "category"})
    try:
        earlier_runs = earlier_runs_of(context)
    except RecordBrokenError:  # which the first half of the explanation reports
        earlier_runs = None
    with connect(context) as client:
        return read_studio(StudioReader(client), ListRows.of(rows), context, earlier_runs)


def _names_user(table: pd.DataFrame, ids: set[int], emails: set[str]) -> "pd.Series[bool]":
    """Return which rows name the user; addresses are compared by their keys, and an empty one names nobody."""
    keys = table["email"].map(email_key)
    return table["user_id"].isin(ids) | (keys.isin(emails) & (keys != ""))


def _cells(table: pd.DataFrame, columns: Iterable[str], mask: "pd.Series[bool]") -> Iterator[tuple[Any, ...]]:
    user_rows = table[mask]
    return zip(*(user_rows[name].tolist() for name in columns), strict=True)
