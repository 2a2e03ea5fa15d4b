"""What the record tells of runs: a line for each, and all of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rolesync.model.plans import Approval, Drift
from rolesync.model.runs import Proof


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
class RunChange:
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
class RunDecision:
    """A change that the reviewer decided otherwise than planned: taken out of the plan, or let through though held.

    `email` is "" where the record doesn't have it, `reason` may be "" where a removal was let through.
    """

    action: str
    role: str
    user_id: int
    email: str
    reason: str


class DriftChange(NamedTuple):
    """A change outside rolesync, with the columns of DRIFT; `email` is "" where the record does not have it."""

    user_id: int
    email: str
    role: str
    action: str  # `Action`: what somebody else did


@dataclass(frozen=True, slots=True)
class RunDrift:
    """What others changed between the run `since` and this one; `since` is "" where that is unknown."""

    since: str = ""
    changes: tuple[DriftChange, ...] = ()


@dataclass(frozen=True, eq=False)
class RunReport:
    """All that the record tells of one run.

    `summary` is its line in the history. `held` and `plan_run_id` are of its plan: how many rows it held, and which run
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
    plan_run_id: str
    overridden: tuple[str, ...]
    warned: tuple[str, ...]
    changes: tuple[RunChange, ...]
    counts: Mapping[str, int]
    proof: Proof | None
    drift: Drift | RunDrift  # a frame of a run that has just ended
    requests: Mapping[str, int]
    stopped: str = ""
    planned_by: str = ""
    approval: Approval | None = None
    excluded: tuple[RunDecision, ...] = ()
    released: tuple[RunDecision, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every change was done and proven."""
        return self.summary.status == "complete"
