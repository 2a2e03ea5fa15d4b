from dataclasses import replace

import pytest

from rolesync.model.lists import Fetched
from rolesync.model.live import Requests
from rolesync.model.plans import Drift, Policy, Verdict
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action, Mode, VerdictStatus
from rolesync.report.content.plan_rows import drift_rows, held_rows
from rolesync.report.content.plan_summary import (
    NextCommands,
    approval_text,
    drift_text,
    headline,
    next_step,
    requests_rows,
    requests_text,
    summary,
)
from tests.report.samples import (
    ADDED,
    DIGEST,
    DRIFTED,
    HELD_ROW,
    PASSES,
    PROTECTED,
    TOO_MANY,
    additive_plan,
    approved_plan,
    blocked_plan,
    drifted_plan,
    empty_plan,
    make_plan,
)


def test_headlines() -> None:
    assert headline(make_plan()) == ("READY", "2 removals, 1 addition. Nothing was written yet.")
    assert headline(empty_plan()).word == "NOTHING TO DO"
    assert headline(make_plan(changes=())).sentence.startswith("1 row held, and no other difference from the list.")
    assert headline(blocked_plan()) == (
        "BLOCKED",
        "At most 25% of the holders of Admin may be removed: 6 of 10 would be. Nothing was written.",
    )
    both = make_plan(verdicts=(TOO_MANY, PROTECTED))
    assert ". 1 more guard blocks it. Nothing was written." in headline(both).sentence


def test_an_approval_is_shown_with_its_decisions() -> None:
    assert "approved" not in dict(summary(make_plan()))
    plan = approved_plan()
    facts = dict(summary(plan))
    assert facts["created"] == "2026-11-02 02:30:00 UTC by mia"
    assert facts["approved"] == (
        "by Rita Levi (rita), 2026-11-02 02:30:00 UTC, effect: remove 2, add 1; "
        "1 change excluded, 1 held removal released; reviewed plan 77aa77aa77aa"
    )
    assert [row.detail for row in held_rows(plan)] == ["excluded by the reviewer: on leave"]
    assert plan.approval is not None
    large = approval_text(replace(plan.approval, confirmed_effect="remove 2009, add 1000"))
    assert "effect: remove 2,009, add 1,000; " in large
    alone = approval_text(replace(plan.approval, operator="RITA LEVI", excluded=0, released=()))
    assert alone.startswith("by Rita Levi, 2026-11-02 02:30:00 UTC, effect: remove 2, add 1; 0 changes excluded; ")


def test_drift_is_counted_since_a_run() -> None:
    assert dict(summary(make_plan()))["drift"] == "unknown: no holders of an earlier run to compare with"
    assert dict(summary(drifted_plan()))["drift"] == "2 changes since run 20261101T023000-77aa01"
    assert drift_text(Drift("r1")) == "nothing since run r1"
    assert [row.user for row in drift_rows(DRIFTED)] == [("", "kim@example.edu", 44), ("", "", 7)]
    assert len(list(drift_rows(DRIFTED, limit=1))) == 1


def test_the_headline_counts_held_removals() -> None:
    waiting = [
        (0, f"p{at}@example.edu", at, "Admin", Action.REMOVE, reason, "absent in run 1 of 3")
        for at, reason in enumerate((HeldReason.GRACE, HeldReason.REMOVALS_HELD), start=1)
    ]
    ready = make_plan(changes=(ADDED,), held=(HELD_ROW, *waiting))
    assert headline(ready).sentence == "0 removals, 1 addition; 2 removals held. Nothing was written yet."
    empty = make_plan(changes=(), held=(HELD_ROW, waiting[0]))
    assert headline(empty) == (
        "NOTHING TO DO",
        "Every difference is held, 1 removal among them. Nothing was written.",
    )


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (Policy(hold_removals=True, grace_runs=2), "; removals are held (hold_removals)"),
        (Policy(grace_runs=1), "does not give in 1 earlier run in a row (grace_runs)"),
        (Policy(mode=Mode.ADDITIVE, hold_removals=True), "never removes a role"),
    ],
)
def test_the_mode_shows_whether_removals_are_held(policy: Policy, text: str) -> None:
    assert dict(summary(replace(make_plan(), policy=policy)))["mode"].endswith(text)


def test_a_plan_blocked_by_its_removals_suggests_hold_removals() -> None:
    old = Verdict("max_age_hours", VerdictStatus.BLOCK, "too old", limit=24, value=25)
    assert "or plan with --hold-removals. If" in next_step(make_plan(verdicts=(TOO_MANY,)))[0]
    assert next_step(make_plan(verdicts=(TOO_MANY, PROTECTED)))[0].endswith("or plan with --hold-removals.")
    assert "--hold-removals" not in next_step(make_plan(verdicts=(TOO_MANY, old)))[0]


