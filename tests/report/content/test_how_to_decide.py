from dataclasses import replace

from rolesync.model.frames import IMPACT, frame
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action
from rolesync.report.content.how_to_decide import how_to_decide
from tests.report.samples import HELD_ROW, REMOVED, approved_plan, blocked_plan, empty_plan, make_plan


def test_the_steps_say_what_to_do_and_to_whom_the_file_goes_back() -> None:
    guide = how_to_decide(replace(make_plan(), planned_by="mia"))
    assert guide.title == "Please decide: 2 removals, 1 addition"
    assert ("Admin", "10 holders today, 9 afterwards") in guide.rows
    numbers = [label for label, _ in guide.rows if label.isdigit()]
    assert numbers == ["1", "2", "3", "4", "5"]
    text = dict(guide.rows)
    assert "choose 'exclude'" in text["3"]
    assert text["5"].startswith("Save this file, and give it back to mia.")
    assert not any("release" in step for step in text.values())


def test_held_removals_that_may_be_released_have_a_step() -> None:
    waiting = (0, "p@example.edu", 5, "Admin", Action.REMOVE, HeldReason.GRACE, "absent in run 1 of 3")
    plan = make_plan(held=(HELD_ROW, waiting))
    plan = replace(plan, releasable_removals=make_plan(changes=[(5, "p@example.edu", "P", *REMOVED[3:])]).changes)
    steps = dict(how_to_decide(plan).rows)
    assert steps["4"].startswith("The sheet 'held' has 1 removal that can wait. Choose 'release'")


def test_a_block_and_the_media_are_named() -> None:
    sentence = dict(how_to_decide(blocked_plan()).rows)["BLOCKED"]
    assert sentence == "At most 25% of the holders of Admin may be removed: 6 of 10 would be. Nothing was written."
    impact = frame(IMPACT, {name: [7] if kind == "int64" else [""] for name, kind in IMPACT.items()})
    assert dict(how_to_decide(replace(make_plan(), impact=impact)).rows)["media"].startswith("1 user with a removal")


def test_without_a_decision_to_make_the_title_says_so() -> None:
    assert how_to_decide(empty_plan()).title == "There is no change to decide on"
    approved = how_to_decide(approved_plan())
    assert approved.title == "Approved: 2 removals, 1 addition"
    assert "Rita Levi" in dict(approved.rows)["approved"]
    assert not any(label.isdigit() for label, _ in approved.rows)
