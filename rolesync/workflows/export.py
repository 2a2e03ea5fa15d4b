"""Read the live holders of the managed roles, from which a first list is made."""

from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context


def read_holders(context: Context) -> Live:
    """Read all users who hold a managed role now.

    Raises:
        UsageError: no Studio or no token is set.
        StudioError: Studio can't be read.
    """
    with connect(context) as client:
        return read_live(StudioReader(client), context.settings.managed_roles, ListRows.of(), context.progress)
