"""The JSON of a plan: the documented keys, one line for each element, and nothing that is not JSON."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest

from rolesync.model.frames import IMPACT, frame
from rolesync.model.periods import Period
from rolesync.model.plans import DomainCount
from rolesync.planner.decode import from_json
from rolesync.planner.digest import digest
from rolesync.planner.encode import to_json
from tests.planner.samples import FINDINGS, IMPACTED, PLAN, TEXT, assert_same
from tests.strategies import BIGGEST_ID


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
    assert content["guards"][7] == {
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
            "last_viewed": "2025-02-01T08:00:00Z",
            "note": None,
        },
        {**nothing, "user_id": BIGGEST_ID, "known": "nothing", "note": "Studio answered 403"},
    ]
    assert json.loads(TEXT)["impact"] is None
    assert digest(IMPACTED) == PLAN.digest
    assert_same(from_json(text), IMPACTED)


def test_an_impact_without_last_views_is_as_earlier_versions_wrote_it() -> None:
    assert IMPACTED.impact is not None
    text = to_json(replace(IMPACTED, impact=IMPACTED.impact.assign(last_viewed="")))
    assert "last_viewed" not in text
    impact = from_json(text).impact
    assert impact is not None
    assert impact["last_viewed"].tolist() == ["", ""]
    assert_same(from_json(to_json(replace(PLAN, impact=frame(IMPACT)))), replace(PLAN, impact=frame(IMPACT)))


def test_a_number_that_is_none_is_not_written() -> None:
    plan = replace(PLAN, policy=replace(PLAN.policy, max_removals_share=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(plan)


def test_the_days_of_changes_come_back_and_are_sealed() -> None:
    plan = PLAN
    assert '"periods"' not in to_json(plan)
    periods = {(3, "Admin"): Period(expires=date(2026, 6, 30)), (1, "Admin"): Period(date(2026, 7, 1))}
    dated = replace(plan, periods=periods)
    dated = replace(dated, digest=digest(dated))
    assert dated.digest != plan.digest
    assert from_json(to_json(dated)).periods == periods
    later = replace(dated, periods={**periods, (3, "Admin"): Period(expires=date(2026, 7, 30))})
    assert digest(later) != dated.digest


def test_facts_for_reviewers_come_back_are_not_sealed_and_are_left_out_if_there_are_none() -> None:
    assert not {"names", "domains"} & json.loads(to_json(PLAN)).keys()
    facts = replace(PLAN, names={7: "Grace", 3: "Bo"}, domains=(DomainCount("Admin", "lib.example.edu", 5),))
    assert digest(facts) == PLAN.digest
    assert_same(from_json(to_json(facts)), facts)
