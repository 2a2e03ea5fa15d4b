"""A review in progress: the plan, the decisions so far, and the plan with these decisions.

The page names rows by their position in its tables; this module maps positions to changes and held removals.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rolesync.errors import PlanRefusedError, UsageError
from rolesync.model.plans import Plan
from rolesync.planner.approval import Decisions, Key, decide
from rolesync.report.content.text import plural
from rolesync.report.html.page import overview_html, review_html
from rolesync.report.html.tables import LastChanges
from rolesync.report.spreadsheet.decisions import EXCLUDE, RELEASE, decision_rows

_NO_REASON = "no reason yet"  # shown instead of a reason that the reviewer hasn't typed yet


@dataclass(frozen=True, slots=True)
class ReviewEnd:
    """How a review ended: a heading, a sentence, and the command to run next, or ""."""

    word: str
    sentence: str
    command: str = ""


Approve = Callable[[Decisions, str, str], ReviewEnd]
"""Approves the plan: gets the decisions, the reviewer's name and the effect they typed; raises a RolesyncError."""

Leave = Callable[[Decisions], ReviewEnd]
"""Ends the review without an approval, and saves the decisions."""


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid")

    revision: int


Content = TypeVar("Content", bound=_Content)


class _DecisionsContent(_Content):
    """The decisions of the page: by the position of the row, the position of its reason in `reasons`."""

    reasons: list[str]
    excluded: dict[int, int]
    released: dict[int, int]


class _ApprovalContent(_Content):
    reviewer: str
    sees: str


class _Keys(NamedTuple):
    """The changes and held rows of a plan in the order of the page; a held row is None if it can't be released."""

    changes: list[Key]
    held: list[Key | None]


class ReviewSession:
    """One review, from the plan to its end.

    Args:
        plan: the plan under review.
        last_changes: the last run that changed each user, for the page; None to leave it out.
        approve: called when the reviewer approves.
        leave: called when the review ends without an approval.
        decisions: those of an earlier review of the plan, to continue with.
        parent: the name of the page that this one belongs to and links to; "" for none.

    Raises:
        PlanRefusedError: the plan is approved already.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # a review has that many parts
        self,
        plan: Plan,
        last_changes: LastChanges | None,
        approve: Approve,
        leave: Leave,
        decisions: Decisions | None = None,
        parent: str = "",
    ) -> None:
        self._plan, self._last_changes, self._approve, self._leave = plan, last_changes, approve, leave
        self._parent = parent
        self.decisions = decisions or Decisions()
        self._decided = _decide(plan, self.decisions)
        self._keys = _keys(plan)
        self._revision = 0
        self.end: ReviewEnd | None = None
        self._actions = {"decisions": self.decide, "approve": self.approve, "leave": self.leave}

    @property
    def has_ended(self) -> bool:
        """Whether the review has ended."""
        return self.end is not None

    def page_at(self, path: str) -> str | None:
        """Render the page; None for any path but that of the page itself."""
        return None if path else self.page()

    def post(self, path: str, content: bytes) -> dict[str, Any] | None:
        """Take what the page sends; None if the review has ended, or if it has no such action."""
        return self._actions[path](content) if path in self._actions and not self.end else None

    def page(self) -> str:
        """Render the page with the decisions so far."""
        reasons: dict[str, int] = {}

        def by_position(keys: list[Key | None], decided: Mapping[Key, str]) -> dict[str, int]:
            positions = {key: position for position, key in enumerate(keys) if key}
            return {str(positions[key]): reasons.setdefault(why, len(reasons)) for key, why in decided.items()}

        draft = {
            "excluded": by_position([*self._keys.changes], self.decisions.excluded),
            "released": by_position(self._keys.held, self.decisions.released),
            "reasons": list(reasons),
            "releasable": [position for position, key in enumerate(self._keys.held) if key],
            "revision": self._revision,
            "effect": self._decided.effect,
            **({"parent": self._parent} if self._parent else {}),
        }
        return review_html(self._plan, self._decided, draft, self._last_changes, self._parent)

    def decide(self, content: bytes) -> dict[str, Any]:
        """Take the decisions of the page; returns the plan's effect and overview with them.

        Raises:
            UsageError: the content can't be read.
            PlanRefusedError: the decisions don't fit this plan, or another window has decided since.
        """
        request = self._read(_DecisionsContent, content)
        excluded = self._with_reasons(request.excluded, self._keys.changes, request.reasons)
        released = self._with_reasons(request.released, self._keys.held, request.reasons)
        decisions = Decisions(excluded, released)
        decided = _decide(self._plan, decisions)
        overview = overview_html(decided)
        self._decided, self.decisions = decided, decisions
        self._revision += 1
        return {"revision": self._revision, "effect": self._decided.effect, "overview": overview}

    def approve(self, content: bytes) -> dict[str, Any]:
        """Approve the plan with the decisions.

        Raises:
            PlanRefusedError: the plan can't be approved, or another window has decided since.
            UsageError: the reviewer's name is not a name, or the approved plan can't be written.
        """
        request = self._read(_ApprovalContent, content)
        self.end = self._approve(self.decisions, request.reviewer, request.sees)
        return asdict(self.end)

    def leave(self, content: bytes) -> dict[str, Any]:
        """End the review without an approval.

        Raises:
            PlanRefusedError: another window has decided since.
            UsageError: the decisions can't be written.
        """
        self._read(_Content, content)
        return asdict(self.abandon())

    def abandon(self) -> ReviewEnd:
        """End the review without an approval, if it hasn't ended.

        Raises:
            UsageError: the decisions can't be written.
        """
        self.end = self.end or self._leave(self.decisions)
        return self.end

    def _read(self, kind: type[Content], content: bytes) -> Content:
        try:
            request = kind.model_validate_json(content)
        except ValidationError as error:
            raise UsageError(
                f"the page sent a request that can't be read ({plural(error.error_count(), 'error')})"
            ) from error
        if request.revision != self._revision:
            raise PlanRefusedError(
                "another window has changed the decisions",
                hint="reload this page to see them, and decide again",
            )
        return request

    @staticmethod
    def _with_reasons(
        positions: Mapping[int, int], keys: list[Key] | list[Key | None], reasons: list[str]
    ) -> dict[Key, str]:
        decided = {}
        for row, reason in positions.items():
            key = keys[row] if 0 <= row < len(keys) else None
            if key is None or not 0 <= reason < len(reasons):
                raise PlanRefusedError("the page decided on rows that this plan doesn't have", hint="reload this page")
            decided[key] = reasons[reason]
        return decided


def _decide(plan: Plan, decisions: Decisions) -> Plan:
    """Apply decisions whose reasons may still be missing."""
    excluded = {key: why.strip() or _NO_REASON for key, why in decisions.excluded.items()}
    return decide(plan, Decisions(excluded, decisions.released))


def _keys(plan: Plan) -> _Keys:
    rows = list(decision_rows(plan))
    changes = [row.key for row in rows if row.word == EXCLUDE]
    return _Keys(changes, [row.key if row.word == RELEASE else None for row in rows[len(changes) :]])
