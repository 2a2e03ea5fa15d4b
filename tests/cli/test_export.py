"""export: the live holders as a list."""

import json

from rolesync.sandbox.control import Control
from tests.command import ADMINS, Shell


def test_what_export_writes_is_a_list_that_changes_nothing(sh: Shell, studio: Control) -> None:
    exported = sh.run("export", "-o", "today.csv")
    assert (exported.returncode, exported.stdout) == (0, "")
    validation = sh.json("validate", "today.csv")
    assert validation["status"] == "ok"
    assert sorted(assignment["email"] for assignment in validation["assignments"]) == sorted(ADMINS)
    assert validation["assignments"] == [
        {name: holder[name] for name in ("email", "user_id", "role")} for holder in sh.json("export")["assignments"]
    ]
    plan = sh.run("plan", "today.csv", "--detailed-exitcode", "--format", "json")
    assert plan.returncode == 0
    assert json.loads(plan.stdout)["status"] == "empty"
    assert studio.log() == []


def test_json_is_written_to_the_named_file(sh: Shell) -> None:
    exported = sh.run("export", "-o", "today.json", "--format", "json")
    assert (exported.returncode, exported.stdout) == (0, "")
    assert json.loads((sh.folder / "today.json").read_text(encoding="utf-8")) == sh.json("export")


def test_a_holder_without_an_address_is_exported_by_id(sh: Shell, studio: Control) -> None:
    studio.edit_person(1003, email=None)
    (holder,) = [holder for holder in sh.json("export")["assignments"] if not holder["email"]]
    assert (holder["email"], holder["user_id"], holder["role"]) == (None, 1003, "Admin")
    assert '"","1003","Admin","Maria Fernandes"' in sh.run("export").stdout.splitlines()


def test_a_list_that_cannot_be_written_is_wrong_usage(sh: Shell) -> None:
    refused = sh.run("export", "-o", "none/today.csv")
    assert (refused.returncode, refused.stdout) == (64, "")
    assert "the list can't be written to none/today.csv" in refused.stderr
