"""Read the live holders of the managed roles, from which a first list is made."""

from rolesync.differ.vanished import vanished_holders
from rolesync.errors import IncompleteReadError
from rolesync.history.holders import expected_holders
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
