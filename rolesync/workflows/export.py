"""Read the live holders of the managed roles: the way to start from what is there."""

from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context


def read_holders(context: Context) -> Live:
    """Read who holds the managed roles now."""
    with connect(context) as client:
        return read_live(StudioReader(client), context.settings.managed_roles, ListRows.of(), context.progress)
