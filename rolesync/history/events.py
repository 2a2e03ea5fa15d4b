"""The events of the audit record, one type each. `event_writer` and `event_reader` turn them into records and back.

A run records `run.start`, an `intent` and an `outcome` for each request, a `reread` where an outcome was in doubt,
`run.end` and `holders`. A `plan` comes before `run.start`, or is alone for a dry run. A later run closes a
killed run with `recovered` and a `run.end`. The record's own two events are in `rolesync.audit.own_events`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from rolesync.model.lists import Source
from rolesync.model.plans import Approval
from rolesync.model.run_report import RunDecision
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action

RolesById = Mapping[str, Sequence[str] | None]
"""Role names by user id, the id as text, as JSON has it; None for a user who is no longer in Studio."""

_NO_SOURCE = Source("", "", 0)


class SentAction(NamedTuple):
    """One action of a request, as the API takes it, with the planned address and the row of the list (0 for none)."""

    user_id: int
    action: str
    role: str
    email: str
    row: int


@dataclass(frozen=True, slots=True)
class DriftById:
    """Drift after the run `since`: for each managed role the ids of users who gained or lost it."""

    since: str
    added: Mapping[str, Sequence[int]]
    removed: Mapping[str, Sequence[int]]


class DriftedChange(NamedTuple):
    """A change that a run did not send, since its user was no longer as planned.

    `before` are the managed roles that it was planned with, `after` those that the user had instead.
    """

    user_id: int
    action: str
    role: str
    email: str
    row: int
    before: Sequence[str]
    after: Sequence[str]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """An event of one run. `time` (ISO 8601, UTC) is when it was recorded; "" before that."""

    NAME: ClassVar[str]

    run: str
    time: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEvent(RunEvent):
    """What a run is about: a plan, its list, and what it would do.

    `planned_by` is the user who made the plan. `drift` is what others changed before; None where that is unknown.
    `warned` names the guards that warned. `held` counts the held rows. Where a grace period is set, `absent` lists by
    role the ids of its holders to whom the list does not give it. `held` and `absent` are None where not recorded.
    """

    command: str = ""
    digest: str = ""
    account: str = ""
    planned_by: str = ""
    source: Source = _NO_SOURCE
    additions: int = 0
    removals: int = 0
    drift: DriftById | None = None
    warned: Sequence[str] = ()
    held: int | None = None
    absent: Mapping[str, Sequence[int]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade(PlanEvent):
    """A command made a plan.

    `status` is `planned`, `empty` or `blocked`; `requests` counts the requests it took, by kind. Only a sync records
    `absent` here.
    """

    NAME = "plan"

    status: str
    requests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart(PlanEvent):
    """A run begins to apply a plan.

    `operator` is the user who runs it, `overridden` names the guards that were passed by override. `approval` is that
    of the plan, `excluded` the changes that its reviewer took out.
    """

    NAME = "run.start"

    operator: str = ""
    overridden: Sequence[str] = ()
    approval: Approval | None = None
    excluded: Sequence[RunDecision] = ()

    @property
    def released(self) -> tuple[RunDecision, ...]:
        """The held removals that the reviewer let through; the record does not have their addresses."""
        return tuple(
            RunDecision(Action.REMOVE.value, removal.role, removal.user_id, "", removal.reason)
            for removal in (self.approval.released if self.approval else ())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd(RunEvent):
    """A run ended, or a later run determined how an earlier run ended.

    `status` is `complete`, `incomplete` or `interrupted`. `requests` counts requests by kind, `counts` changes by
    `OutcomeStatus`. `stopped` is the reason why it ended early. While it is `unsettled`, the effect of a request is
    unknown. Once a later run has found out, it records a second end, without `drifted` (None): the changes not sent
    because their users had drifted.
    """

    NAME = "run.end"

    status: str
    requests: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    proof: Proof | None = None
    stopped: str = ""
    unsettled: bool = False
    drifted: Sequence[DriftedChange] | None = None

    @property
    def sent(self) -> bool:
        """Whether the run sent changes; a plan that is applied again is complete without."""
        return "put_roles" in self.requests or not self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldersSaved(RunEvent):
    """A run saved who holds the managed roles; `sha256` is that of the saved file. All its requests are settled."""

    NAME = "holders"

    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent(RunEvent):
    """An event of one request. `request` counts the requests of the run from 1, in the order of their intents.

    `chunk` is the chunk of the plan that the request belongs to, from 1.
    """

    chunk: int = 0
    request: int

    @property
    def key(self) -> tuple[str, int]:
        """Run and number, which identify a request."""
        return self.run, self.request


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(RequestEvent):
    """A request is about to be sent; several may be under way in parallel.

    `before` are the roles of its users as last seen.
    """

    NAME = "intent"

    actions: Sequence[SentAction]
    before: RolesById


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(RequestEvent):
    """A request ended.

    `status` is the HTTP status, `unknown` or `not_sent`; `after` are the roles that the response shows; `error` is ""
    where nothing went wrong.
    """

    NAME = "outcome"

    status: int | str
    seconds: float = 0.0
    after: RolesById
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread(RequestEvent):
    """The run read the users of a request in doubt again; `after` are the roles that it saw.

    `all_roles`: whether these are all roles of the users who hold a managed role. Earlier versions recorded only the
    managed roles.
    """

    NAME = "reread"

    after: RolesById
    all_roles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered(RequestEvent):
    """The later run `by` read the users of a request that this run had left open.

    `after` are the roles it saw; `all_roles` as in `Reread`.
    """

    NAME = "recovered"

    by: str = ""
    after: RolesById
    all_roles: bool = False
