"""Results of accounts that no worker gives alone: of those that did not begin, and of planning with applying."""

from dataclasses import replace

from rolesync.model.fleet import UNCLEAR, AccountResult, AccountStatus

_NEXT = {
    "check": "see why others failed; then run the same command",
    "plan": "see why others failed; then plan the fleet again, in a new folder",
}


def not_begun(account: str, why: str, command: str) -> AccountResult:
    """Make the result of an account that a command did not begin."""
    return AccountResult(account, AccountStatus.NOT_BEGUN, why, _NEXT.get(command, "resume the fleet"))


def applied_result(applied: AccountResult, planned: AccountResult, *, is_sync: bool) -> AccountResult:
    """Complete the result of applying an account with that of planning it; for a sync, both count as one."""
    changes = applied.changes
    if not changes and applied.status in UNCLEAR:  # how much it has done is not known here
        changes = tuple(replace(change, added=None, removed=None) for change in planned.changes)
    applied = replace(
        applied,
        plan=applied.plan or planned.plan,
        changes=changes or planned.changes,
        drift=planned.drift if applied.drift is None else applied.drift,
        list_age=planned.list_age if applied.list_age is None else applied.list_age,
    )
    if not is_sync:
        return applied
    return replace(
        applied,
        requests=_sum(planned.requests, applied.requests),
        retries=_sum(planned.retries, applied.retries),
        seconds=round(planned.seconds + applied.seconds, 3),
    )


def _sum(*numbers: int | None) -> int | None:
    known_numbers = [number for number in numbers if number is not None]
    return sum(known_numbers) if known_numbers else None
