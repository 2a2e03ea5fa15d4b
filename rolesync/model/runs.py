"""What became of a plan, and what else was looked at."""

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
    """What a fresh, complete read of Studio said after a run.

    `holders` is the number of holders of each role that was looked at; `differences` are sentences, none if live
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
    """One apply: what became of every change (OUTCOMES), and the proof.

    `drift` is what others had changed before it, `approval` that of its plan. `proof` is None where Studio could not be
    read again; `stopped` says why the run ended before its time, if it did.
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
    drift: Drift = field(default_factory=Drift)
    approval: Approval | None = None

    @property
    def complete(self) -> bool:
        """Whether every change was done and proven."""
        done = (self.outcomes["outcome"] == OutcomeStatus.DONE).all()
        return bool(done) and self.proof is not None and self.proof.proven


def counts(outcomes: "pd.DataFrame") -> dict[str, int]:
    """Count OUTCOMES by status, every status named, zero included."""
    found: Sequence[str] = outcomes["outcome"].astype("str").tolist()
    return {status.value: found.count(status.value) for status in OutcomeStatus}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at, what to do if it isn't well, and the exit code that this deserves."""

    name: str
    status: VerdictStatus
    message: str
    hint: str = ""
    exit_code: Exit = Exit.DONE
