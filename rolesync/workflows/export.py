"""Read the live holders of the managed roles, from which a first list is made."""

from rolesync.model.desired import ListRows
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.read_studio import read_studio


def read_holders(context: Context) -> Live:
    """Read all users who hold a managed role now.

    Raises:
        UsageError: no Studio or no token is set.
        StudioError: Studio can't be read.
        RecordError: the record can't be read.
    """
    with connect(context) as client:
        return read_studio(StudioReader(client), ListRows.of(), context, earlier_runs_of(context))
