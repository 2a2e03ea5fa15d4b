"""Plans, runs and lists to render: one of each kind, and builders for the odd ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from rolesync.model.desired import Desired, ListRows
from rolesync.model.explanation import (
    Explanation,
    ListedRow,
    NextStep,
    PastAbsence,
    PastChange,
    PastDecision,
    PersonNow,
)
from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DESIRED, DRIFT, HELD, OUTCOMES, Columns, frame
from rolesync.model.json_forms import source_json
from rolesync.model.keys import format_roles
from rolesync.model.lists import Source
from rolesync.model.live import ReadStep, Requests
from rolesync.model.plans import Approval, Drift, Plan, Policy, Released, RoleCount, Verdict
from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.run_report import RunSummary
from rolesync.model.runs import Check, Proof, Run
from rolesync.model.vocabulary import Action, Level, Mode, OutcomeStatus, ReadMethod, VerdictStatus

MOMENT = datetime(2026, 11, 2, 2, 30, 0, tzinfo=UTC)
DIGEST = "9c1f" * 16
SOURCE = Source("lists/desired_roles.csv", "ab12" * 16, 120, datetime(2026, 11, 2, 1, 0, tzinfo=UTC), {"Admin": 118})
MARKUP = "[bold red]<script>alert('x')</script>|`*_#@team & \"q\"[/bold red]"
ESCAPES = "a\x1b[31mred\x07\r\nb\tc"
RTL = "admin\u202egro.live\u200b@x\u2066"
FORMULA = "=cmd|' /C calc'!A0"
HUGE = "x" * 1_000_000
HOSTILE = (MARKUP, ESCAPES, RTL, FORMULA, "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\ud800 lone", HUGE)
SHOWN_HOSTILE = (*HOSTILE[:-1], "x" * 1_000)  # as a page shows them: a huge text is cut short

REMOVED = (
    7,
    "grace@example.edu",
    "Grace Hopper",
    Action.REMOVE,
    "Admin",
    Reason.NOT_LISTED,
    0,
    format_roles(["Admin"]),
)
MOVED = (
    12,
    "ada@example.edu",
    "Ada Lovelace",
    Action.REMOVE,
    "Admin",
    Reason.LISTED_WITHOUT_ROLE,
    5,
    format_roles(["Admin", "Teacher"]),
)
ADDED = (31, "zoe@example.edu", "Zoë Ångström", Action.ADD, "Admin", Reason.LISTED, 9, format_roles(["Student"]))
HELD_ROW = (
    14,
    "new@example.edu",
    0,
    "Admin",
    Action.ADD,
    HeldReason.NOT_IN_STUDIO,
    "Studio doesn't know this address yet; tried again on the next run.",
)
FINDINGS = (
    Finding(Level.WARNING, "unmanaged_role", "Teacher is not a managed role, so it is left alone.", 4, "Role"),
    Finding(Level.WARNING, "unmanaged_role", "Teacher is not a managed role, so it is left alone.", 6, "Role"),
    Finding(Level.INFO, "extra_column", "The column note is not read.", None, "note"),
)
PASSES = (
    Verdict("max_removals_share", VerdictStatus.PASS, "2 of 10 holders lose Admin; 25% may.", "Admin", 0.25, 0.2),
    Verdict("max_removals", VerdictStatus.PASS, "2 people lose Admin; 50 may.", "Admin", 50, 2),
)
OWNER = Verdict("owner", VerdictStatus.WARN, "No owner is set, so nobody watches over the token's own Admin.")
TOO_MANY = Verdict(
    "max_removals_share",
    VerdictStatus.BLOCK,
    "6 of 10 holders would lose Admin, which is 60%; at most 25% may. Check the list, or raise max_removals_share.",
    "Admin",
    0.25,
    0.6,
)
PROTECTED = Verdict(
    "protected_users",
    VerdictStatus.BLOCK,
    "grace@example.edu is protected, but would lose Admin.",
    limit=0,
    value=1,
    overridable=False,
)


def columns(kinds: Columns, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Turn rows into the columns of a frame.

    Categories are coded by identity first, as pandas would read each of a thousand texts of 1 MB from end to end.
    """
    values = {name: [row[at] for row in rows] for at, name in enumerate(kinds)}
    return {name: _coded(values[name]) if kind == "category" else values[name] for name, kind in kinds.items()}


def _coded(values: Sequence[str]) -> "pd.Categorical[str]":
    categories = sorted(set(values))
    places = {value: place for place, value in enumerate(categories)}
    return pd.Categorical.from_codes([places[value] for value in values], pd.Index(categories))


WAYS = (
    ReadStep(ReadMethod.HOLDERS, "Admin", 1, 1, 10),
    ReadStep(ReadMethod.SCAN, "Teacher", 3, 40, 1_200),
    ReadStep(ReadMethod.ONE_BY_ONE, "", 1, 1, 0),
)


