"""Read the live holders of the managed roles, from which a first list is made, and what a clean-up needs to know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from rolesync.audit.files import RECORD
from rolesync.differ.vanished import vanished_holders
from rolesync.errors import IncompleteReadError, InputRefusedError
from rolesync.history.holders_snapshot import expected_holders
from rolesync.history.person import last_changes
from rolesync.live.media import read_impact
from rolesync.model.desired import ListRows
from rolesync.model.explanation import PastChange
from rolesync.model.findings import name_some
from rolesync.model.live import Live
from rolesync.planner.named_users import users_named
from rolesync.reader.write import Assignment
from rolesync.settings import Settings
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.read_studio import read_studio


def read_holders(context: Context) -> Live:
    """Read all users who hold a managed role now.

    Raises:
        UsageError: no Studio or no token is set.
        IncompleteReadError: Studio shows no holder, or most holders are gone since the last run: a list of the others
            would remove those who are missing.
        StudioError: Studio can't be read.
        RecordError: the record can't be read.
    """
    with connect(context) as client:
        earlier = earlier_runs_of(context)
        live = read_studio(StudioReader(client), ListRows.of(), context, earlier)
    if live.users.empty:
        raise IncompleteReadError(
            "Studio shows no holder of a managed role, so there is no list to write",
            hint="search for some holders in Studio, and check managed_roles; during maintenance try again later",
        )
    expected = expected_holders(earlier)
    if vanished := vanished_holders(expected.certain if expected else {}, live):
        raise IncompleteReadError(
            f"{vanished} since the last run, at most {vanished.allowed:,} allowed, so no list is written",
            hint="search for some of them in Studio; then try again later, or apply a plan with --override",
        )
    return live


@dataclass(frozen=True, eq=False)
class HoldersReview:
    """The holders of the managed roles, and what helps to decide who stays.

    `impact` (IMPACT) counts their media. `last_changes` are, by user id, what the last run that touched the user sent.
    `protected` are the ids of users who can't lose a managed role.
    """

    live: Live
    impact: pd.DataFrame
    last_changes: Mapping[int, Sequence[PastChange]]
    protected: frozenset[int]


def review_holders(context: Context) -> HoldersReview:
    """Read the holders, their media, and their last changes; raises as `read_holders`."""
    settings, live = context.settings, read_holders(context)
    ids = live.users["user_id"].tolist()
    with connect(context) as client:
        impact, _ = read_impact(StudioReader(client), ids, context.progress)
    folder, key = settings.account_dir, settings.audit_key.get_secret_value()
    changes = last_changes(folder, set(ids), key=key) if (folder / RECORD).exists() else {}
    protected = users_named(live.users, _protected(settings))["user_id"].tolist()
    return HoldersReview(live, impact, changes, frozenset(protected))


def check_leaving(leave: Sequence[Assignment], stay: Sequence[Assignment], settings: Settings) -> None:
    """Refuse a clean-up that the guards of its plan would never let pass.

    Raises:
        InputRefusedError: a protected user would lose a role, or a role would keep fewer holders than `min_holders`.
    """
    users = pd.DataFrame({name: [row[name] for row in leave] for name in ("user_id", "email")})
    protected_users = users_named(users, _protected(settings)) if leave else users
    if len(protected_users):
        user_names = name_some(
            email or f"user {number}"
            for number, email in zip(protected_users["user_id"], protected_users["email"], strict=True)
        )
        raise InputRefusedError(
            f"marked no, but protected: {user_names}; no list was written",
            hint="mark them yes, or correct the settings owner and protected_users",
        )
    staying = Counter(row["role"] for row in stay)
    for role in dict.fromkeys(row["role"] for row in leave):
        if staying[role] < settings.min_holders:
            raise InputRefusedError(
                f"{staying[role]:,} holders of {role} would stay, at least {settings.min_holders:,} required "
                "(min_holders); no list was written",
                hint="mark more of them yes",
            )


def _protected(settings: Settings) -> list[str]:
    return [entry for entry in (settings.owner, *settings.protected_users) if entry]
