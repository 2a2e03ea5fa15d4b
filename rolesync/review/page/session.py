"""What lies on the desk in a review: the plan, the decisions so far, and what is left of it with them.

The page names rows by their place in its tables; here they become the changes and held removals that they stand for.
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
from rolesync.report.html.tables import Touched
from rolesync.report.spreadsheet.plan import EXCLUDE, RELEASE, decision_rows

_OPEN = "no reason yet"  # stands in for a reason that is still to be typed, in what is only shown


@dataclass(frozen=True, slots=True)
class ReviewEnd:
    """How a review ended: a word for its heading, a sentence, and what to run next, or ""."""

    word: str
    sentence: str
    command: str = ""


Approve = Callable[[Decisions, str, str], ReviewEnd]
"""Approves: takes the decisions, the reviewer's name and what they see; raises a RolesyncError if that can't be."""

Leave = Callable[[Decisions], ReviewEnd]
"""Ends without an approval, and keeps the decisions somewhere."""


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid")

    revision: int


Content = TypeVar("Content", bound=_Content)


class _Decided(_Content):
    """The page's decisions: places of reasons by places of rows."""

    reasons: list[str]
    excluded: dict[int, int]
    released: dict[int, int]


class _Approved(_Content):
    reviewer: str
    sees: str


class _Keys(NamedTuple):
    """The changes and held rows of a plan in the order of the page's tables; a held row is None if it has to stay."""

    changes: list[Key]
    held: list[Key | None]


class ReviewSession:
    """One review, from the plan as it was made to its end.

    Args:
        plan: what is reviewed.
        touched: what the page tells of earlier runs.
        approve: is called when the reviewer approves.
        leave: is called when the reviewer, or nobody for long, leaves without that.

    Raises:
        PlanRefusedError: the plan was approved already.
    """

    def __init__(self, plan: Plan, touched: Touched | None, approve: Approve, leave: Leave) -> None:
        self._plan, self._touched, self._approve, self._leave = plan, touched, approve, leave
        self._decided = decide(plan, Decisions())
        self._keys = _keys(plan)
        self._revision = 0
        self.decisions = Decisions()
        self.end: ReviewEnd | None = None

    def page(self) -> str:
        """The page, with the decisions so far."""
        reasons: dict[str, int] = {}

        def spelled(keys: list[Key | None], chosen: Mapping[Key, str]) -> dict[str, int]:
            places = {key: place for place, key in enumerate(keys) if key}
            return {str(places[key]): reasons.setdefault(why, len(reasons)) for key, why in chosen.items()}

        draft = {
            "excluded": spelled([*self._keys.changes], self.decisions.excluded),
            "released": spelled(self._keys.held, self.decisions.released),
            "reasons": list(reasons),
            "releasable": [place for place, key in enumerate(self._keys.held) if key],
            "revision": self._revision,
            "effect": self._decided.effect,
        }
        return review_html(self._plan, self._decided, draft, self._touched)

    def decide(self, content: bytes) -> dict[str, Any]:
        """Take the page's decisions, and tell what is left of the plan.

        Raises:
            PlanRefusedError: they are none of this plan's, or not made on what was decided last.
        """
        said = self._read(_Decided, content)
        excluded = self._chosen(said.excluded, self._keys.changes, said.reasons)
        released = self._chosen(said.released, self._keys.held, said.reasons)
        shown = Decisions({key: why.strip() or _OPEN for key, why in excluded.items()}, released)
        decided = decide(self._plan, shown)
        overview = overview_html(decided, self._plan)
        self._decided, self.decisions = decided, Decisions(excluded, released)
        self._revision += 1
        return {"revision": self._revision, "effect": self._decided.effect, "overview": overview}

    def approve(self, content: bytes) -> dict[str, Any]:
        """Approve what is left.

        Raises:
            PlanRefusedError: it can't be approved, or something was decided since it was seen.
            UsageError: the name can't be one, or the approved plan can't be written.
        """
        said = self._read(_Approved, content)
        self.end = self._approve(self.decisions, said.reviewer, said.sees)
        return asdict(self.end)

    def leave(self, content: bytes) -> dict[str, Any]:
        """End the review without an approval.

        Raises:
            PlanRefusedError: something was decided since it was seen.
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
            said = kind.model_validate_json(content)
        except ValidationError as error:
            raise UsageError(f"the page sent what can't be read ({plural(error.error_count(), 'error')})") from error
        if said.revision != self._revision:
            raise PlanRefusedError(
                "something else was decided meanwhile, in another window",
                hint="reload this page to see it, and decide again",
            )
        return said

    @staticmethod
    def _chosen(rows: Mapping[int, int], keys: list[Key] | list[Key | None], reasons: list[str]) -> dict[Key, str]:
        chosen = {}
        for row, place in rows.items():
            key = keys[row] if 0 <= row < len(keys) else None
            if key is None or not 0 <= place < len(reasons):
                raise PlanRefusedError("the page decided on rows that this plan doesn't have", hint="reload it")
            chosen[key] = reasons[place]
        return chosen


def _keys(plan: Plan) -> _Keys:
    rows = list(decision_rows(plan))
    changes = [row.key for row in rows if row.word == EXCLUDE]
    return _Keys(changes, [row.key if row.word == RELEASE else None for row in rows[len(changes) :]])
