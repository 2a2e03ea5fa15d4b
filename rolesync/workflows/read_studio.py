"""Read Studio for a command, and don't believe a read that hides what a run changed a moment ago."""

from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.recent_changes import RecentChanges, recent_changes
from rolesync.live.read import read_live
from rolesync.live.settle import read_settled
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
        context: its settings say how to read, and how far reads may lag.
        earlier_runs: the runs in the record; None if it can't be used, so that no recent change is known.
        roles: the roles; the managed roles by default.

    Raises:
        StudioError: Studio can't be read.
        RecordError: the record can't be read.
    """
    settings, recent = context.settings, RecentChanges()
    if earlier_runs:
        recent = recent_changes(earlier_runs, context.now(), studio.client.now(), settings.settle_seconds)

    def read() -> Live:
        return read_live(studio, roles or settings.managed_roles, rows, context.progress, scan=settings.scan_roles)

    return read_settled(studio, read, recent.hidden_since, context.progress)
