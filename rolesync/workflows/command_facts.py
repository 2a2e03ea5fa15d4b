"""What is known of a command over one account while it runs: its plan, its run, its error, and its requests."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from rolesync.errors import RolesyncError
from rolesync.model.plans import Plan
from rolesync.model.runs import RoleChanges, Run
from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.studio.retry import Retry
from rolesync.workflows.context import Context

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class CommandFacts:
    """What is known of a command while it runs; it is filled in as the command goes on.

    Attributes:
        command: the command, such as `sync`.
        began_at: when it began.
        plan: its plan, once there is one.
        run: its run, once there is one.
        error: why it was refused or failed.
        is_waiting: whether its changes wait for an approval.
        next_step: the command that comes next, where only the caller knows it.
        requested: the requests to Studio by kind, those too that failed.
        retried: the number of repeated attempts.
    """

    command: str
    began_at: datetime
    plan: Plan | None = None
    run: Run | None = None
    error: RolesyncError | None = None
    is_waiting: bool = False
    next_step: str = ""
    requested: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def counting(self, context: Context) -> Context:
        """Return the context with its requests and retries counted here."""

        def retrying(retry: Retry) -> None:
            with self._lock:
                self.retried += 1
            context.retrying(retry)

        return replace(context, requested=self.requested, retrying=retrying)

    @property
    def changes(self) -> tuple[RoleChanges, ...]:
        """The changes of each role; none are known without a plan."""
        return _changes(self.plan, self.run) if self.plan else ()

    @property
    def drift(self) -> int | None:
        """The number of changes by other hands since the last run; None without a plan."""
        return len(self.plan.drift.changes) if self.plan else None

    @property
    def requests(self) -> int:
        """The number of requests to Studio."""
        return self.requested.total()

    def list_age(self, now: datetime) -> float | None:
        """Return the seconds since the last change of the list; None if that is unknown."""
        modified = self.plan.source.modified_at if self.plan else None
        return max(0.0, (now - modified).total_seconds()) if modified else None


def _changes(plan: Plan, run: Run | None) -> tuple[RoleChanges, ...]:
    """Count the changes of each role; those that earlier runs of the plan had done are not of this run."""
    planned, done, done_before = _count(plan.changes), Counter[tuple[str, str]](), Counter[str]()
    if run is not None and run.already_applied:
        planned = Counter()
    elif run is not None:
        new_outcomes = run.new_outcomes
        planned, done = _count(new_outcomes), _count(new_outcomes[_is_done(new_outcomes)])
        done_before = Counter(run.outcomes["role"].iloc[list(run.done_before)].tolist())
    roles = dict.fromkeys([*plan.policy.managed_roles, *(role for role, _ in planned)])
    return tuple(
        RoleChanges(
            role,
            planned[role, Action.ADD.value],
            planned[role, Action.REMOVE.value],
            done[role, Action.ADD.value],
            done[role, Action.REMOVE.value],
            done_before[role],
        )
        for role in roles
    )


def _is_done(outcomes: "pd.DataFrame") -> "pd.Series[bool]":
    return outcomes["outcome"] == OutcomeStatus.DONE.value


def _count(changes: "pd.DataFrame") -> Counter[tuple[str, str]]:
    return Counter(zip(changes["role"].tolist(), changes["action"].tolist(), strict=True))
