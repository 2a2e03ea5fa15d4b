"""What would change, under which limits, and who answers for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DRIFT, frame
from rolesync.model.lists import Source
from rolesync.model.live import Requests
from rolesync.model.vocabulary import Action, Mode, VerdictStatus

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be touched and how far: the settings that a plan is bound to.

    `max_removals_share` is a share of a role's holders, `max_shrink_share` one of the assignments in the list last
    applied, both from 0 to 1; `max_age_hours` is None for a list of any age; `grace_runs` says in how many earlier runs
    in a row somebody must have been absent from the list, `repeat_runs` after how many runs in a row a change that is
    planned again is pointed out, 0 for never. `owner` and `protected_users` are addresses or ids.
    """

    managed_roles: tuple[str, ...] = ("Admin",)
    mode: Mode = Mode.SYNC
    chunk_size: int = 50
    owner: str = ""
    protected_users: tuple[str, ...] = ()
    max_removals_share: float = 0.25
    max_removals: int = 50
    min_holders: int = 1
    max_shrink_share: float = 0.5
    max_age_hours: float | None = None
    hold_removals: bool = False
    grace_runs: int = 0
    repeat_runs: int = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """One guard's word on a plan: the rule, for which role ("" for all), its limit and the number held against it."""

    rule: str
    status: VerdictStatus
    message: str
    role: str = ""
    limit: float | None = None
    value: float | None = None
    overridable: bool = True


@dataclass(frozen=True, slots=True)
class RoleCount:
    """How many people hold a managed role before and after a plan."""

    role: str
    before: int
    additions: int
    removals: int

    @property
    def after(self) -> int:
        """The number of holders once the plan is applied."""
        return self.before + self.additions - self.removals


def recount(roles: Iterable[RoleCount], changes: "pd.DataFrame") -> tuple[RoleCount, ...]:
    """The same roles with the same holders before, and as many additions and removals as these CHANGES have."""
    number = Counter(zip(changes["role"].tolist(), changes["action"].tolist(), strict=True))
    return tuple(
        replace(count, additions=number[count.role, Action.ADD], removals=number[count.role, Action.REMOVE])
        for count in roles
    )


@dataclass(frozen=True, eq=False)
class Changes:
    """What has to change (CHANGES), what is held (HELD), and what that means per role.

    `releasable_removals` (CHANGES) has those removals among `held` that only wait, as they would be sent.
    """

    changes: "pd.DataFrame"
    held: "pd.DataFrame"
    roles: tuple[RoleCount, ...]
    releasable_removals: "pd.DataFrame" = field(default_factory=lambda: frame(CHANGES))


@dataclass(frozen=True, eq=False)
class Drift:
    """What others have changed (DRIFT) in the managed roles since the run `since`; "" where nobody knows."""

    since: str = ""
    changes: "pd.DataFrame" = field(default_factory=lambda: frame(DRIFT))


@dataclass(frozen=True, slots=True)
class Released:
    """A held removal that a reviewer let through, and why; the reason may be empty."""

    user_id: int
    role: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who answers for a plan, and what they saw.

    `reviewer` is the name that was given, `operator` the user who ran the review. `confirmed_effect` is the plan's
    `effect` as the reviewer typed it, `reviewed_digest` the digest of the plan that was reviewed. `excluded` counts the
    changes that were taken out of it; the plan's `held` says which, and why.
    """

    reviewer: str
    operator: str
    approved_at: datetime  # with time zone
    confirmed_effect: str
    reviewed_digest: str
    excluded: int = 0
    released: tuple[Released, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that would change, checked and digested; what a reviewer sees is what is applied.

    `digest` covers what would be done, to whom, under which limits and because of which list, and who has approved it;
    not when and by whom the plan was made, what others had changed before, what people have in Studio, or how many
    requests that took, so that the same situation has the same digest tomorrow. `releasable_removals` (CHANGES) has
    those removals among `held` that a reviewer may let through, as they would be sent.
    """

    account: str  # scheme and host that the plan was made for
    created_at: datetime  # with time zone
    source: Source
    policy: Policy
    roles: tuple[RoleCount, ...]
    verdicts: tuple[Verdict, ...]
    changes: "pd.DataFrame"
    held: "pd.DataFrame"
    findings: tuple[Finding, ...]
    requests: Requests
    digest: str
    drift: Drift = field(default_factory=Drift)
    impact: "pd.DataFrame | None" = None  # IMPACT of everybody who loses a role, or would; None where nobody asked
    releasable_removals: "pd.DataFrame" = field(default_factory=lambda: frame(CHANGES))
    planned_by: str = ""  # the user who made it, as the setting `operator` says
    approval: Approval | None = None

    @property
    def effect(self) -> str:
        """What a reviewer confirms to have seen, as in `remove 12, add 40`."""
        removals = int((self.changes["action"] == Action.REMOVE.value).sum())
        return f"remove {removals}, add {len(self.changes) - removals}"

    @property
    def blocked(self) -> tuple[Verdict, ...]:
        """The verdicts that keep this plan from being applied."""
        return tuple(verdict for verdict in self.verdicts if verdict.status is VerdictStatus.BLOCK)

    @property
    def status(self) -> Literal["empty", "ready", "blocked"]:
        """`blocked` by a guard, else `empty` without changes, else `ready`."""
        if self.blocked:
            return "blocked"
        return "ready" if len(self.changes) else "empty"
