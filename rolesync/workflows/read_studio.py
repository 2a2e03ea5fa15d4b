"""Reads Studio for a command, and repeats a read that doesn't show the changes of recent runs yet."""

from rolesync.differ.vanished import vanished_holders
from rolesync.errors import IncompleteReadError
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.holders_snapshot import expected_holders
from rolesync.history.recent_changes import RecentChanges, recent_changes
from rolesync.live.read import read_live
from rolesync.live.read_after_write import read_settled
from rolesync.live.read_users import roles_of_each
from rolesync.model.desired import ListRows
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.context import Context


def read_studio(
    studio: StudioReader,
    rows: ListRows,
    context: Context,
    earlier_runs: EarlierRuns | None,
    roles: tuple[str, ...] = (),
) -> Live:
    """Read the holders of roles and the users of list rows, until the read shows the changes of recent runs.

    Args:
        studio: where to read.
        rows: the users to find, also those who hold no managed role.
        context: its settings decide how to read, and how far reads may lag.
        earlier_runs: the runs in the record; None if the record can't be used, so that no recent change is known.
        roles: the roles; the managed roles by default.

    Raises:
        IncompleteReadError: the search for a role shows nobody, although one of its last holders has it.
        StudioError: Studio can't be read.
        RecordError: the record can't be read.
    """
    settings, recent = context.settings, RecentChanges()
    if earlier_runs:
        recent = recent_changes(earlier_runs, context.now(), studio.client.now(), settings.settle_seconds)

    def read() -> Live:
        return read_live(studio, roles or settings.managed_roles, rows, context.progress, scan=settings.scan_roles)

    live = read_settled(studio, read, recent.hidden_since, context.progress)
    if earlier_runs:
        _check_empty_roles(studio, live, earlier_runs)
    return live


def _check_empty_roles(studio: StudioReader, live: Live, earlier_runs: EarlierRuns) -> None:
    """Look up one of the last holders of each role whose search shows nobody; a guard judges other losses."""
    empty = [role for role in live.roles if not len(live.holders(role))]
    expected = expected_holders(earlier_runs) if empty else None
    if expected is None or vanished_holders(expected.certain, live):
        return
    for role in empty:
        for user_id in sorted(expected.certain.get(role, ()))[:1]:
            if role in (roles_of_each(studio, [user_id])[user_id] or ()):
                raise IncompleteReadError(
                    f"the search for role {role!r} shows nobody, but user {user_id} holds it",
                    hint="Studio may be in maintenance: run the same command again later",
                )
