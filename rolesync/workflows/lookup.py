"""Look people up in Studio, by address or id."""

from collections.abc import Iterable, Sequence

from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.live import Live
from rolesync.model.plans import Policy
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context

STAFF = "Teacher"  # the role of Studio that most people have who are to manage something


def look_up_people(people: Iterable[tuple[str, int]], context: Context) -> Live:
    """Look people up, by address or id, among everybody who may be meant by somebody who isn't found.

    Args:
        people: address and id of each, "" or 0 where only the other is known; at least one.
        context: where to look.

    Returns:
        Everybody of them whom Studio knows, the holders of the managed roles, and the teachers.
    """
    emails, ids = zip(*people, strict=True)
    roles = tuple(dict.fromkeys([*context.settings.managed_roles, STAFF]))
    columns = {"row": range(1, len(ids) + 1), "email": emails, "user_id": ids, "role": [roles[0]] * len(ids)}
    with connect(context) as client:
        asked = ListRows.of(frame(DESIRED, columns))
        return read_live(StudioReader(client), roles, asked, context.progress, scan=context.settings.scan_roles)


def by_id(user_ids: Sequence[int], policy: Policy) -> ListRows:
    """List users by id, so that a read of Studio covers them."""
    ids = sorted(set(user_ids))
    number, role = len(ids), policy.managed_roles[0]
    columns = {"row": [1] * number, "email": [""] * number, "user_id": ids, "role": [role] * number}
    return ListRows.of(frame(DESIRED, columns))
