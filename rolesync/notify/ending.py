"""How a command ended, in codes and numbers, for messages and metrics. It names no people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rolesync.errors import Exit
from rolesync.model.fleet import AccountStatus
from rolesync.model.runs import RoleChanges


class EndStatus(StrEnum):
    """How a command ended, as far as a recipient has something to do."""

    FAILED = "failed"
    BLOCKED = "blocked"
    INCOMPLETE = "incomplete"
    WAITING = "waiting"
    """The changes wait for an approval."""
    APPROVED = "approved"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    TEST = "test"

    @property
    def is_failure(self) -> bool:
        """Whether a person must look at it."""
        return self in {EndStatus.FAILED, EndStatus.BLOCKED, EndStatus.INCOMPLETE}

    @property
    def is_success(self) -> bool:
        """Whether it ends a series of failures."""
        return self in {EndStatus.WAITING, EndStatus.CHANGED, EndStatus.UNCHANGED}


@dataclass(frozen=True, slots=True)
class Rule:
    """A guard that blocks: its name, its limit, and the number compared with it; None where it has none."""

    name: str
    role: str = ""
    limit: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended.

    Attributes:
        command: the command, such as `sync`.
        status: how it ended.
        exit_code: its exit code.
        began_at: when it began, with its zone.
        ended_at: when it ended, with its zone.
        account: host of Studio, or the name of an account in its fleet; "" for a fleet.
        fleet: name of the fleet; "" without one.
        run: id of the run; "" if none began.
        cause: why it failed, in words that hold no text of Studio, of a list or of a file; "" if it didn't.
        rules: the guards that block.
        changes: the changes by role; the role is "" where it is not known.
        held: changes that are held; this and the next three are None where unknown.
        drift: changes by other hands since the last run.
        requests: requests to Studio.
        retries: repeated attempts of requests.
        list_age: seconds since the last change of the list; None if unknown.
        accounts: of a fleet, the number of accounts by status.
        next_step: what to do next; "" for nothing.
        report: where the report is.
        details: lines that name people; only for a mail with `detail = "people"`.
        last_success: when the account last succeeded before, where the caller knows it; ISO 8601.
        is_absent: whether it is an account of the fleet that this run left out, so that only its last success is known.
    """

    command: str
    status: EndStatus
    exit_code: int
    began_at: datetime
    ended_at: datetime
    account: str = ""
    fleet: str = ""
    run: str = ""
    cause: str = ""
    rules: tuple[Rule, ...] = ()
    changes: tuple[RoleChanges, ...] = ()
    held: int | None = 0
    drift: int | None = 0
    requests: int | None = 0
    retries: int | None = 0
    list_age: float | None = None
    accounts: Mapping[AccountStatus, int] = field(default_factory=dict)
    next_step: str = ""
    report: str = ""
    details: tuple[str, ...] = ()
    last_success: str = ""
    is_absent: bool = False

    @property
    def place(self) -> str:
        """The account or the fleet, for people."""
        return self.account or (f"fleet {self.fleet}" if self.fleet else "no account")

    @property
    def is_run(self) -> bool:
        """Whether it is of a command that counts as a run for watchdogs and metrics; an approval isn't."""
        return self.status is not EndStatus.APPROVED

    @property
    def is_success(self) -> bool:
        """Whether the run counts as the last success; one whose changes wait exits with 4 if it was to apply them."""
        return self.status.is_success and self.exit_code in {Exit.DONE, Exit.PENDING}

    @property
    def seconds(self) -> float:
        """How long the command took."""
        return max(0.0, (self.ended_at - self.began_at).total_seconds())


_CAUSES = {
    Exit.UNEXPECTED: "unexpected failure",
    Exit.INPUT_REFUSED: "the list was refused",
    Exit.BLOCKED: "blocked by a guard or a digest",
    Exit.INCOMPLETE: "some changes failed or are not verified",
    Exit.STUDIO: "Studio refused or could not be reached",
    Exit.LOCKED: "another run holds the lock",
    Exit.USAGE: "wrong usage or settings",
}


def cause_of(exit_code: int, http_status: int = 0) -> str:
    """Describe an exit code in words; `http_status` is Studio's, 0 for none."""
    if exit_code not in _CAUSES:
        return f"ended by signal {exit_code - 128}" if exit_code > 128 else ""  # noqa: PLR2004  # as shells count
    return _CAUSES[Exit(exit_code)] + (f" (HTTP {http_status})" if http_status else "")