def make_plan(
    changes: Sequence[Sequence[object]] = (ADDED, MOVED, REMOVED),
    held: Sequence[Sequence[object]] = (HELD_ROW,),
    verdicts: Sequence[Verdict] = (*PASSES, OWNER),
    findings: Sequence[Finding] = FINDINGS,
) -> Plan:
    actions = [row[3] for row in changes]
    return Plan(
        account="https://school.instructuremedia.com",
        created_at=MOMENT,
        source=SOURCE,
        policy=Policy(),
        roles=(RoleCount("Admin", 10, actions.count(Action.ADD), actions.count(Action.REMOVE)),),
        verdicts=tuple(verdicts),
        changes=frame(CHANGES, columns(CHANGES, changes)),
        held=frame(HELD, columns(HELD, held)),
        findings=tuple(findings),
        requests=Requests({"search": 4, "get": 1}, 5, WAYS),
        digest=DIGEST,
    )


APPROVAL = Approval("Rita Levi", "rita", MOMENT, "remove 2, add 1", "77aa" * 16, 1, (Released(7, "Admin", "has left"),))


def approved_plan() -> Plan:
    """Make an approved plan, with one change excluded and one held removal released."""
    out = (3, "bo@example.edu", 77, "Admin", Action.REMOVE, HeldReason.EXCLUDED, "on leave")
    return replace(make_plan(held=(out,)), planned_by="mia", approval=APPROVAL)


def empty_plan() -> Plan:
    return make_plan(changes=(), held=(), verdicts=PASSES, findings=())


def blocked_plan() -> Plan:
    return make_plan(verdicts=(*PASSES, OWNER, TOO_MANY))


def plan_of(*rows: tuple[int, Action, str, list[str]]) -> Plan:
    """A plan with these changes: user id, action, role, and the roles before."""
    cells = [
        (user, "", f"P{user}", act, role, Reason.LISTED, 0, format_roles(roles)) for user, act, role, roles in rows
    ]
    return replace(make_plan(), changes=frame(CHANGES, columns(CHANGES, cells)))


def additive_plan() -> Plan:
    plan = make_plan(changes=(ADDED,))
    return replace(plan, policy=replace(plan.policy, mode=Mode.ADDITIVE))


def big_plan(removals: int, additions: int) -> Plan:
    """People numbered from 1, removals first; the sizes are free to be large."""
    total = removals + additions
    numbers = range(1, total + 1)
    changes = frame(
        CHANGES,
        {
            "user_id": list(numbers),
            "email": [f"person{number}@example.edu" for number in numbers],
            "name": [f"Person Number {number}" for number in numbers],
            "action": [Action.REMOVE] * removals + [Action.ADD] * additions,
            "role": ["Admin"] * total,
            "reason": [Reason.NOT_LISTED] * removals + [Reason.LISTED] * additions,
            "row": [0] * removals + [7] * additions,
            "before": [format_roles(["Admin"])] * removals + [format_roles([])] * additions,
        },
    )
    return replace(make_plan(), changes=changes, roles=(RoleCount("Admin", removals + 5, additions, removals),))


DRIFTED = Drift(
    "20261101T023000-77aa01",
    frame(
        DRIFT,
        {
            "user_id": [44, 7],
            "email": ["kim@example.edu", ""],
            "role": ["Admin", "Admin"],
            "action": [Action.ADD, Action.REMOVE],
        },
    ),
)


def drifted_plan() -> Plan:
    return replace(make_plan(), drift=DRIFTED)


def hostile_plan(texts: Sequence[str] = HOSTILE) -> Plan:
    """Every hostile text in every place that a text can come from."""
    changes = [
        (number, text, text, action, text, Reason.LISTED, number, format_roles([text]))
        for action in (Action.REMOVE, Action.ADD)
        for number, text in enumerate(texts, start=1)
    ]
    held = [
        (number, text, 0, text, Action.ADD, HeldReason.AMBIGUOUS, text) for number, text in enumerate(texts, start=1)
    ]
    findings = [Finding(Level.WARNING, text, text, 1, text) for text in texts]
    verdicts = [Verdict(text, VerdictStatus.BLOCK, text, text, 1, 2) for text in texts]
    plan = make_plan(changes, held, verdicts, findings)
    return replace(
        plan,
        account=MARKUP,
        source=replace(SOURCE, path=RTL + ESCAPES),
        roles=tuple(RoleCount(text, 1, 0, 1) for text in texts),
        requests=Requests({MARKUP: 1}, 1, tuple(ReadStep(ReadMethod.SCAN, text, 1, 2, 3) for text in texts)),
        digest=ESCAPES,
        drift=Drift(MARKUP, frame(DRIFT, columns(DRIFT, [(1, text, text, act) for act in Action for text in texts]))),
    )


def make_run(
    outcomes: Sequence[Sequence[object]] = (
        (*ADDED, OutcomeStatus.DONE, format_roles(["Admin", "Student"]), ""),
        (*MOVED, OutcomeStatus.DONE, format_roles(["Teacher"]), ""),
    ),
    proof: Proof | None = Proof({"Admin": 9}, ()),  # noqa: B008  # frozen
) -> Run:
    return Run(
        run_id="20261102T023000Z-4f2a",
        account="https://school.instructuremedia.com",
        plan_digest=DIGEST,
        started_at=MOMENT,
        finished_at=MOMENT.replace(minute=31),
        outcomes=frame(OUTCOMES, columns(OUTCOMES, outcomes)),
        proof=proof,
        requests=Requests({"put": 1, "get": 2}),
    )


