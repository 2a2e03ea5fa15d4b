"""A plan with every kind of content, its JSON, and what the tests of the plan file share."""

from dataclasses import fields, replace
from hashlib import sha256

import pandas as pd

from rolesync.differ.diff import diff
from rolesync.model.findings import Finding
from rolesync.model.frames import DRIFT, IMPACT, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.live import ReadStep, Requests
from rolesync.model.plans import Drift, Plan, Policy
from rolesync.model.vocabulary import Completeness, Level, ReadMethod
from rolesync.planner.build import make_plan
from rolesync.planner.encode import to_json
from rolesync.planner.guards import judge
from tests.strategies import BIGGEST_ID, CREATED_AT, SOURCE, Row, User, listed, live_of

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
    plan = make_plan(
        account="https://school.example.com",
        created_at=CREATED_AT,
        source=SOURCE,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, desired.findings, GuardBaseline()),
        findings=desired.findings,
        requests=Requests({"search": 4, "get": 1}, 4, WAYS),
    )
    return replace(plan, drift=Drift("20260228T023000-aaaaaa", frame(DRIFT, drifted)))


PLAN = _plan()
TEXT = to_json(PLAN)


def assert_same(plan: Plan, expected: Plan) -> None:
    for field in fields(Plan):
        left, right = getattr(plan, field.name), getattr(expected, field.name)
        if isinstance(left, Drift):
            assert left.since == right.since
            left, right = left.changes, right.changes
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right, check_categorical=False)
        else:
            assert left == right, field.name


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
            "last_viewed": ["2025-02-01T08:00:00Z", ""],
            "note": ["", "Studio answered 403"],
        },
    ),
)


def resealed(text: str) -> str:
    """The text with a checksum that fits, as only a deliberate forger would make it."""
    body = text.rpartition('"checksum": ')[0]
    return f'{body}"checksum": "{sha256(body.encode()).hexdigest()}"\n}}\n'
