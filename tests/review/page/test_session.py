"""The decisions of a page, compared with the plan: which count, what the page shows of them, and which are refused."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rolesync.errors import PlanRefusedError, RolesyncError, UsageError
from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.keys import format_roles
from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.vocabulary import Action
from rolesync.planner.approval import Decisions
from rolesync.review.page.session import ReviewEnd, ReviewSession
from tests.report.samples import HELD_ROW, approved_plan, columns, make_plan

WAITING = (40, "ann@example.edu", "Ann", Action.REMOVE, "Admin", Reason.NOT_LISTED, 0, format_roles(["Admin"]))
WAITS = (0, "ann@example.edu", 40, "Admin", Action.REMOVE, HeldReason.REMOVALS_HELD, "hold_removals is set")


def holding() -> Plan:
    """Hold a change of a user who is not in Studio, and a removal that only waits."""
    waiting = frame(CHANGES, columns(CHANGES, [WAITING]))
    return replace(make_plan(), held=frame(HELD, columns(HELD, [HELD_ROW, WAITS])), releasable_removals=waiting)


ENDINGS = (lambda *_: ReviewEnd("Approved", ""), lambda _: ReviewEnd("Left", "kept"))


def new_session(plan: Plan | None = None, approve: Callable[..., ReviewEnd] | None = None) -> ReviewSession:
    return ReviewSession(plan or holding(), None, approve or ENDINGS[0], ENDINGS[1])


def content(**said: Any) -> bytes:
    return json.dumps({"revision": 0, "reasons": [], "excluded": {}, "released": {}, **said}).encode()


def draft(session: ReviewSession) -> dict[str, Any]:
    """The decisions as the script of the page gets them."""
    match = re.search(r'id="draft">(.*?)</script>', session.page())
    assert match
    draft_data: dict[str, Any] = json.loads(match[1])
    return draft_data


def test_rows_are_those_of_the_page_removals_first() -> None:
    session = new_session()
    answer = session.decide(content(reasons=["on leave", "has left"], excluded={"0": 0, "2": 0}, released={"1": 1}))
    assert session.decisions == Decisions(
        {(12, "Admin"): "on leave", (31, "Admin"): "on leave"}, {(40, "Admin"): "has left"}
    )
    assert (answer["revision"], answer["effect"]) == (1, "remove 2, add 0")
    assert "2 removals, 0 additions" in answer["overview"]


def test_what_stands_above_the_tables_is_what_is_left() -> None:
    session = new_session()
    before = session.page()
    answer = session.decide(content(reasons=["no"], excluded={"0": 0, "1": 0}))
    assert "2 removals, 1 addition<" in before
    assert "0 removals, 1 addition<" in answer["overview"]
    assert "0 removals, 1 addition<" in session.page()


def test_a_page_that_is_opened_again_has_the_decisions() -> None:
    session = new_session()
    assert draft(session) == {
        "excluded": {},
        "released": {},
        "reasons": [],
        "releasable": [1],
        "revision": 0,
        "effect": "remove 2, add 1",
    }
    session.decide(content(reasons=["on leave", ""], excluded={"1": 0, "2": 1}, released={"1": 1}))
    again = draft(session)
    assert {row: again["reasons"][place] for row, place in again["excluded"].items()} == {"1": "on leave", "2": ""}
    assert {row: again["reasons"][place] for row, place in again["released"].items()} == {"1": ""}
    assert again["revision"] == 1


def test_a_reason_may_be_typed_later_but_none_is_made_up() -> None:
    session = new_session()
    assert session.decide(content(reasons=[" "], excluded={"0": 0}))["effect"] == "remove 1, add 1"
    assert session.decisions.excluded == {(12, "Admin"): " "}


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b'{"revision": 0}',
        content(more=1),
        content(revision="0x"),
        content(reasons=["a"], excluded={"a": 0}),
        content(reasons="a"),
    ],
)
def test_what_can_not_be_read_is_refused(wrong: bytes) -> None:
    session = new_session()
    with pytest.raises(UsageError, match="can't be read"):
        session.decide(wrong)
    assert session.decisions == Decisions()


@pytest.mark.parametrize(
    "wrong",
    [
        {"excluded": {"3": 0}},
        {"excluded": {"-1": 0}},
        {"excluded": {"0": 1}},
        {"excluded": {"0": -1}},
        {"released": {"0": 0}},  # held for a reason that nobody can let through
        {"released": {"2": 0}},
    ],
)
def test_rows_that_are_none_of_the_plans_are_refused(wrong: dict[str, Any]) -> None:
    session = new_session()
    with pytest.raises(PlanRefusedError, match="rows that this plan doesn't have"):
        session.decide(content(reasons=["no"], **wrong))
    assert session.decisions == Decisions()
    with pytest.raises(PlanRefusedError, match="more than 1,000 characters"):
        session.decide(content(reasons=["x" * 1001], excluded={"0": 0}))
    assert session.decisions == Decisions()


def test_a_window_that_has_not_seen_the_last_decision_decides_nothing() -> None:
    session = new_session()
    session.decide(content(reasons=["no"], excluded={"0": 0}))
    for ask, message in (
        (session.decide, content()),
        (session.approve, b'{"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"}'),
        (session.leave, b'{"revision": 0}'),
    ):
        with pytest.raises(PlanRefusedError, match="another window has changed the decisions"):
            ask(message)
    assert session.end is None


def test_a_refused_approval_may_be_tried_again() -> None:
    refusals: list[RolesyncError] = [UsageError("the disk is full")]

    def approve(*_: object) -> ReviewEnd:
        if refusals:
            raise refusals.pop()
        return ReviewEnd("Approved", "")

    session, body = new_session(approve=approve), b'{"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"}'
    with pytest.raises(UsageError, match="disk is full"):
        session.approve(body)
    assert session.end is None
    assert session.approve(body)["word"] == "Approved"
    assert session.abandon() == ReviewEnd("Approved", "")  # it has ended, so nothing is kept


def test_an_approved_plan_is_not_reviewed_again() -> None:
    with pytest.raises(PlanRefusedError, match="already approved by Rita Levi"):
        new_session(approved_plan())


def test_a_review_continues_with_the_decisions_of_an_earlier_one_and_leads_back() -> None:
    session = ReviewSession(
        holding(), None, *ENDINGS, decisions=Decisions({(12, "Admin"): ""}), parent="fleet district"
    )
    assert draft(session)["excluded"] == {"0": 0}
    assert (draft(session)["parent"], draft(session)["effect"]) == ("fleet district", "remove 1, add 1")
    assert '<a href="../">' in session.page()
    assert session.page_at("plan") is None
    assert session.post("nothing", b"{}") is None
