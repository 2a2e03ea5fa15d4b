"""What the audit record tells of the past, as values: history, verification, and all that is known of one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rolesync.errors import RecordBrokenError
from rolesync.model.lists import Source
from rolesync.model.plans import Approval, Drift
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action


@dataclass(frozen=True, slots=True)
class History:
    """What a plan is judged by besides the list's content and Studio; as it stands here, nothing is known.

    `listed` counts the assignments of each managed role in this list, `applied` those in the list that was last applied
    completely. `age_hours` is how long ago this list's file was changed, None where nobody knows. `absent` says by role
    and user id in how many earlier runs in a row the list didn't give a holder the role. `repeated` are the changes
    (user id, action, role) that each of the last runs has sent, with whether it was done every time.
    """

    listed: Mapping[str, int] = field(default_factory=dict)
    applied: Mapping[str, int] = field(default_factory=dict)
    age_hours: float | None = None
    absent: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    repeated: Mapping[tuple[int, str, str], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """A change that a run made to somebody's roles."""

    user_id: int
    email: str  # as planned
    action: Action
    role: str
    row: int  # of the list; 0 where the list didn't name the person
    run: str
    time: str  # when the request was written down


@dataclass(frozen=True, slots=True)
class Expected:
    """Who holds the managed roles as far as rolesync knows: as the run `since` has left them, and what it did later.

    `holders` has the address of each by role and id; of the people in `doubtful` it is not known.
    """

    since: str
    holders: Mapping[str, Mapping[int, str]]
    doubtful: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the history: a dry run or an apply, as the audit record tells it.

    `status` is `planned`, `blocked` or `empty` for a dry run; `complete`, `incomplete`, `interrupted` for an apply, or
    `open` where the record has no end of it. `operator` is the user who ran it, "" where the record doesn't know.
    """

    run_id: str
    kind: Literal["plan", "apply"]
    started_at: str  # ISO 8601, UTC
    finished_at: str  # "" while open
    status: str
    plan_digest: str
    source: str
    counts: Mapping[str, int]  # additions and removals planned; for an apply also by `OutcomeStatus`
    operator: str = ""


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change that a run has sent, the last time it was, or not sent to somebody who had drifted.

    `outcome` is an `OutcomeStatus`. `before` and `after` are role names; `after` is None for somebody who was gone, or
    of whom nobody knows.
    """

    action: str
    role: str
    user_id: int
    email: str  # as planned
    row: int  # of the list; 0 where the list didn't name the person
    outcome: str
    before: tuple[str, ...]
    after: tuple[str, ...] | None
    detail: str


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """A change that the reviewer decided otherwise than planned: taken out of the plan, or let through though held.

    `email` is "" where the record doesn't have it, `reason` may be "" where a removal was let through.
    """

    action: str
    role: str
    user_id: int
    email: str
    reason: str


@dataclass(frozen=True, eq=False)
class Told:
    """All that the record tells of one run.

    `summary` is its line in the history. `held` and `made_by` are of its plan: how many rows it held, and which run
    made it, the latest of its digest; None and "" where the record doesn't have it. `planned_by` is the user who did.
    `approval` is None where nobody has approved the plan; `excluded` and `released` are what was decided then.
    `changes` are those that were sent, and those of people who had drifted.
    `counts` are by `OutcomeStatus` of all changes of the plan, as the run's end says; while it has none, of what was
    sent. `proof` is None where Studio was not read again.
    """

    summary: RunSummary
    command: str
    account: str
    undoes: str
    held: int | None
    made_by: str
    overridden: tuple[str, ...]
    warned: tuple[str, ...]
    changes: tuple[ToldChange, ...]
    counts: Mapping[str, int]
    proof: Proof | None
    drift: Drift
    requests: Mapping[str, int]
    stopped: str = ""
    planned_by: str = ""
    approval: Approval | None = None
    excluded: tuple[ToldDecision, ...] = ()
    released: tuple[ToldDecision, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every change was done and proven."""
        return self.summary.status == "complete"


@dataclass(frozen=True, slots=True)
class Bad:
    """The first place where the audit record is not the one that was written.

    `line` counts from 1 in `file`; `seq` is the number of the record that belongs there.
    """

    line: int
    seq: int
    reason: str
    file: str = "audit.jsonl"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the audit record found: the records that are whole up to `first_bad`, and whether the head fits.

    `head_problem` is "" where it does. `notices` are sentences about what a crash leaves behind, about changes of the
    key, and about what can't be checked without it; no failures. `unchecked` counts the records whose bytes can't be,
    because they are sealed with a key that is not set.
    """

    records: int
    first_bad: Bad | None
    head_problem: str
    notices: tuple[str, ...]
    unchecked: int = 0

    @property
    def head_ok(self) -> bool:
        """Whether the head fits the record."""
        return not self.head_problem

    @property
    def ok(self) -> bool:
        """Whether this is the whole record, as it was written, as far as that could be checked."""
        return self.first_bad is None and self.head_ok


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
