"""Look users up in Studio by address or id."""

from collections.abc import Iterable

from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context

_STAFF = "Teacher"  # the Studio role of most people who appear in a list of managers


def look_up_people(people: Iterable[tuple[str, int]], context: Context) -> Live:
    """Look users up, and read the users who may be meant by an address that Studio doesn't know.

    Args:
        people: address and id of each user, "" or 0 if only the other is known; at least one user.
        context: the settings say in which account.

    Returns:
        Those of `people` who are in Studio, all holders of the managed roles, and all teachers.

    Raises:
        StudioError: Studio can't be read.
    """
    emails, ids = zip(*people, strict=True)
    roles = tuple(dict.fromkeys([*context.settings.managed_roles, _STAFF]))
    columns = {"row": range(1, len(ids) + 1), "email": emails, "user_id": ids, "role": [roles[0]] * len(ids)}
    with connect(context) as client:
        rows = ListRows.of(frame(DESIRED, columns))
        return read_live(StudioReader(client), roles, rows, context.progress, scan=context.settings.scan_roles)
