"""What a list and Studio show of one user today, and what the next plan would do: the second half of `explain`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rolesync.live.read import read_live
from rolesync.model.desired import Desired, ListRows
from rolesync.model.explanation import ListedRow, NextStep, PersonNow
from rolesync.model.frames import CHANGES, DESIRED, HELD, LIVE, Columns, frame
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.plan import compare_with_live, read_list


@dataclass(frozen=True, eq=False)
class ListAndStudio:
    """The list and Studio's answer, each None if it was not asked for."""

    desired: Desired | None
    studio: Live | None

    def rows(self, ids: set[int], emails: set[str]) -> tuple[ListedRow, ...]:
        """Return the rows of the list that name the user."""
        if self.desired is None:
            return ()
        table = self.desired.assignments
        cells = _cells(table, DESIRED, _names_user(table, ids, emails))
        return tuple(ListedRow(row, role, email, user_id) for row, email, user_id, role in cells)

    def people(self, ids: set[int], emails: set[str]) -> tuple[PersonNow, ...] | None:
        """Return the user as Studio shows them: nobody, or several with the same address; None if it wasn't asked."""
        if self.studio is None:
            return None
        cells = _cells(self.studio.users, LIVE, _names_user(self.studio.users, ids, emails))
        return tuple(
            PersonNow(user_id, email, name, tuple(parse_roles(roles))) for user_id, email, name, roles in cells
        )

    def steps(self, context: Context, ids: set[int], emails: set[str]) -> tuple[NextStep, ...] | None:
        """Plan as a run would, and keep what is about the user; None without a usable list and Studio's answer."""
        if self.desired is None or self.studio is None or self.desired.status == "reject":
            return None
        baseline = earlier_runs_of(context).baseline
        plan = compare_with_live(self.desired, self.studio, context.settings.policy, baseline)
        changes, held = plan.changes, plan.held
        planned = [
            NextStep(user_id, action, role, row, reason)
            for user_id, _, _, action, role, reason, row, _ in _cells(changes, CHANGES, changes["user_id"].isin(ids))
        ]
        waiting = [
            NextStep(user_id, action, role, row, reason, detail)
            for row, _, user_id, role, action, reason, detail in _cells(held, HELD, _names_user(held, ids, emails))
        ]
        return (*planned, *waiting)


def read_list_and_studio(
    context: Context, path: Path | None, ids: set[int], emails: set[str], *, live: bool
) -> ListAndStudio:
    """Read the list and ask Studio, as far as wanted; adds the ids and addresses by which the list names the user.

    Raises:
        InputRefusedError: the list can't be read.
        StudioError: Studio can't be asked.
    """
    desired = read_list(path, context) if path else None
    if desired:
        rows = desired.assignments[_names_user(desired.assignments, ids, emails)]
        ids |= set(rows["user_id"].tolist()) - {0}
        emails |= set(rows["email"].tolist()) - {""}
    return ListAndStudio(desired, _ask(context, desired, ids, emails) if live else None)


def _ask(context: Context, desired: Desired | None, ids: set[int], emails: set[str]) -> Live:
    """Read the holders of the managed roles, the users of the list, and the user in question by id and address."""
    settings = context.settings
    keys: list[tuple[str, int]] = [*((email, 0) for email in sorted(emails)), *(("", number) for number in sorted(ids))]
    user = frame(
        DESIRED,
        {
            "row": [1] * len(keys),
            "email": [email for email, _ in keys],
            "user_id": [user_id for _, user_id in keys],
            "role": [settings.managed_roles[0]] * len(keys),
        },
    )
    tables = [table.astype({"role": "str"}) for table in (desired.assignments if desired else frame(DESIRED), user)]
    wanted = pd.concat(tables, ignore_index=True).astype({"role": "category"})
    with connect(context) as client:
        return read_live(
            StudioReader(client),
            settings.managed_roles,
            ListRows.of(wanted),
            context.progress,
            scan=settings.scan_roles,
        )


def _names_user(table: pd.DataFrame, ids: set[int], emails: set[str]) -> "pd.Series[bool]":
    """Return which rows name the user; addresses are compared by their keys, and an empty one names nobody."""
    keys = table["email"].map(email_key)
    return table["user_id"].isin(ids) | (keys.isin(emails) & (keys != ""))


def _cells(table: pd.DataFrame, columns: Columns, mask: "pd.Series[bool]") -> Iterator[tuple[Any, ...]]:
    chosen = table[mask]
    return zip(*(chosen[name].tolist() for name in columns), strict=True)
