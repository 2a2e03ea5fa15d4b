"""A plan's JSON: the same plan comes back, and nothing but what `to_json` wrote is taken for one."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from rolesync.differ.diff import diff
from rolesync.errors import Exit, PlanRefusedError
from rolesync.model.findings import Finding
from rolesync.model.frames import DRIFT, IMPACT, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.live import ReadStep, Requests
from rolesync.model.plans import Changes, Drift, Plan, Policy, RoleCount
from rolesync.model.vocabulary import Completeness, Level, ReadMethod
from rolesync.planner.build import make_plan
from rolesync.planner.encode import digest, from_json, to_json
from rolesync.planner.guards import judge
from tests.strategies import BIGGEST_ID, CREATED_AT, SOURCE, Row, User, listed, live_of, plans

FINDINGS = (Finding(Level.WARNING, "odd", "looked \u201codd\u201d", 3, "R\u00f6lle"), Finding(Level.INFO, "bom", "BOM"))
WAYS = (
    ReadStep(ReadMethod.HOLDERS, "Admin", 2, 2, 51),
    ReadStep(ReadMethod.SCAN, "Teacher", 1, 9, 3),
    ReadStep(ReadMethod.ONE_BY_ONE, "", 1, 1, 0),
)


def _plan() -> Plan:
    policy = Policy(("Admin", "Teacher"), max_removals_share=0.5, protected_users=("9",))
    live = live_of(
        [
            User(BIGGEST_ID, "Ann@example.edu", "Ann \u5f20", frozenset({"Observer"})),
            User(2, "", "", frozenset({"Admin"})),
        ]
    )
    desired = listed([Row(2, "ann@example.edu", 0, "Admin"), Row(3, "new@example.edu", 0, "Teacher")], FINDINGS)
    changes = diff(desired, live, policy)
    drifted = {"user_id": [7, 8], "email": ["", "bo@example.edu"], "role": ["Admin"] * 2, "action": ["add", "remove"]}
    made = make_plan(
        account="https://school.example.com",
        created_at=CREATED_AT,
        source=SOURCE,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, desired.findings, GuardBaseline()),
        findings=desired.findings,
        requests=Requests({"search": 4, "get": 1}, 4, WAYS),
    )
    return replace(made, drift=Drift("20260228T023000-aaaaaa", frame(DRIFT, drifted)))


PLAN = _plan()
TEXT = to_json(PLAN)


def assert_same(one: Plan, other: Plan) -> None:
    for field in fields(Plan):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, Drift):
            assert left.since == right.since
            left, right = left.changes, right.changes
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right, check_categorical=False)
        else:
            assert left == right, field.name


def test_the_json_is_the_documented_one() -> None:
    content = json.loads(TEXT)
    assert list(content) == [
        *("rolesync_plan", "digest", "status", "account", "created_at", "made_by", "approval", "source", "policy"),
        *("roles", "guards", "changes", "held", "waiting", "findings", "drift", "impact", "requests", "checksum"),
    ]
    assert content["rolesync_plan"] == 1
    assert content["digest"] == PLAN.digest
    assert content["status"] == "ready"
    assert content["created_at"] == "2026-03-01T02:30:00Z"
    assert content["source"] == {
        "path": "lists/desired.csv",
        "sha256": "ab" * 32,
        "rows": 7,
        "modified_at": "2026-03-01T01:00:00Z",
        "listed": {"Admin": 5, "Teacher": 2},
        "undoes": None,
    }
    assert content["policy"] == {
        "managed_roles": ["Admin", "Teacher"],
        "mode": "sync",
        "chunk_size": 50,
        "owner": None,
        "protected_users": ["9"],
        "max_removals_share": 0.5,
        "max_removals": 50,
        "min_holders": 1,
        "max_shrink_share": 0.5,
        "max_age_hours": None,
        "hold_removals": False,
        "grace_runs": 0,
        "repeat_runs": 3,
    }
    assert content["roles"][0] == {"role": "Admin", "before": 1, "additions": 1, "removals": 1, "after": 1}
    assert content["guards"][5] == {
        "rule": "max_removals",
        "status": "pass",
        "role": "Admin",
        "limit": 50,
        "value": 1,
        "message": "removals of Admin: 1, at most 50 allowed",
        "overridable": True,
    }
    assert content["changes"] == [
        {
            "user_id": BIGGEST_ID,
            "email": "Ann@example.edu",
            "name": "Ann \u5f20",
            "action": "add",
            "role": "Admin",
            "reason": "listed",
            "row": 2,
            "before": ["Observer"],
        },
        {
            "user_id": 2,
            "email": None,
            "name": None,
            "action": "remove",
            "role": "Admin",
            "reason": "no_email",
            "row": None,
            "before": ["Admin"],
        },
    ]
    assert content["held"] == [
        {
            "row": 3,
            "email": "new@example.edu",
            "user_id": None,
            "role": "Teacher",
            "action": "add",
            "reason": "not_in_studio",
            "detail": "not in Studio yet; the next run looks again",
        }
    ]
    assert content["findings"][1] == {"level": "info", "row": None, "column": None, "code": "bom", "message": "BOM"}
    assert content["drift"] == {
        "since": "20260228T023000-aaaaaa",
        "changes": [
            {"user_id": 7, "email": None, "role": "Admin", "action": "add"},
            {"user_id": 8, "email": "bo@example.edu", "role": "Admin", "action": "remove"},
        ],
    }
    assert content["requests"] == {
        "by_kind": {"search": 4, "get": 1},
        "total": 5,
        "fewest": 4,
        "ways": [
            {"how": "holders", "role": "Admin", "requests": 2, "of": 2, "people": 51},
            {"how": "scan", "role": "Teacher", "requests": 1, "of": 9, "people": 3},
            {"how": "one_by_one", "role": None, "requests": 1, "of": 1, "people": 0},
        ],
    }


def test_each_element_has_its_line() -> None:
    assert TEXT.isascii()
    lines = TEXT.splitlines(keepends=True)
    elements = len(PLAN.roles) + len(PLAN.verdicts) + len(PLAN.changes) + len(PLAN.held) + len(FINDINGS)
    assert len(lines) == 19 + 2 + 6 + elements + len(PLAN.drift.changes)  # keys, outer braces, the ends of six lists
    above = "".join(lines[:-2])
    assert lines[-2] == f'"checksum": "{sha256(above.encode()).hexdigest()}"\n'


def test_a_fixed_plan_comes_back() -> None:
    assert_same(from_json(TEXT), PLAN)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_every_plan_comes_back(plan: Plan) -> None:
    text = to_json(plan)
    back = from_json(text)
    assert_same(back, plan)
    assert to_json(back) == text


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.sampled_from([*'09afz"{}[],: \\\n', "\u00e9", "\ud800", "\x00", ""]))
@example(len(TEXT) - 1, "")
@example(0, "\ufeff")
def test_any_changed_character_is_refused(at: int, put: str) -> None:
    changed = TEXT[:at] + put + TEXT[at + 1 :]
    if changed != TEXT:
        with pytest.raises(PlanRefusedError):
            from_json(changed)


def resealed(text: str) -> str:
    """The text with a checksum that fits, as only somebody who means it would make it."""
    body = text.rpartition('"checksum": ')[0]
    return f'{body}"checksum": "{sha256(body.encode()).hexdigest()}"\n}}\n'


def test_sealing_again_is_what_to_json_does() -> None:
    assert resealed(TEXT) == TEXT


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"rolesync_plan": 1', '"rolesync_plan": 2', "format version 2, this rolesync reads 1 only"),
        ('"rolesync_plan": 1', '"rolesync_plan": true', "format version True"),
        ('"rolesync_plan": 1', '"plan": 1', "no key rolesync_plan"),
        ('"account": "', '"acount": "', r"\['account', 'acount'\].* in its top level"),
        ('"rows": 7', '"rows": 7, "more": 1', r"\['more'\].* in source"),
        ('"rows": 7', '"rows": 7.0', "7.0 as rows in source"),
        ('"rows": 7', '"rows": 7, "rows": 7', "a key twice: 'rows'"),
        ('"modified_at": "2026', '"modified_at": "year 2026', "as modified_at in source, which is not a time"),
        ('01:00:00Z"', '01:00:00"', "as modified_at in source, which has no time zone"),
        ('"listed": {"Admin": 5', '"listed": {"Admin": "5"', "'5' as Admin in source.listed"),
        ('"listed": {"Admin": 5', '"listed": {"Admin": 6', "other than its digest"),
        ('"hold_removals": false', '"hold_removals": 0', "0 as hold_removals in policy"),
        ('"max_age_hours": null', '"max_age_hours": 9', "other than its digest"),
        ('"chunk_size": 50', '"chunk_size": true', "True as chunk_size in policy"),
        ('"mode": "sync"', '"mode": "both"', "'both' as mode in policy"),
        ('["Admin", "Teacher"]', '["Admin", 7]', "other than text in policy.managed_roles"),
        ('"max_removals_share": 0.5', '"max_removals_share": NaN', "nan as max_removals_share"),
        ('"max_removals_share": 0.5', '"max_removals_share": 1e999', "inf as max_removals_share"),
        (f'"user_id": {BIGGEST_ID}', f'"user_id": {BIGGEST_ID + 1}', r"as user_id in changes\[0\]"),
        ('"user_id": 2,', '"user_id": "2",', r"'2' as user_id in changes\[1\]"),
        ('"user_id": 2,', '"user_id": -2,', r"-2 as user_id in changes\[1\]"),
        ('"user_id": 2,', '"user_id": null,', r"None as user_id in changes\[1\]"),
        ('"action": "remove"', '"action": "delete"', r"'delete' as action in changes\[1\]"),
        ('"action": "remove"', '"action": ["remove"]', r"as action in changes\[1\]"),
        ('"reason": "no_email"', '"reason": "whim"', r"'whim' as reason in changes\[1\]"),
        ('"before": ["Observer"]', '"before": [["Observer"]]', r"other than text in before in changes\[0\]"),
        ('"reason": "not_in_studio"', '"reason": "listed"', r"'listed' as reason in held\[0\]"),
        ('"level": "info"', '"level": "fatal"', r"'fatal' as level in findings\[1\]"),
        ('"by_kind": {"search": 4', '"by_kind": {"search": "4"', "'4' as search in requests.by_kind"),
        ('"how": "scan"', '"how": "luck"', r"'luck' as how in requests.ways\[1\]"),
        ('"of": 9', '"of": -9', r"-9 as of in requests.ways\[1\]"),
        (', "of": 9', "", r"lacks the keys \['of'\]"),
        ('"created_at": "2026', '"created_at": "year 2026', "not a time"),
        ("02:30:00Z", "02:30:00", "no time zone"),
        ('"findings": [\n{', '"findings": [\n7,\n{', r"in findings\[0\]"),
        ('"email": null', '"email": ""', "not spelled as rolesync writes"),
        ("02:30:00Z", "02:30:00+00:00", "not spelled as rolesync writes"),
        ('"total": 5', '"total": 6', "not spelled as rolesync writes"),
        ('"status": "ready"', '"status": "empty"', "not spelled as rolesync writes"),
        ('"rows": 7', '"rows":  7', "not spelled as rolesync writes"),
        ('"role": "Admin", "reason": "listed"', '"role": "Teacher", "reason": "listed"', "other than its digest"),
        ('"limit": 50, "value": 1', '"limit": 50, "value": 0', "other than its digest"),
        ('"status": "pass"', '"status": "block"', "other than its digest"),
        ("looked", "LOOKED", "other than its digest"),
        ('"before": 1', '"before": 9', "other than its digest"),
        (PLAN.digest, "0" * 64, "other than its digest 000000000000 "),
    ],
)
def test_a_changed_plan_is_refused_even_with_a_fitting_checksum(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(PlanRefusedError, match=said) as caught:
        from_json(resealed(TEXT.replace(old, new, 1)))
    assert "make a new plan" in caught.value.hint
    assert caught.value.exit_code is Exit.BLOCKED


@pytest.mark.parametrize("make", [lambda text: text.replace("Ann@", "Eve@"), lambda text: text.replace("\n", "\r\n")])
def test_a_changed_plan_is_refused_by_its_checksum(make: Callable[[str], str]) -> None:
    with pytest.raises(PlanRefusedError, match="changed after it was written"):
        from_json(make(TEXT))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("email,role\na@b,Admin\n", "not JSON"),
        (TEXT[:-40], "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5_000, "not JSON"),
        ("[]", "not a plan"),
        ("7", "not a plan"),
        ("{}", "not a plan"),
        ("\ufeff" + TEXT, "outside ASCII"),
    ],
    ids=range(9),
)
def test_what_is_no_plan_is_refused(text: str, said: str) -> None:
    with pytest.raises(PlanRefusedError, match=said):
        from_json(text)


WAITING = PLAN.changes[PLAN.changes["action"] == "remove"].reset_index(drop=True)


def sealed(**parts: Any) -> str:
    """The plan with other parts and both seals on them, as only somebody who means it would make it."""
    plan = replace(PLAN, **parts)
    return to_json(replace(plan, digest=digest(plan)))


def counted(additions: int = 1, removals: int = 1) -> tuple[RoleCount, ...]:
    return (replace(PLAN.roles[0], additions=additions, removals=removals), *PLAN.roles[1:])


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            {"policy": replace(PLAN.policy, managed_roles=("Teacher",)), "roles": PLAN.roles[1:]},
            r"has the role 'Admin' in changes\[0\], but manages only 'Teacher'",
        ),
        (
            {"releasable_removals": WAITING.assign(role=pd.Series(["Own\u202eer"], dtype="category"))},
            r"has the role 'Own\\u202eer' in waiting\[0\], but manages only 'Admin', 'Teacher'",
        ),
        (
            {"releasable_removals": PLAN.changes},
            r"has an addition in waiting\[0\], where only removals wait",
        ),
        ({"roles": PLAN.roles[:1]}, "counts in roles the holders of 'Admin', but manages 'Admin', 'Teacher'"),
        ({"roles": PLAN.roles * 2}, "counts in roles the holders of 'Admin', 'Teacher', 'Admin', 'Teacher', but"),
        ({"roles": (*PLAN.roles, replace(PLAN.roles[0], role="Owner"))}, "'Owner', but manages"),
        ({"roles": counted(removals=0)}, r"counts in roles\[0\] 1 added and 0 removed, but adds 1 and removes 1"),
        ({"roles": counted(additions=7)}, r"counts in roles\[0\] 7 added and 1 removed, but adds 1 and removes 1"),
    ],
)
def test_a_plan_that_does_more_than_it_says_is_refused_even_under_its_seals(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanRefusedError, match=said) as caught:
        from_json(sealed(**parts))
    assert "make a new plan" in caught.value.hint


def test_what_waits_is_read_back() -> None:
    assert len(from_json(sealed(releasable_removals=WAITING)).releasable_removals) == 1


IMPACTED = replace(
    PLAN,
    impact=frame(
        IMPACT,
        {
            "user_id": [2, BIGGEST_ID],
            "known": [Completeness.AT_LEAST, Completeness.NOTHING],
            "owned": [0, 0],
            "reachable": [3, 0],
            "size": [0, 0],
            "duration": [0, 0],
            "newest": ["", ""],
            "note": ["", "Studio answered 403"],
        },
    ),
)


def test_impact_has_zero_for_none_and_null_for_not_known_and_is_not_sealed() -> None:
    text = to_json(IMPACTED)
    nothing = dict.fromkeys(("owned", "reachable", "size", "duration", "newest"))
    assert json.loads(text)["impact"] == [
        {
            **nothing,
            "user_id": 2,
            "known": "at_least",
            "owned": 0,
            "reachable": 3,
            "size": 0,
            "duration": 0,
            "note": None,
        },
        {**nothing, "user_id": BIGGEST_ID, "known": "nothing", "note": "Studio answered 403"},
    ]
    assert json.loads(TEXT)["impact"] is None
    assert digest(IMPACTED) == PLAN.digest
    assert_same(from_json(text), IMPACTED)
    assert_same(from_json(to_json(replace(PLAN, impact=frame(IMPACT)))), replace(PLAN, impact=frame(IMPACT)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"known": "nothing"', '"known": "little"', r"'little' as known in impact\[1\]"),
        ('"known": "nothing", "owned": null', '"known": "nothing", "owned": 0', "not spelled as rolesync writes"),
        ('"reachable": 3', '"reachable": -3', r"-3 as reachable in impact\[0\]"),
        ('"impact": [', '"impact": 7, "x": [', "lacks the keys"),
    ],
)
def test_a_changed_impact_is_refused(old: str, new: str, said: str) -> None:
    text = to_json(IMPACTED)
    assert old in text
    with pytest.raises(PlanRefusedError, match=said):
        from_json(resealed(text.replace(old, new, 1)))


def test_half_a_character_from_studio_survives() -> None:
    odd = PLAN.changes.assign(name=pd.Series(["\ud83d", "x"], dtype="str"))
    plan = make_plan(**_parts(changes=odd))
    assert_same(from_json(to_json(plan)), plan)


def test_a_number_that_is_none_is_not_written() -> None:
    plan = replace(PLAN, policy=replace(PLAN.policy, max_removals_share=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(plan)


def _parts(changes: pd.DataFrame) -> dict[str, Any]:
    return {
        "account": PLAN.account,
        "created_at": PLAN.created_at,
        "source": PLAN.source,
        "policy": PLAN.policy,
        "changes": Changes(changes, PLAN.held, PLAN.roles),
        "verdicts": PLAN.verdicts,
        "findings": PLAN.findings,
        "requests": PLAN.requests,
    }
