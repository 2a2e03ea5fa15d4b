"""Read who holds the managed roles now, and compare with the record; used by `who`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rolesync.audit.files import HEAD, os_errors_named
from rolesync.differ.vanished import vanished_holders
from rolesync.errors import IncompleteReadError, RecordBrokenError
from rolesync.history.role_holders import (
    LiveUsers,
    RecordedRoles,
    expected_now,
    holders_now,
    in_order,
    lost_without_address,
    read_recorded_roles,
)
from rolesync.model.desired import ListRows
from rolesync.model.json_forms import time_json
from rolesync.model.live import Live
from rolesync.model.who import AccessReview
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.read_studio import read_studio
from rolesync.workflows.who import build_review

_TRIES = 3
_MOST_LOOKED_UP = 100  # users who lost a role by other hands, and whose address the record does not have


def review_access_now(context: Context, roles: Sequence[str]) -> AccessReview:
    """Read the record and Studio; again if a run wrote to the record meanwhile, so that both show the same moment.

    Raises:
        IncompleteReadError: most holders of a role are missing, or the record changed during each read.
        RecordError, StudioError: as `review_access`.
    """
    folder = context.settings.account_dir
    for _ in range(_TRIES):
        head = _head(folder)
        review = _review(context, roles)
        if _head(folder) == head:
            return review
    raise IncompleteReadError(
        "a run is changing roles while they are read, so nobody's origin is certain",
        hint="`rolesync runs` shows the run; repeat the command after its end",
    )


def _review(context: Context, roles: Sequence[str]) -> AccessReview:
    settings = context.settings
    recorded = read_recorded_roles(settings.account_dir, key=settings.audit_key.get_secret_value())
    try:
        earlier = earlier_runs_of(context)
    except RecordBrokenError:  # which the review reports
        earlier = None
    to_find = lost_without_address(recorded, roles)[:_MOST_LOOKED_UP]
    with connect(context) as client:
        rows = ListRows.of_users(to_find, roles[0])
        live = read_studio(StudioReader(client), rows, context, earlier, tuple(roles))
    if not recorded.broken:
        _check_complete(recorded, live)
    review, now = build_review(context, roles, recorded), time_json(context.now())
    unsettled = earlier.unsettled if earlier else ()
    by_role = {role: _people(live, role) for role in roles}
    holders = holders_now(recorded, by_role, _people(live), now, unsettled)
    return replace(review, time=now, holders=in_order(holders, roles))


def _check_complete(recorded: RecordedRoles, live: Live) -> None:
    """Refuse a read from which most holders of a role are missing: they would be reported as lost."""
    if vanished := vanished_holders(expected_now(recorded, live.roles), live):
        raise IncompleteReadError(
            f"{vanished} since the last run, at most {vanished.allowed:,} allowed, so this read shows no review",
            hint="search for some of them in Studio, and try again later; `--as-of DAY` answers from the record alone",
        )


def _people(live: Live, role: str = "") -> LiveUsers:
    users = live.holders(role) if role else live.users
    columns = (users[name].tolist() for name in ("user_id", "email", "name"))
    return {user_id: (email, name) for user_id, email, name in zip(*columns, strict=True)}


def _head(folder: Path) -> bytes:
    with os_errors_named(folder / HEAD, "read"):
        try:
            return (folder / HEAD).read_bytes()
        except FileNotFoundError:
            return b""
