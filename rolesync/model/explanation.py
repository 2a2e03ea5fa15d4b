"""What the record, a list and Studio know of one person."""

from dataclasses import dataclass
from typing import Literal

from rolesync.errors import RecordBrokenError
from rolesync.model.lists import Source


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change of somebody's roles that was sent, with the list that it was made from.

    `outcome` is `done`, `no_effect`, `gone` (no longer in Studio) or `unknown`. `approved_by` is the reviewer of the
    plan, "" where it had none.
    """

    run: str
    time: str  # ISO 8601, UTC
    user_id: int
    email: str  # as planned
    action: str
    role: str
    row: int  # 0 where the list didn't name the person
    outcome: str
    source: str
    sha256: str
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class PastAbsence:
    """A run whose list didn't give somebody a role that they held, counted for the grace."""

    run: str
    time: str
    user_id: int
    role: str


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A change of somebody's roles that a reviewer took out of a plan, or a held removal that they let through.

    `run` is the first that applied the plan as approved. `reason` may be "" where a removal was let through, `email`
    is "" there.
    """

    run: str
    time: str  # of the approval; ISO 8601, UTC
    user_id: int
    email: str
    action: str
    role: str
    decision: Literal["excluded", "released"]
    reason: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row of the list, as far as it is about one person: `email` or `user_id` may not be given."""

    row: int
    role: str
    email: str
    user_id: int


@dataclass(frozen=True, slots=True)
class PersonNow:
    """Somebody as Studio shows them now."""

    user_id: int
    email: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the next plan would do for somebody, or would hold: then `held` is the sentence that says why."""

    user_id: int
    action: str
    role: str
    row: int
    reason: str
    held: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the record, a list and Studio know of one person.

    `user_ids` and `emails` are all that they are known by. `source` is None and `list_status`, its status, "" where no
    list was given. `now` is None where Studio wasn't asked, `steps` also where there is no list to plan from. Where the
    record is `broken`, only what stands before the break is told of the past, and nothing of what comes next.
    """

    asked: str
    user_ids: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    changes: tuple[PastChange, ...] = ()
    absences: tuple[PastAbsence, ...] = ()
    source: Source | None = None
    list_status: str = ""
    rows: tuple[ListedRow, ...] = ()
    now: tuple[PersonNow, ...] | None = None
    steps: tuple[NextStep, ...] | None = None
    broken: RecordBrokenError | None = None
    decisions: tuple[PastDecision, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything is known at all."""
        return bool(self.changes or self.decisions or self.absences or self.rows or self.now)
