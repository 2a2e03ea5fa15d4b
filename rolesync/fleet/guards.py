"""The guards of a fleet, between planning all accounts and writing to any."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.fleet_table import Stop
from rolesync.model.fleet import AccountResult, AccountStatus, FleetVerdict, planned_changes

MIN_LISTED = 10  # assignments; in a shorter list, a share shows nothing
_APPLICABLE = frozenset({AccountStatus.PLANNED, AccountStatus.WAITING, AccountStatus.EMPTY, AccountStatus.BLOCKED})


def judge_fleet(
    fleet: Fleet, results: Sequence[AccountResult], stopped: str, succeeded: Collection[str]
) -> tuple[FleetVerdict, ...]:
    """Judge the plans of all accounts.

    Args:
        fleet: the fleet file.
        results: the result of planning each account.
        stopped: why planning stopped early; "" if it didn't.
        succeeded: the accounts that succeeded before, so that their holders are those of the last list.

    Returns:
        The guards that block. A verdict with accounts blocks only those.
    """
    verdicts = [*_too_many_failures(stopped), *_too_many_removals(fleet, results)]
    return (*verdicts, *_same_lists(fleet, results), *_swapped_lists(fleet.table.stop, results, succeeded))


def _too_many_failures(stopped: str) -> Iterator[FleetVerdict]:
    if stopped:
        hint = "see why the accounts failed; or raise the limit in [fleet.stop]"
        yield FleetVerdict("failed_plans", f"While planning, {stopped}.", hint)


def _too_many_removals(fleet: Fleet, results: Sequence[AccountResult]) -> Iterator[FleetVerdict]:
    limit = fleet.table.stop.max_removals
    _, removals = planned_changes(results)
    if limit is not None and removals > limit:
        number = sum(1 for result in results if result.plan and result.plan.removals)
        yield FleetVerdict(
            "fleet_max_removals",
            f"At most {limit:,} roles may be removed in all accounts together: {removals:,} would be, in {number:,}.",
            "look at the plans; if they are right, raise max_removals in [fleet.stop]",
        )


def _same_lists(fleet: Fleet, results: Sequence[AccountResult]) -> Iterator[FleetVerdict]:
    """Block accounts with the same list, unless each of them may share its list."""
    by_list: dict[str, list[str]] = {}
    for result in results:
        account = fleet.accounts.get(result.account)  # none if it was removed from the file before a resume
        if account and result.plan and not account.shared_list:
            by_list.setdefault(result.plan.list_sha256, []).append(result.account)
    for names in by_list.values():
        if len(names) > 1:
            yield FleetVerdict(
                "same_list",
                f"The same list is set for {len(names)} accounts: {', '.join(names)}.",
                "correct `list`; if they do share one list, set shared_list = true for each of them",
                tuple(names),
            )


def _swapped_lists(stop: Stop, results: Sequence[AccountResult], succeeded: Collection[str]) -> Iterator[FleetVerdict]:
    """Block accounts whose list looks like that of another account.

    The first list of an account may well replace its holders, so only later ones are compared with them.
    """
    for result in results:
        plan = result.plan
        if plan is None or result.status not in _APPLICABLE or plan.listed < MIN_LISTED:
            continue
        if plan.absent > stop.max_absent_share * plan.listed:
            message = f"{plan.absent:,} of {plan.listed:,} assignments in the list name users who are not in Studio"
        elif (
            result.account in succeeded
            and plan.removals > (1 - stop.min_kept_share) * plan.holders
            and plan.additions >= plan.removals
        ):
            message = f"the list keeps only {plan.holders - plan.removals:,} of {plan.holders:,} holders"
        else:
            continue
        yield FleetVerdict(
            "swapped_list",
            f"{result.account}: {message}, as if it were the list of another account.",
            "check `list` of this account; if it is right, change max_absent_share or min_kept_share in [fleet.stop]",
            (result.account,),
        )


def mark_blocked(results: Iterable[AccountResult], verdicts: Sequence[FleetVerdict]) -> Iterator[AccountResult]:
    """Yield the results, those of accounts that a guard of the fleet blocks as blocked."""
    by_account = {name: verdict for verdict in verdicts for name in verdict.accounts}
    for result in results:
        if verdict := by_account.get(result.account):
            yield replace(result, status=AccountStatus.BLOCKED, message=verdict.message, hint=verdict.hint)
        else:
            yield result
