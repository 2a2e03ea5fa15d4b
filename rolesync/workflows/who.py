"""Review who holds the managed roles: as of a day from the record alone, or now beside a read of Studio."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date

from rolesync.errors import UsageError
from rolesync.history.role_holders import RecordedRoles, holders_as_of, in_order, read_recorded_roles
from rolesync.model.json_forms import time_json
from rolesync.model.keys import role_key
from rolesync.model.who import AccessReview, HolderStatus
from rolesync.workflows.context import Context


def review_access(context: Context, role: str = "", day: date | None = None) -> AccessReview:
    """Find who holds the managed roles, or one of them. Writes neither to Studio nor to the record.

    Args:
        context: its settings name the account.
        role: the role; "" for all managed roles.
        day: the day whose end counts, in UTC; Studio is not read then. None for now.

    Raises:
        UsageError: the role isn't managed, or the day is in the future.
        RecordError: the record can't be read.
        IncompleteReadError: most holders of a role are missing, or the record changed during each read.
        StudioError: Studio can't be read.
    """
    roles = _roles(context, role)
    if day is None:
        # The record alone needs neither pandas nor HTTP, which take longer to import than the answer.
        from rolesync.workflows.who_now import review_access_now  # noqa: PLC0415

        return review_access_now(context, roles)
    today = context.now().astimezone(UTC).date()
    if day > today:
        raise UsageError(f"--as-of {day} is in the future; today is {today} (UTC)", hint="name a day up to today")
    settings = context.settings
    recorded = read_recorded_roles(settings.account_dir, f"{day:%Y-%m-%d}", key=settings.audit_key.get_secret_value())
    review = build_review(context, roles, recorded)
    holders = in_order(holders_as_of(recorded, roles), roles)
    if recorded.broken and not recorded.evidence.is_later(recorded.evidence.ends):
        holders = tuple(each._replace(status=HolderStatus.UNCLEAR) for each in holders)
    return replace(review, as_of=recorded.evidence.day, holders=holders)


def build_review(context: Context, roles: Sequence[str], recorded: RecordedRoles) -> AccessReview:
    """Make a review without holders, with what the record knows of these roles."""
    evidence = recorded.evidence
    return AccessReview(
        account=context.settings.studio,
        roles=tuple(roles),
        as_of="",
        time=time_json(context.now()),
        readings={role: evidence.readings(role) for role in roles},
        has_snapshot=evidence.saved is None or recorded.saved is not None,
        ends=evidence.ends,
        broken=recorded.broken,
    )


def _roles(context: Context, role: str) -> tuple[str, ...]:
    managed = context.settings.managed_roles
    if not role:
        return managed
    matches = [name for name in managed if role_key(name).casefold() == role_key(role.strip()).casefold()]
    if not matches:
        raise UsageError(
            f"{role!r} is not a managed role; managed roles: {', '.join(managed)}",
            hint="name one of them, or add the role to the setting managed_roles",
        )
    return tuple(matches[:1])