def test_the_summary_names_account_list_mode_and_time() -> None:
    facts = dict(summary(make_plan()))
    assert facts["account"] == "https://school.instructuremedia.com"
    assert facts["list"] == "lists/desired_roles.csv (120 rows, sha256 ab12ab12ab12)"
    assert facts["mode"].startswith("sync: ")
    assert facts["created"] == "2026-11-02 02:30:00 UTC"
    assert dict(summary(additive_plan()))["mode"].startswith("additive: ")


def test_requests() -> None:
    fewest = "minimum for the roles read: 5"
    assert requests_text(Requests({"search": 4, "get": 1}, 5)) == f"5 (search 4, get 1); {fewest}"
    assert requests_text(Requests({})) == "0"


def test_the_steps_of_a_read() -> None:
    requests, (label, text) = requests_rows(make_plan().requests)
    assert requests == ("requests", requests_text(make_plan().requests))
    assert (label, text.split("; ")) == (
        "read",
        [
            "Admin complete, 1 page, 10 holders",
            "Teacher scanned, 3 of 40 pages, 1,200 found",
            "1 single search, 0 found",
        ],
    )
    assert requests_rows(Requests({"put": 1})) == [("requests", "1 (put 1)")]


@pytest.mark.parametrize(
    ("verdicts", "words", "command"),
    [
        (PASSES, "apply exactly this plan", ("rolesync apply 'my plan.json'",)),
        ((TOO_MANY,), "override the guards for this plan", ("rolesync apply 'my plan.json'", f"--override {DIGEST}")),
        ((TOO_MANY, PROTECTED), "No override applies to protected_users.", ()),
    ],
)
def test_next_step(verdicts: tuple[Verdict, ...], words: str, command: tuple[str, ...]) -> None:
    plan = replace(make_plan(), verdicts=verdicts)
    sentence, lines = next_step(plan, "rolesync apply 'my plan.json'")
    assert words in sentence
    assert lines == command


def test_removals_that_a_reviewer_approved_need_no_other_check() -> None:
    assert next_step(make_plan())[0] == "Check each removal, then apply exactly this plan:"
    assert next_step(approved_plan())[0] == "Apply exactly this plan:"


def test_a_plan_that_sync_applies_needs_no_command() -> None:
    assert next_step(make_plan(), "") == ("", ())


def test_an_empty_plan_has_no_next_command() -> None:
    assert next_step(empty_plan()) == ("There is nothing to apply.", ())


def test_an_undo_plan_shows_no_list_and_no_mode() -> None:
    plan = replace(blocked_plan(), source=replace(make_plan().source, path="undo of run r1", undoes="r1"))
    facts = dict(summary(plan))
    assert facts["undoes"] == "run r1"
    assert not {"list", "mode"} & facts.keys()
    assert "--hold-removals" not in next_step(plan)[0]
    assert headline(replace(empty_plan(), source=plan.source)).sentence.startswith(
        "No effect of the run is left to undo"
    )


def test_the_one_next_step_is_the_right_one() -> None:
    saved = NextCommands(apply="rolesync apply p.json", review="rolesync review p.json")
    assert next_step(make_plan(), saved) == (
        "The settings ask for an approval. Have the plan reviewed:",
        ("rolesync review p.json",),
    )
    unsaved = replace(saved, save="rolesync plan l.csv -o p.json")
    assert next_step(make_plan(), unsaved)[1] == ("rolesync plan l.csv -o p.json",)
    old = replace(saved, replan="rolesync plan l.csv -o p.json", outdated="The list has changed.")
    assert next_step(make_plan(), old) == ("The list has changed. Make a new plan:", ("rolesync plan l.csv -o p.json",))
    assert next_step(empty_plan(), old) == ("There is nothing to apply.", ())


def test_the_guards_of_a_blocked_plan_are_overridden_in_a_saved_plan() -> None:
    blocked = make_plan(verdicts=(TOO_MANY,))
    commands = NextCommands(apply="rolesync apply p.json", save="rolesync plan l.csv -o p.json")
    assert next_step(blocked, commands)[1] == (
        "rolesync plan l.csv -o p.json; rolesync apply p.json",
        f"--override {blocked.digest}",
    )
    assert next_step(blocked, "")[1] == ()
    reviewed = NextCommands(review="rolesync review p.json")
    assert next_step(blocked, reviewed)[1] == ("rolesync review p.json",)


def test_a_fetched_list_shows_when() -> None:
    plan = make_plan()
    fetched = Fetched("https://x.edu/roles.csv", plan.created_at, "", plan.created_at, "not there")
    facts = dict(summary(replace(plan, source=replace(plan.source, fetched=fetched))))
    assert "last modified" in facts["list fetched"]
    assert "an earlier copy" in facts["list fetched"]
    assert "list fetched" not in dict(summary(plan))
