"""A night of a fleet: how each account ended, and what the guards of the fleet decided."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rolesync.errors import Exit
from rolesync.model.runs import RoleChanges


class AccountStatus(StrEnum):
    """How one account of a fleet ended."""

    DONE = "done"
    """Checked or applied, and proven."""
    EMPTY = "empty"
    """Planned, and nothing to change."""
    PLANNED = "planned"
    """Planned, with changes that are not applied yet."""
    WAITING = "waiting"
    """Planned, with changes that wait for an approval."""
    BLOCKED = "blocked"
    """A guard blocks the plan."""
    REFUSED = "refused"
    """The list was refused."""
    INCOMPLETE = "incomplete"
    """Some changes failed, drifted or could not be verified."""
    UNREACHABLE = "unreachable"
    """Studio refused, or could not be reached."""
    LOCKED = "locked"
    """Another run holds the lock of the account."""
    FAILED = "failed"
    """Wrong settings, or an unexpected failure."""
    TIMED_OUT = "timed_out"
    """The account exceeded its deadline, and its worker was ended."""
    DIED = "died"
    """The account's worker ended without a result."""
    RUNNING = "running"
    """May still be running on another machine; the fleet doesn't wait for it any more."""
    NOT_BEGUN = "not_begun"
    """The fleet stopped before."""

    @property
    def words(self) -> str:
        """The status for people; its value is for programs."""
        return _WORDS.get(self.value) or self.value.replace("_", " ")


_WORDS = {"empty": "without changes", "waiting": "waiting for approval"}

FAILURES = frozenset(
    {
        AccountStatus.REFUSED,
        AccountStatus.INCOMPLETE,
        AccountStatus.UNREACHABLE,
        AccountStatus.LOCKED,
        AccountStatus.FAILED,
        AccountStatus.TIMED_OUT,
        AccountStatus.DIED,
        AccountStatus.RUNNING,
    }
)
"""The failures that the limits of the fleet count. A blocked account is counted apart: its guard did its work."""

SUCCESSES = frozenset({AccountStatus.DONE, AccountStatus.EMPTY})

UNCLEAR = FAILURES - {AccountStatus.REFUSED, AccountStatus.UNREACHABLE, AccountStatus.LOCKED}
"""The failures that may have come after some changes; the others come before the first one, unless they count them."""

_STATUS_BY_EXIT = {
    Exit.DONE: AccountStatus.DONE,
    Exit.INPUT_REFUSED: AccountStatus.REFUSED,
    Exit.BLOCKED: AccountStatus.BLOCKED,
    Exit.INCOMPLETE: AccountStatus.INCOMPLETE,
    Exit.STUDIO: AccountStatus.UNREACHABLE,
    Exit.LOCKED: AccountStatus.LOCKED,
}


def status_of_exit(code: Exit) -> AccountStatus:
    """Return the status of an account whose command would exit with this code."""
    return _STATUS_BY_EXIT.get(code, AccountStatus.FAILED)


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """The plan of one account, in numbers.

    `holders` counts the holders of the managed roles before the plan, `listed` the assignments of managed roles in the
    list, `absent` the assignments whose users are not in Studio. `removals` and `additions` count the changes. `guards`
    are the rules that block the plan. `list_sha256` is the checksum of the list.
    """

    digest: str
    list_path: str
    list_sha256: str
    listed: int
    absent: int
    holders: int
    additions: int
    removals: int
    held: int
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordHead:
    """The end of an account's record: the number and the hash of its last record."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class AccountResult:
    """How one account ended.

    Attributes:
        account: its name in the fleet file.
        status: how it ended.
        message: what happened, without addresses of people; "" if there is nothing to report.
        hint: what to do next; "" if there is no advice.
        run: the id of its run; "" if none began.
        counts: its changes by outcome, once it was applied.
        plan: its plan, once it was planned.
        head: the end of its record afterwards; None where unknown.
        seconds: how long it took; of a sync, planning and applying.
        attempt: 1, or 2 if its first worker died.
        changes: its changes by role, to do and done; empty where unknown, as in results of earlier versions.
        already_applied: the earlier run that completed its plan, so that nothing was left to send; "" for none.
        drift: changes by other hands since its last run; this and the next three are None where unknown.
        requests: requests to its Studio; of a sync, those of planning and applying.
        retries: repeated attempts of requests, as `requests`.
        list_age: seconds since the last change of its list.
    """

    account: str
    status: AccountStatus
    message: str = ""
    hint: str = ""
    run: str = ""
    counts: Mapping[str, int] | None = None
    plan: PlannedAccount | None = None
    head: RecordHead | None = None
    seconds: float = 0.0
    attempt: int = 1
    changes: tuple[RoleChanges, ...] = ()
    already_applied: str = ""
    drift: int | None = None
    requests: int | None = None
    retries: int | None = None
    list_age: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the limits of the fleet count this account."""
        return self.status in FAILURES

    @property
    def role_changes(self) -> tuple[RoleChanges, ...]:
        """Its changes by role; those of a result of an earlier version as of one role without a name."""
        if self.changes or self.plan is None:
            return self.changes
        additions, removals = self.plan.additions, self.plan.removals
        if self.already_applied:
            additions = removals = 0
        if self.status in SUCCESSES:
            return (RoleChanges("", additions, removals, additions, removals),)
        done = None if self.status in UNCLEAR else 0
        return (RoleChanges("", additions, removals, done, done),)


