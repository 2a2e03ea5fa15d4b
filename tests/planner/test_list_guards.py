"""Guards on the list: its errors, its age, and how much shorter it is than the list last applied."""

from dataclasses import replace

import pytest

from rolesync.model.desired import Desired
from rolesync.model.findings import Finding
from rolesync.model.history import GuardBaseline
from rolesync.model.lists import Fetched
from rolesync.model.plans import Policy, Verdict
from rolesync.model.vocabulary import Level, Mode, VerdictStatus
from rolesync.planner.list_guards import with_age_limit
from tests.planner.judging import BLOCK, PASS, UNKNOWN, WARN, admins, keeping, verdict
from tests.strategies import CREATED_AT, SOURCE


def shrunk(before: int, now: int, policy: Policy) -> Verdict:
    users = admins(3)
    baseline = GuardBaseline(listed={"Admin": now, "Teacher": 1}, applied={"Admin": before, "Observer": 900})
    return verdict("max_shrink_share", users, keeping(users), policy, baseline)


def test_errors_in_the_list_block_without_override() -> None:
    users = admins(1)
    errors = [Finding(Level.ERROR, "bad", "a bad cell", row) for row in (9, None, 4)]
    desired = Desired(keeping(users).listed, (*errors, Finding(Level.WARNING, "odd", "", 5)), SOURCE)
    result = verdict("input_refused", users, desired, Policy())
    assert (result.status, result.value, result.limit, result.overridable) == (BLOCK, 3, 0, False)
    assert "errors in the list: 3 (row 4, 9)" in result.message
    assert verdict("input_refused", users, keeping(users), Policy()).status is PASS
    held = Desired(keeping(users).listed, (Finding(Level.HELD, "bad", "a bad cell", 9),), SOURCE)
    result = verdict("input_refused", users, held, Policy())
    assert (result.status, result.value) == (WARN, 0)
    assert "(row 9)" in result.message


@pytest.mark.parametrize(
    ("before", "now", "limit", "status"),
    [
        (100, 71, 0.29, PASS),  # 0.29 * 100 is less than 29 in floating point
        (100, 70, 0.29, BLOCK),
        (10, 5, 0.5, PASS),
        (10, 4, 0.5, BLOCK),
        (10, 0, 1.0, PASS),
        (4, 3, 0.2, PASS),  # a single removal is allowed
        (4, 2, 0.2, BLOCK),
        (4, 3, 0.0, BLOCK),  # unless no removal is allowed
        (3, 3, 0.0, PASS),
        (3, 900, 0.0, PASS),
    ],
)
def test_how_much_the_list_may_shrink(before: int, now: int, limit: float, status: VerdictStatus) -> None:
    result = shrunk(before, now, Policy(max_shrink_share=limit))
    share = max(0, before - now) / before
    assert (result.status, result.limit, result.role, result.overridable) == (status, limit, "", True)
    assert result.value == pytest.approx(share)
    assert f"in the list: {now}, in the list last applied: {before} ({share:.0%} fewer)" in result.message
    allowed = "any share is allowed" if limit == 1 else f"at most {limit:.0%} fewer allowed"
    assert allowed in result.message
    assert ("change max_shrink_share" in result.message) == (status is BLOCK)
    assert ("one fewer is allowed" in result.message) == ((before, now, limit) == (4, 3, 0.2))


@pytest.mark.parametrize("policy", [Policy(mode=Mode.ADDITIVE), Policy(hold_removals=True)])
def test_a_shrunk_list_only_warns_where_nobody_can_be_removed(policy: Policy) -> None:
    result = shrunk(100, 3, policy)
    assert (result.status, result.value) == (WARN, 0.97)
    assert "check that the list is complete" in result.message


@pytest.mark.parametrize(
    "baseline",
    [
        UNKNOWN,
        GuardBaseline(listed={"Admin": 1}),
        GuardBaseline({"Admin": 1}, {"Teacher": 90}),
        GuardBaseline({}, {"Admin": 9}),
    ],
)
def test_a_list_without_an_earlier_list_cannot_have_shrunk(baseline: GuardBaseline) -> None:
    users = admins(3)
    result = verdict("max_shrink_share", users, keeping(users), Policy(max_shrink_share=0), baseline)
    assert (result.status, result.limit, result.value) == (PASS, 0, None)
    assert "no list of these roles was applied before" in result.message


@pytest.mark.parametrize(
    ("age", "limit", "status", "message"),
    [
        (24.0, 24, PASS, "the list is 24 hours old, at most 24 allowed"),
        (24.1, 24, BLOCK, "the list is 24.1 hours old, at most 24 allowed"),
        (1234.56, 0.5, BLOCK, "1,234.6 hours old, at most 0.5 allowed"),
        (-0.1, 24, PASS, "the list is less than an hour old, at most 24 allowed"),
        (0.001, None, PASS, "the list is less than an hour old, any age is allowed"),
        (0.6, 0.5, BLOCK, "the list is 0.6 hours old, at most 0.5 allowed"),
        (1.04, 24, PASS, "the list is 1 hour old, at most 24 allowed"),
        (-0.4, 24, BLOCK, "the list was changed less than an hour in the future"),
        (-2.0, 24, BLOCK, "the list was changed 2 hours in the future"),
        (None, 24, WARN, "the age of the list is unknown"),
        (None, None, PASS, "any age is allowed"),
        (9000.0, None, PASS, "9,000 hours old, any age is allowed"),
    ],
)
def test_how_old_the_list_may_be(age: float | None, limit: float | None, status: VerdictStatus, message: str) -> None:
    users = admins(3)
    result = verdict("max_age_hours", users, keeping(users), Policy(max_age_hours=limit), GuardBaseline(age_hours=age))
    assert (result.status, result.limit, result.value, result.role, result.overridable) == (
        status,
        limit,
        age,
        "",
        True,
    )
    assert message in result.message
    assert ("change max_age_hours or override" in result.message) == (status is BLOCK)


def test_a_fetched_list_has_an_age_limit_even_without_a_setting() -> None:
    fetched = replace(SOURCE, fetched=Fetched("https://lists.example/a.csv", CREATED_AT))
    assert with_age_limit(Policy(), fetched).max_age_hours == 48
    assert with_age_limit(Policy(max_age_hours=5), fetched).max_age_hours == 5
    assert with_age_limit(Policy(), SOURCE).max_age_hours is None
