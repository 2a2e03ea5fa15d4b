"""What `who` answers: who holds a role, since when, and by which run, row and reviewer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from rolesync.errors import RecordBrokenError


class HolderStatus(StrEnum):
    """Whether a user holds a role: yes, perhaps, or no longer, although no run removed it."""

    HOLDS = "holds"
    UNCLEAR = "unclear"
    LOST = "lost"


class Origin(StrEnum):
    """How a role came, or went: by a run, by other hands, before the record's first reading; or it is unknown."""

    RUN = "run"
    OTHER_HANDS = "other_hands"
    BEFORE_RECORD = "before_record"
    UNKNOWN = "unknown"


class Reading(NamedTuple):
    """A run that read all holders of a role, and when."""

    time: str
    run: str


class Evidence(NamedTuple):
    """What the record shows of one user and one role at one time: whether the user holds it.

    `run` changed the role (`Origin.RUN`), or is the first that saw it so; "" if this command's own read saw it first.
    `row` is that of the list, 0 for none. `changed_after` is the last time at which the record shows the opposite, ""
    if there is none. `continuous_from` is since when the readings of the role leave no gap before this evidence; None
    if nothing is known before. `in_vain` is a request for the role that the answer did not show.
    """

    time: str  # ISO 8601, UTC
    holds: bool
    origin: Origin
    run: str = ""
    row: int = 0
    email: str = ""
    changed_after: str = ""
    continuous_from: Reading | None = None
    in_vain: bool = False


class RunFacts(NamedTuple):
    """What a review names of a run: its command, the list or the undone run, the reviewer, and the operator."""

    command: str = ""
    source: str = ""
    undoes: str = ""
    reviewer: str = ""
    operator: str = ""


class Holder(NamedTuple):
    """One user with one role, and the evidence for it.

    `last_proven` is when the record, or the read of today, last shows the user with the role; "" if never.
    """

    status: HolderStatus
    role: str
    user_id: int
    email: str
    name: str
    evidence: Evidence
    facts: RunFacts
    last_proven: str = ""


@dataclass(frozen=True, slots=True)
class RoleReadings:
    """What the record knows of a role: the first and last readings of all its holders up to the day, and the next.

    `counted` is the number of holders that the last proof up to the day counted; None if there is none.
    """

    first: Reading | None = None
    last: Reading | None = None
    next: Reading | None = None
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class AccessReview:
    """Who holds the roles, as of a day by the record alone, or now by a read of Studio.

    `as_of` is the day, "" for now. `time` is the time of the answer. `holders` are in the order of roles, then
    addresses. `readings` are by role. `has_snapshot` shows whether the file of the last holders is there and unchanged.
    If the record is `broken`, the evidence is from before the break, and `ends` is the time of the last whole record.
    """

    account: str
    roles: tuple[str, ...]
    as_of: str
    time: str
    holders: tuple[Holder, ...] = ()
    readings: Mapping[str, RoleReadings] = field(default_factory=dict)
    has_snapshot: bool = True
    ends: str = ""
    broken: RecordBrokenError | None = None

    def of(self, status: HolderStatus, role: str = "") -> tuple[Holder, ...]:
        """Return the holders with this status, of one role or of all."""
        return tuple(each for each in self.holders if each.status is status and role in {"", each.role})
