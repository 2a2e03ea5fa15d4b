"""What the record holds of runs: one line each in the history, and the report of one run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rolesync.model.plans import Approval, Drift
from rolesync.model.runs import Proof


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the history: a dry run or an apply.

    `status` is `planned`, `blocked` or `empty` for a dry run; `complete`, `incomplete` or `interrupted` for an apply,
    or `open` without an end in the record. `command` is the command that made it: plan, apply, sync or undo; an apply
    of the plan of an undo is an undo. `operator` is the user who ran it, "" where not recorded. `sent` is False for an
    apply that had nothing to send, because an earlier run had done it.
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
    sent: bool = True
    command: str = ""  # as `kind` in older records


@dataclass(frozen=True, slots=True)
class RunChange:
    """A change that a run sent, as it was last sent, or did not send since its user had drifted.

    `outcome` is an `OutcomeStatus`. `before` and `after` are role names. `after` is None for a user who was gone, or
    whose roles are unknown.
    """

    action: str
    role: str
    user_id: int
    email: str  # as planned
    row: int  # of the list; 0 for a user who is not in it
    outcome: str
    before: tuple[str, ...]
    after: tuple[str, ...] | None
    detail: str


@dataclass(frozen=True, slots=True)
class RunDecision:
    """A change that the reviewer took out of the plan, or a held removal that they released.

    `email` is "" where not recorded. `reason` may be "" for a release.
    """

    action: str
    role: str
    user_id: int
    email: str
    reason: str


class DriftChange(NamedTuple):
    """A change outside rolesync, with the columns of DRIFT; `email` is "" where not recorded."""

    user_id: int
    email: str
    role: str
    action: str  # `Action`


@dataclass(frozen=True, slots=True)
class RunDrift:
    """What others changed between the run `since` and this one; `since` is "" where that is unknown."""

    since: str = ""
    changes: tuple[DriftChange, ...] = ()


@dataclass(frozen=True, eq=False)
class RunReport:
    """All that the record holds of one run.

    `summary` is its line in the history. `undoes` is the run that it takes back, if any. `held` counts the held rows of
    its plan, `plan_run_id` is the latest run that produced that plan; None and "" if not recorded. `planned_by` is the
    user who made the plan. `approval` is None for a plan without one; `excluded` and `released` are its decisions.
    `changes` are those that were sent, and those of users who had drifted. `counts` are all changes of the plan by
    `OutcomeStatus`; for a run without an end, those that were sent. `proof` is None if Studio was not read again.
    `already_applied` is as in `Run`. `done_before` counts the changes that earlier runs of the plan had done.
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
    already_applied: str = ""
    done_before: int = 0

    @property
    def complete(self) -> bool:
        """Whether every change was done and proven."""
        return self.summary.status == "complete"