def failed_run() -> Run:
    return make_run(
        (
            (*ADDED, OutcomeStatus.FAILED, "", "404 from PUT /users/roles: The user(s) was not found"),
            (*MOVED, OutcomeStatus.UNKNOWN, format_roles(["Admin", "Teacher"]), "the answer was cut off"),
            (*REMOVED, OutcomeStatus.NOT_SENT, "", "the run was interrupted"),
        ),
        Proof({"Admin": 10}, ("#31 lacks Admin", "#7 still has Admin")),
    )


def make_desired(findings: Sequence[Finding] = FINDINGS) -> Desired:
    rows = [
        (2, "ada@example.edu", 0, "Teacher"),
        (3, "grace@example.edu", 7, "Admin"),
        (4, "", 2**63 - 1, "Admin"),
    ]
    return Desired(ListRows.of(frame(DESIRED, columns(DESIRED, rows))), tuple(findings), SOURCE)


SUMMARIES = [
    RunSummary(
        "20261102T023000Z-4f2a",
        "apply",
        "2026-11-02T02:30:00.000000+00:00",
        "2026-11-02T02:31:00.000000+00:00",
        "incomplete",
        DIGEST,
        SOURCE.path,
        {"additions": 1, "removals": 2, "done": 2, "failed": 1, "unknown": 0, "not_sent": 0},
    ),
    RunSummary(
        "20261101T023000Z-77c0",
        "plan",
        "2026-11-01T02:30:00.000000+00:00",
        "",
        "planned",
        DIGEST,
        SOURCE.path,
        {"additions": 1, "removals": 2},
    ),
]

RECORDS = [
    {
        "seq": 1, "time": "2026-11-02T02:30:00.000000+00:00", "event": "run.start", "run": "r1", "digest": DIGEST,
        "account": "https://school.instructuremedia.com", "source": source_json(SOURCE), "additions": 1, "removals": 1,
        "overridden": [],
    },
    {
        "seq": 2, "time": "2026-11-02T02:30:01.000000+00:00", "event": "intent", "run": "r1", "chunk": 1, "request": 1,
        "actions": [
            {"user_id": 31, "action": "add", "role": "Admin", "email": "zoe@example.edu", "row": 9},
            {"user_id": 7, "action": "remove", "role": "Admin", "email": "grace@example.edu", "row": 0},
        ],
        "before": {"31": ["Student"], "7": ["Admin"]},
    },
    {
        "seq": 3, "time": "2026-11-02T02:30:02.000000+00:00", "event": "outcome", "run": "r1", "chunk": 1, "request": 1,
        "status": 200, "seconds": 0.25, "after": {"31": ["Admin", "Student"], "7": []}, "error": "",
    },
    {
        "seq": 4, "time": "2026-11-02T02:31:00.000000+00:00", "event": "run.end", "run": "r1", "status": "complete",
        "counts": {"done": 2, "not_sent": 0}, "proof": {"holders": {"Admin": 10}, "differences": []},
        "requests": {"put_roles": 1}, "stopped": "",
    },
]  # fmt: skip

EXPLANATION = Explanation(
    "zoe@example.edu",
    (31,),
    ("zoe@example.edu",),
    (
        PastChange(
            "r1",
            "2026-11-02T02:30:01.000000+00:00",
            31,
            "zoe@example.edu",
            "add",
            "Admin",
            9,
            "done",
            SOURCE.path,
            SOURCE.sha256,
            "Rita Levi",
        ),
        PastChange("r2", "2026-11-03T02:30:01.000000+00:00", 31, "", "remove", "Admin", 0, "unknown", "", ""),
    ),
    (PastAbsence("r2", "2026-11-03T02:30:00.000000+00:00", 31, "Admin"),),
    SOURCE,
    "warn",
    (ListedRow(9, "Admin", "zoe@example.edu", 0),),
    (PersonNow(31, "zoe@example.edu", "Zoë Ångström", ("Admin", "Student")),),
    (
        NextStep(31, "add", "Admin", 9, Reason.LISTED.value),
        NextStep(31, "remove", "Admin", 0, HeldReason.GRACE.value, "absent in run 2 of 3"),
    ),
    decisions=(
        PastDecision(
            *("r0", "2026-11-01T09:00:00+00:00", 31, "zoe@example.edu", "remove", "Admin", "excluded", "on leave"),
            reviewer="Rita Levi",
        ),
        PastDecision("r2", "2026-11-03T02:00:00+00:00", 31, "", "remove", "Admin", "released", "", "Rita Levi"),
    ),
)

CHECKS = [
    Check("token", VerdictStatus.PASS, "Studio takes the token."),
    Check("owner", VerdictStatus.WARN, "No owner is set.", "Set ROLESYNC_OWNER to the token owner's address."),
    Check("state folder", VerdictStatus.BLOCK, "The folder can't be written.", "Give its owner the right to write."),
]
