from pathlib import Path

from rolesync.migrate.recipe import Recipe
from rolesync.migrate.similar_users import Candidate, Suggestion
from rolesync.report.migration_json import migration_json, suggestions_json
from tests.migrate.sources import MANAGED, run

A = "a@x.edu"


def test_a_migration_has_its_list_and_an_account_of_every_cell(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role,expires\n{A},Admin,2026-12-31\nbob,Admin,\n"}, Recipe())
    form = migration_json(migration, MANAGED, None)
    assert form["status"] == "incomplete"
    assert form["assignments"] == [
        {
            "email": A,
            "user_id": None,
            "role": "Admin",
            "starts": None,
            "expires": "2026-12-31",
            "file": form["assignments"][0]["file"],
            "sheet": None,
            "row": 2,
        }
    ]
    assert form["cells"]["total"] == sum(number for name, number in form["cells"].items() if name != "total")
    assert form["cells"]["total"] == len(migration.ledger)
    assert [(cell["cell"], cell["code"]) for cell in form["refused"]] == [("A3", "email_invalid")]
    assert {"end", "code", "cells", "example", "message"} == set(form["reasons"][0])
    assert form["suggestions"] is form["source"] is None


def test_a_migration_is_ok_or_empty(tmp_path: Path) -> None:
    assert migration_json(run(tmp_path, {"s.csv": f"email,role\n{A},Admin\n"}, Recipe()), MANAGED, [])["status"] == "ok"
    nothing = run(tmp_path, {"s.csv": f"email,role\n{A},Student\n"}, Recipe())
    assert migration_json(nothing, MANAGED, [])["status"] == "empty"


def test_suggestions_name_the_missing_user_and_the_candidates(tmp_path: Path) -> None:
    (missing,) = run(tmp_path, {"s.csv": f"email,role\n{A},Admin\n"}, Recipe()).assignments
    (form,) = suggestions_json([Suggestion(missing, (Candidate(7, "", "Bo", "the name is similar"),))])
    assert (form["email"], form["user_id"], form["row"]) == (A, None, 2)
    assert form["candidates"] == [{"user_id": 7, "email": None, "name": "Bo", "why": "the name is similar"}]
