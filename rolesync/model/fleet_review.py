"""The review of a night of a fleet: what is known of each account, and whether its plan is approved."""

from dataclasses import dataclass
from enum import StrEnum

from rolesync.model.fleet import AccountResult

FEW = 5
"""Changes that are never unusual, however few there were before."""

FAR_ABOVE = 3
"""Changes are unusual from this many times the highest number of the last nights."""


class ReviewState(StrEnum):
    """How far the review of one account is."""

    NO_PLAN = "no_plan"
    """It wasn't planned, so there is nothing to review."""
    EMPTY = "empty"
    """Its plan changes nothing, so it needs no approval."""
    OPTIONAL = "optional"
    """Its plan has changes, and its settings ask for no approval."""
    WAITING = "waiting"
    """Its plan waits for an approval."""
    LEFT = "left"
    """Its review was left without an approval; the decisions are kept."""
    APPROVED = "approved"
    """Its plan is approved."""


@dataclass(frozen=True, slots=True)
class UsualNumbers:
    """The highest numbers of additions and removals in the last nights of an account, and how many nights that were."""

    nights: int
    additions: int
    removals: int


@dataclass(frozen=True, slots=True)
class ReviewedAccount:
    """One account of a night under review.

    Attributes:
        result: the result of planning it, as the guards of the fleet left it.
        state: how far its review is.
        usual: its last nights; None if it has none.
        approval: who approved its plan, and when; "" for nobody.
        problem: why its plan can't be reviewed or applied; "" if it can.
    """

    result: AccountResult
    state: ReviewState
    usual: UsualNumbers | None = None
    approval: str = ""
    problem: str = ""

    @property
    def unusual(self) -> tuple[str, ...]:
        """Which of `removals` and `additions` are far above those of the last nights."""
        plan, usual = self.result.plan, self.usual
        if plan is None or usual is None:
            return ()
        numbers = (("removals", plan.removals, usual.removals), ("additions", plan.additions, usual.additions))
        return tuple(name for name, now, before in numbers if now > max(FEW, FAR_ABOVE * before))
