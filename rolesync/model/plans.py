"""A plan: the changes, their limits, and who is responsible for them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DRIFT, frame
from rolesync.model.lists import Source
from rolesync.model.live import Requests
from rolesync.model.periods import Periods
from rolesync.model.vocabulary import ON_REMOVALS, Action, Mode, VerdictStatus

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that a plan is bound to: the managed roles, and the limits of changes.

    `owner` and `protected_users` are addresses or user ids. `max_removals_share` is a share of a role's holders,
    `max_shrink_share` a share of the assignments in the list last applied, both from 0 to 1. `max_age_hours` is None if
    a list may have any age. A removal waits until the user was missing from the list in `grace_runs` earlier runs in a
    row. After `repeat_runs` runs in a row with the same change, a guard warns; 0 for never.
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
    """The result of one guard: its rule, the role ("" for all), the limit, and the value compared with it."""

    rule: str
    status: VerdictStatus
    message: str
    role: str = ""
    limit: float | None = None
    value: float | None = None
    overridable: bool = True


@dataclass(frozen=True, slots=True)
class RoleCount:
    """The number of holders of a managed role before and after a plan."""

    role: str
    before: int
    additions: int
    removals: int

    @property
    def after(self) -> int:
        """The number of holders after the plan is applied."""
        return self.before + self.additions - self.removals


@dataclass(frozen=True, slots=True)
class DomainCount:
    """The number of holders of a role with addresses in one mail domain, before a plan."""

    role: str
    domain: str
    before: int


def recount(roles: Iterable[RoleCount], changes: "pd.DataFrame") -> tuple[RoleCount, ...]:
    """Count the additions and removals of each role in CHANGES. The holders before stay the same."""
    number = Counter(zip(changes["role"].tolist(), changes["action"].tolist(), strict=True))
    return tuple(
        replace(count, additions=number[count.role, Action.ADD], removals=number[count.role, Action.REMOVE])
        for count in roles
    )


@dataclass(frozen=True, eq=False)
class Changes:
    """The differences between list and Studio: `changes` (CHANGES), `held` (HELD), and the counts of each role.

    `releasable_removals` (CHANGES) are the removals in `held` that only wait, as they would be sent. `periods` are the
    days on which changes are right, for those that depend on dates.
    """

    changes: "pd.DataFrame"
    held: "pd.DataFrame"
    roles: tuple[RoleCount, ...]
    releasable_removals: "pd.DataFrame" = field(default_factory=lambda: frame(CHANGES))
    periods: Periods = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Drift:
    """Changes of managed roles by other hands (DRIFT) since the run `since`; it is "" if there is no such run."""

    since: str = ""
    changes: "pd.DataFrame" = field(default_factory=lambda: frame(DRIFT))


@dataclass(frozen=True, slots=True)
class Released:
    """A held removal that a reviewer released. The reason may be empty."""

    user_id: int
    role: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval of a plan by a reviewer.

    `reviewer` is the name that the reviewer entered, `operator` the user who ran the review. `confirmed_effect` is the
    plan's `effect` as the reviewer typed it, `reviewed_digest` the digest of the reviewed plan. `excluded` counts the
    changes that the reviewer excluded; they are in the plan's `held`, with their reasons.
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
    """All changes, checked and with a digest. What a reviewer sees is what is applied.

    `digest` covers the changes, the limits, the list and the approval. It doesn't cover who made the plan and when, the
    drift, the media of users, `names`, `domains` and the requests. So the same situation has the same digest tomorrow.
    `releasable_removals` (CHANGES) are the removals in `held` that a reviewer may release, as they would be sent.
    `periods` are the days on which changes are right, for those that depend on dates. `names` are the names in Studio
    of users in `held`, by user id. `domains` count the holders in the mail domains of users who lose a role, or would.
    """

    account: str  # scheme and host of Studio
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
    impact: "pd.DataFrame | None" = None  # IMPACT of users who lose a role, or would; None if not read
    releasable_removals: "pd.DataFrame" = field(default_factory=lambda: frame(CHANGES))
    planned_by: str = ""  # the user who made the plan, see the setting `operator`
    approval: Approval | None = None
    periods: Periods = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    domains: tuple[DomainCount, ...] = ()

    @property
    def effect(self) -> str:
        """The text with which a reviewer confirms the plan, as in `remove 12, add 40`; see `effect_text`."""
        removals = int((self.changes["action"] == Action.REMOVE.value).sum())
        return f"remove {removals}, add {len(self.changes) - removals}"

    @property
    def unreviewed_digest(self) -> str:
        """The digest of the plan before its approval; the plan's own digest if it has no approval."""
        return self.approval.reviewed_digest if self.approval else self.digest

    @property
    def blocked(self) -> tuple[Verdict, ...]:
        """The verdicts that block this plan."""
        return tuple(verdict for verdict in self.verdicts if verdict.status is VerdictStatus.BLOCK)

    @property
    def passes_without_removals(self) -> bool:
        """Whether a new plan that holds all removals would pass the guards, as far as this plan shows."""
        costs_roles = any(verdict.rule == "rival_roles" and verdict.value for verdict in self.verdicts)
        rules = {verdict.rule for verdict in self.blocked}
        return rules <= ON_REMOVALS and not costs_roles and not self.source.undoes

    @property
    def status(self) -> Literal["empty", "ready", "blocked"]:
        """`blocked` by a guard, else `empty` without changes, else `ready`."""
        if self.blocked:
            return "blocked"
        return "ready" if len(self.changes) else "empty"


def effect_text(effect: str) -> str:
    """Format an effect for people, as in `remove 1,200, add 40`."""
    return re.sub(r"(?<=\d)(?=(?:\d{3})+\b)", ",", effect)
