"""The review of a night: its page, the pages of its plans, and what an approval changes."""

import json
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import PlanRefusedError, RolesyncError, UsageError
from rolesync.fleet.night_folder import approved_path, plan_path
from rolesync.fleet.review import FleetReview, load_account_plan
from rolesync.model.fleet_review import ReviewState
from rolesync.planner.decode import from_json
from tests.fleet.reviewing import night_under_review
from tests.full_disk import files_of_at_most

S = ReviewState


def send(review: FleetReview, path: str, **content: Any) -> dict[str, Any] | None:
    return review.post(path, json.dumps({"revision": 0, **content}).encode())


def approve(review: FleetReview, name: str, sees: str, revision: int = 0) -> None:
    assert send(review, f"{name}/approve", reviewer="Rita Levi", sees=sees, revision=revision)


def states(review: FleetReview) -> dict[str, ReviewState]:
    return {account.result.account: account.state for account in review.accounts()}


def test_an_approval_is_for_one_account_and_shows_on_the_page(tmp_path: Path) -> None:
    review = night_under_review(tmp_path)
    assert states(review) == {
        **dict.fromkeys(("north", "south", "east"), S.WAITING),
        "west": S.NO_PLAN,
        "hill": S.EMPTY,
        "dale": S.EMPTY,
    }
    page = review.page_at("north/")
    assert page
    assert '<a href="../">' in page
    approve(review, "north", "remove 2, add 1")
    assert states(review)["north"] is S.APPROVED
    assert "Approved by Rita Levi (rita)" in (review.page_at("") or "")
    plan = from_json(approved_path(review.folder, "north").read_text(encoding="ascii"))
    assert plan.approval
    assert (plan.approval.reviewer, plan.approval.operator) == ("Rita Levi", "rita")
    again = review.page_at("north/")
    assert again
    assert "APPROVED" in again
    assert send(review, "north/approve", reviewer="Eve", sees="remove 2, add 1") is None
    assert not review.has_ended


def test_a_review_that_was_left_goes_on_with_its_decisions(tmp_path: Path) -> None:
    review = night_under_review(tmp_path)
    review.page_at("north/")
    assert send(review, "north/decisions", reasons=["on leave"], excluded={"0": 0}, released={})
    answer = send(review, "north/leave", revision=1)
    assert answer
    assert "north.decisions.csv" in answer["sentence"]
    assert states(review)["north"] is S.LEFT
    assert "on leave" in (review.page_at("north/") or "")
    assert states(review)["north"] is S.WAITING
    approve(review, "north", "remove 1, add 1")


def test_the_end_saves_the_decisions_of_open_reviews(tmp_path: Path) -> None:
    review = night_under_review(tmp_path)
    for name in ("north", "south"):
        review.page_at(f"{name}/")
    assert send(review, "north/decisions", reasons=["on leave"], excluded={"0": 0}, released={})
    assert send(review, "leave") == {}
    assert review.has_ended
    (saved,) = review.abandon()
    assert "on leave" in saved.read_text(encoding="utf-8")


def test_decisions_that_find_no_room_are_named(tmp_path: Path) -> None:
    review = night_under_review(tmp_path)
    review.page_at("north/")
    assert send(review, "north/decisions", reasons=["on leave"], excluded={"0": 0}, released={})
    with files_of_at_most(8), pytest.raises(RolesyncError, match=r"north\.decisions\.csv can't be written: "):
        review.abandon()


def test_nothing_of_another_reviewer_is_replaced(tmp_path: Path) -> None:
    rita = night_under_review(tmp_path)
    bo = FleetReview(rita.fleet, rita.night, rita.folder, "bo")
    for number, review in enumerate((rita, bo)):
        for name in ("north", "south"):
            review.page_at(f"{name}/")
        assert send(review, "north/decisions", reasons=[f"reason {number}"], excluded={"0": 0}, released={})
    approve(rita, "south", "remove 4, add 2")
    approved = approved_path(rita.folder, "south").read_bytes()
    with pytest.raises(UsageError, match=r"south\.approved\.json holds the approval of this plan by Rita Levi") as late:
        approve(bo, "south", "remove 4, add 2")
    assert late.value.hint.startswith("reload this page to see it; ")
    assert "Rita Levi" in (bo.page_at("south/") or "")
    assert f"rm {approved_path(rita.folder, 'south')}" in late.value.hint
    assert approved_path(rita.folder, "south").read_bytes() == approved
    saved = [*rita.abandon(), *bo.abandon()]
    assert [path.name for path in saved] == ["north.decisions.csv", "north.decisions-1.csv"]
    assert ["reason 0" in path.read_text("utf-8") for path in saved] == [True, False]


def test_what_is_no_plan_with_changes_has_no_page(tmp_path: Path) -> None:
    review = night_under_review(tmp_path)
    for path in ("west/", "hill/", "north", "north/plan", "../", "guess/", "/"):
        assert review.page_at(path) is None
    assert send(review, "north/approve", reviewer="Eve", sees="remove 2, add 1") is None  # nobody looked at it
    review.page_at("north/")
    assert send(review, "north/nothing") is None


def test_who_made_a_plan_does_not_review_it_under_four_eyes(tmp_path: Path) -> None:
    review = night_under_review(tmp_path, settings="four_eyes = true\n")
    review.operator = "mia"
    assert "Not opened: mia made this plan" in (review.page_at("north/") or "")
    review.operator = "rita"
    assert "Not opened" not in (review.page_at("north/") or "")
    approve(review, "north", "remove 2, add 1")


def test_a_changed_plan_is_not_opened(tmp_path: Path) -> None:
    review = night_under_review(tmp_path)
    path = plan_path(review.folder, "north")
    path.write_text(path.read_text(encoding="ascii").replace("zoe@", "eve@"), encoding="ascii")
    assert "Not opened: " in (review.page_at("north/") or "")
    path.write_bytes(b"\xff")
    with pytest.raises(PlanRefusedError):
        load_account_plan(review.folder, "north")
    path.unlink()
    with pytest.raises(UsageError):
        load_account_plan(review.folder, "north")


def test_the_guards_of_the_fleet_count_what_would_be_applied(tmp_path: Path) -> None:
    review = night_under_review(tmp_path, fleet="[fleet.stop]\nmax_removals = 41\n")
    assert "At most 41 roles may be removed in all accounts together: 42 would be" in (review.page_at("") or "")
    review.page_at("north/")
    assert send(review, "north/decisions", reasons=["on leave"], excluded={"0": 0}, released={})
    approve(review, "north", "remove 1, add 1", revision=1)
    assert review.verdicts == ()


def test_plans_that_need_no_approval_may_have_one(tmp_path: Path) -> None:
    review = night_under_review(tmp_path, settings="")
    assert states(review)["north"] is S.OPTIONAL
    review.page_at("north/")
    approve(review, "north", "remove 2, add 1")
    assert states(review)["north"] is S.APPROVED