@dataclass(frozen=True, slots=True)
class FleetVerdict:
    """A guard of the fleet that blocks: its rule, the limit and the number in a sentence, and what to do next.

    `accounts` are the accounts that it blocks; empty if it blocks all of them.
    """

    rule: str
    message: str
    hint: str
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Night:
    """One run over a fleet: all enabled accounts with their results, in the order of the fleet file.

    `disabled` are the accounts that are not enabled, each with its reason. `verdicts` are the guards of the fleet that
    block. `stopped` is the reason if the breaker tripped, else "". `unrecorded` is why the fleet's journal lacks a part
    of the run, else "".
    """

    fleet: str
    run: str
    command: str
    results: tuple[AccountResult, ...]
    disabled: Mapping[str, str]
    verdicts: tuple[FleetVerdict, ...] = ()
    stopped: str = ""
    started_at: str = ""
    finished_at: str = ""
    unrecorded: str = ""

    @property
    def counts(self) -> Mapping[AccountStatus, int]:
        """The number of accounts by status, the most frequent first."""
        return dict(Counter(result.status for result in self.results).most_common())

    @property
    def blocked(self) -> bool:
        """Whether a guard of the fleet blocks all accounts."""
        return any(not verdict.accounts for verdict in self.verdicts)


def exit_code_of_night(night: Night, *, detailed: bool = False) -> Exit:
    """Choose the exit code of a run over a fleet.

    Args:
        night: the run.
        detailed: whether changes that are pending exit with 2.

    Returns:
        1 if the journal lacks a part of the run; 6 if every account was unreachable; 4 if a guard of the fleet blocks
        all accounts; 5 if an account did not succeed; 2 or 0 otherwise. An account that did not begin may be reachable.
    """
    statuses = {result.status for result in night.results}
    if night.unrecorded:
        return Exit.UNEXPECTED
    if statuses == {AccountStatus.UNREACHABLE}:
        return Exit.STUDIO
    if night.blocked:
        return Exit.BLOCKED
    pending = {AccountStatus.PLANNED, AccountStatus.WAITING}
    fine = SUCCESSES | (pending if night.command == "plan" else set())
    if night.stopped or not statuses <= fine:
        return Exit.INCOMPLETE
    return Exit.PENDING if detailed and statuses & pending else Exit.DONE


def sum_changes(results: Iterable[AccountResult]) -> RoleChanges:
    """Add up the changes of accounts, as of one role without a name; None for what is not known of each."""
    changes = [change for result in results for change in result.role_changes]
    return RoleChanges(
        "",
        sum(change.additions for change in changes),
        sum(change.removals for change in changes),
        _known_sum(change.added for change in changes),
        _known_sum(change.removed for change in changes),
        sum(change.done_before for change in changes),
    )


def _known_sum(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def planned_changes(results: Iterable[AccountResult]) -> tuple[int, int]:
    """Count the additions and removals of all plans that are to be applied."""
    plans = [result.plan for result in results if result.plan and result.status is AccountStatus.PLANNED]
    return sum(plan.additions for plan in plans), sum(plan.removals for plan in plans)
