import json
from dataclasses import replace
from datetime import UTC, datetime

from rolesync.model.explanation import Explanation
from rolesync.model.findings import Finding
from rolesync.model.lists import Fetched
from rolesync.model.runs import Check
from rolesync.model.vocabulary import Level, VerdictStatus
from rolesync.report.json import checks_json, desired_json, explanation_json, run_json, run_report_json, runs_json
from tests.report.run_samples import COMPLETE, incomplete
from tests.report.samples import (
    APPROVAL,
    CHECKS,
    DIGEST,
    ESCAPES,
    EXPLANATION,
    FINDINGS,
    HOSTILE,
    SOURCE,
    SUMMARIES,
    failed_run,
    make_desired,
    make_run,
)


def test_a_list_with_its_assignments_and_findings() -> None:
    form = desired_json(make_desired(), ("Admin",))
    assert form["status"] == "warn"
    assert form["source"] == {"path": "lists/desired_roles.csv", "sha256": "ab12" * 16, "rows": 120}
    assert form["managed_roles"] == ["Admin"]
    assert form["assignments"] == [
        {"email": "ada@example.edu", "role": "Teacher"},
        {"email": "grace@example.edu", "user_id": 7, "role": "Admin"},
        {"user_id": 2**63 - 1, "role": "Admin"},
    ]
    assert form["findings"][0] == {
        "level": "warning",
        "row": 4,
        "column": "Role",
        "code": "unmanaged_role",
        "message": FINDINGS[0].message,
    }
    assert form["findings"][2]["row"] is None


def test_a_list_from_an_address_shows_when_it_came() -> None:
    desired, time = make_desired(), datetime(2026, 9, 1, 5, 30, tzinfo=UTC)
    fetched = Fetched("https://x.edu/roles.csv", time, "", time)
    assert desired_json(replace(desired, source=replace(desired.source, fetched=fetched)), ())["source"]["fetched"] == {
        "where": "https://x.edu/roles.csv",
        "fetched_at": "2026-09-01T05:30:00Z",
        "etag": None,
        "last_modified": "2026-09-01T05:30:00Z",
        "failure": None,
    }


def test_a_rejected_list() -> None:
    error = Finding(Level.ERROR, "no_rows", "The list has no rows.")
    assert desired_json(make_desired([error]), ())["status"] == "reject"
    assert desired_json(make_desired([]), ())["status"] == "ok"


def test_a_complete_run() -> None:
    form = run_json(make_run())
    assert form["run"] == "20261102T023000Z-4f2a"
    assert form["plan_digest"] == DIGEST
    assert form["approval"] is None
    assert run_json(replace(make_run(), approval=APPROVAL))["approval"] == {
        "reviewer": "Rita Levi",
        "operator": "rita",
        "approved_at": "2026-11-02T02:30:00Z",
        "seen": "remove 2, add 1",
        "made_from": "77aa" * 16,
        "excluded": 1,
        "released": [{"user_id": 7, "role": "Admin", "reason": "has left"}],
    }
    assert form["started_at"] == "2026-11-02T02:30:00+00:00"
    assert form["complete"] is True
    assert form["counts"] == {"done": 2, "failed": 0, "drifted": 0, "unknown": 0, "not_sent": 0}
    assert form["proof"] == {"proven": True, "holders": {"Admin": 9}, "differences": []}
    assert form["requests"] == {"by_kind": {"put": 1, "get": 2}, "total": 3, "fewest": None, "ways": []}
    assert form["outcomes"][1] == {
        "user_id": 12,
        "email": "ada@example.edu",
        "name": "Ada Lovelace",
        "action": "remove",
        "role": "Admin",
        "reason": "listed_without_role",
        "row": 5,
        "before": ["Admin", "Teacher"],
        "after": ["Teacher"],
        "outcome": "done",
        "detail": None,
    }


