"""The result of a run and its proof, and the checks of `doctor`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from rolesync.errors import Exit
from rolesync.model.live import Requests
from rolesync.model.plans import Approval, Drift
from rolesync.model.vocabulary import OutcomeStatus, VerdictStatus

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a new, complete read of Studio after a run.

    `holders` is the number of holders of each role that was read. `differences` are sentences; there is none if live
    equals the plan.
    """

    holders: Mapping[str, int]
    differences: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Whether live equals the plan."""
        return not self.differences


@dataclass(frozen=True, eq=False)
class Run:
    """One apply: the outcome of every change (OUTCOMES), and the proof.

    `held` is the number of held rows of the plan. `drift` are changes by other hands before the run. `approval` is that
    of the plan. `proof` is None if Studio could not be read again. `stopped` is the reason if the run ended early, else
    "". `already_applied` is the earlier run that completed the plan, if nothing was left to send; else "".
    `done_before` are the positions in `outcomes` of the changes that earlier runs of the plan had done.
    """

    run_id: str
    account: str
    plan_digest: str
    started_at: datetime
    finished_at: datetime
    outcomes: "pd.DataFrame"
    proof: Proof | None
    requests: Requests
    stopped: str = ""
    held: int = 0
    drift: Drift = field(default_factory=Drift)
    approval: Approval | None = None
    already_applied: str = ""
    done_before: Sequence[int] = ()

    @property
    def new_outcomes(self) -> "pd.DataFrame":
        """The outcomes (OUTCOMES) without those of earlier runs of the plan."""
        return self.outcomes.drop(index=list(self.done_before))

    @property
    def complete(self) -> bool:
        """Whether every change was done and proven."""
        done = (self.outcomes["outcome"] == OutcomeStatus.DONE).all()
        return bool(done) and self.proof is not None and self.proof.proven


@dataclass(frozen=True, slots=True)
class RoleChanges:
    """The changes of a role: how many were to do, and how many of them are done; None where that is unknown.

    `done_before` counts the changes of the plan that earlier runs had done, so that they were not to do.
    """

    role: str
    additions: int = 0
    removals: int = 0
    added: int | None = 0
    removed: int | None = 0
    done_before: int = 0


def counts(outcomes: "pd.DataFrame") -> dict[str, int]:
    """Count OUTCOMES by status, with 0 for a status that doesn't occur."""
    statuses: Sequence[str] = outcomes["outcome"].astype("str").tolist()
    return {status.value: statuses.count(status.value) for status in OutcomeStatus}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of `doctor`: its result, the hint if it fails, and the exit code for that."""

    name: str
    status: VerdictStatus
    message: str
    hint: str = ""
    exit_code: Exit = Exit.DONE
