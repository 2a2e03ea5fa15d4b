"""What `explain` answers: what the record, a list and Studio hold about one user."""

from dataclasses import dataclass
from typing import Literal

from rolesync.errors import RecordBrokenError
from rolesync.model.lists import Source
from rolesync.model.periods import Period


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change that a run sent or caused, with the list that it came from.

    `outcome` is `done`, `no_effect`, `gone` (no longer in Studio) or `unknown`; or `side_effect` for a role that Studio
    itself changed when a request changed another. `approved_by` is the reviewer of the plan, "" without an approval.
    `undoes` is the run that the plan undid, "" for a plan of a list.
    """

    run: str
    time: str  # ISO 8601, UTC
    user_id: int
    email: str  # as planned
    action: str
    role: str
    row: int  # of the list; 0 for a user who is not in it
    outcome: str
    source: str
    sha256: str
    approved_by: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class PastAbsence:
    """A run whose list did not give a user a role that they held; it counts for the grace period."""

    run: str
    time: str
    user_id: int
    role: str


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A change that a reviewer took out of a plan, or a held removal that they released.

    `run` is the first run of the approved plan. For a release, `reason` may be "", and `email` is "".
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
    """A row of the list that names the user, by `email`, by `user_id`, or by both; else "" and 0."""

    row: int
    role: str
    email: str
    user_id: int


@dataclass(frozen=True, slots=True)
class PersonNow:
    """A user as Studio shows them now."""

    user_id: int
    email: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextStep:
    """A change that the next plan would make, or would hold: then `held` is a sentence with the reason."""

    user_id: int
    action: str
    role: str
    row: int
    reason: str
    held: str = ""
    days: Period | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the record, a list and Studio hold about one user.

    `query` is the address or id that the command names; `user_ids` and `emails` are all known ids and addresses.
    Without a list, `source` is None and `list_status` is "". `now` is None if Studio was not read; `steps` is None
    then, or without a list. If the record is `broken`, the past is from the records before the break, and `steps` is
    None.
    """

    query: str
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
        """Whether anything was found."""
        return bool(self.changes or self.decisions or self.absences or self.rows or self.now)