def test_an_incomplete_run() -> None:
    form = run_json(failed_run())
    assert form["complete"] is False
    assert form["stopped"] is None
    assert run_json(replace(failed_run(), stopped="cut off"))["stopped"] == "cut off"
    assert [outcome["outcome"] for outcome in form["outcomes"]] == ["failed", "unknown", "not_sent"]
    assert form["outcomes"][0]["after"] is None
    assert form["outcomes"][2]["row"] is None
    assert form["proof"]["proven"] is False
    assert run_json(make_run(proof=None))["proof"] is None


def test_history() -> None:
    newest, older = runs_json(SUMMARIES)["runs"]
    assert newest["counts"]["failed"] == 1
    assert (older["kind"], older["finished_at"]) == ("plan", None)


def test_the_worst_check_is_the_status() -> None:
    form = checks_json(CHECKS)
    assert form["status"] == "block"
    assert form["checks"][0] == {
        "name": "token",
        "status": "pass",
        "message": "Studio takes the token.",
        "hint": None,
    }
    assert checks_json(CHECKS[:2])["status"] == "warn"
    assert checks_json([Check("a", VerdictStatus.PASS, "b")])["status"] == "pass"


def test_all_forms_are_json_that_reads_back_unchanged() -> None:
    hostile = make_desired([Finding(Level.ERROR, text, text, 1, text) for text in HOSTILE])
    for form in (desired_json(hostile, HOSTILE), run_json(failed_run()), runs_json(SUMMARIES), checks_json(CHECKS)):
        text = json.dumps(form, allow_nan=False)
        assert json.loads(text) == form
    assert desired_json(hostile, ())["findings"][1]["message"] == ESCAPES


def test_an_explanation_has_all_facts_of_a_user() -> None:
    form = explanation_json(EXPLANATION)
    assert json.loads(json.dumps(form)) == form
    assert (form["known"], form["user_ids"], form["emails"]) == (True, [31], ["zoe@example.edu"])
    first, second = form["changes"]
    assert (first["run"], first["row"], first["outcome"]) == ("r1", 9, "done")
    assert first["source"] == {"path": SOURCE.path, "sha256": SOURCE.sha256}
    assert (second["email"], second["row"], second["source"]) == (None, None, None)
    assert form["absences"] == [
        {"run": "r2", "time": "2026-11-03T02:30:00.000000+00:00", "user_id": 31, "role": "Admin"}
    ]
    assert form["list"] == {
        "path": SOURCE.path,
        "sha256": SOURCE.sha256,
        "status": "warn",
        "rows": [{"row": 9, "role": "Admin", "email": "zoe@example.edu"}],
    }
    assert form["now"][0]["roles"] == ["Admin", "Student"]
    assert [(step["action"], step["reason"], step["held"]) for step in form["next"]] == [
        ("add", "listed", None),
        ("remove", "grace", "absent in run 2 of 3"),
    ]


def test_unread_sources_are_null_and_empty_results_are_empty() -> None:
    form = explanation_json(Explanation("x@example.edu"))
    assert (form["known"], form["changes"], form["list"], form["now"], form["next"]) == (False, [], None, None, None)
    looked = explanation_json(Explanation("x@example.edu", source=SOURCE, list_status="ok", now=(), steps=()))
    assert (looked["list"]["rows"], looked["now"], looked["next"]) == ([], [], [])


def test_json_has_every_fact_and_null_for_unknown_ones() -> None:
    form = json.loads(json.dumps(run_report_json(incomplete())))
    assert (form["run"], form["result"], form["complete"], form["held"]) == ("r1", "incomplete", False, 2)
    assert form["asked"] == {"additions": 4, "removals": 3}
    assert form["outcomes"][2] == {
        "action": "remove",
        "role": "Admin",
        "user_id": 9,
        "email": None,
        "row": None,
        "outcome": "unknown",
        "before": ["Admin"],
        "after": None,
        "detail": "nobody has found out yet",
    }
    assert form["proof"]["proven"] is False
    assert [change["user_id"] for change in form["drift"]["changes"]] == [44, 7]
    assert run_report_json(replace(COMPLETE, proof=None))["proof"] is None
