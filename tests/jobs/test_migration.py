"""The first step of a migration: the way back is saved, and the first plan only adds."""

import json

from tests.command import ADMINS
from tests.jobs.conftest import Machine


def test_a_first_plan_only_adds_and_there_is_a_way_back(machine: Machine) -> None:
    script, folder = machine.job("migration/first_plan.sh"), machine.root / "migration"
    done = machine.sh.call(script, machine.list, folder)
    assert done.returncode == 2, done.stderr
    for command in ("rehearse", "apply"):
        assert f"rolesync {command} {folder}/additions/plan.json\n" in done.stdout
    assert "Teacher" in (folder / "list.txt").read_text(encoding="utf-8")
    actions = {
        name: [change["action"] for change in json.loads((folder / name / "plan.json").read_bytes())["changes"]]
        for name in ("compare", "additions")
    }
    assert actions["additions"] == ["add"] * 4
    assert sorted(actions["compare"]) == ["add"] * 4 + ["remove"] * 2
    assert machine.studio.counts()["roles"] == 0

    again = machine.sh.call(script, machine.list, folder)
    assert again.returncode == 64
    assert "another folder" in again.stderr

    for words in (["rehearse"], ["apply", "--yes"]):
        assert machine.sh.run(*words, folder / "additions/plan.json").returncode == 0
    assert len(machine.studio.people(role="Admin")) == 14
    back = machine.sh.run("sync", folder / "before.csv", "--set", "max_removals_share=0.5")
    assert back.returncode == 0, back.stderr
    assert {person["email"].lower() for person in machine.studio.people(role="Admin")} == set(ADMINS)


def test_a_refused_list_ends_it_before_any_plan(machine: Machine) -> None:
    folder = machine.root / "migration"
    done = machine.sh.call(machine.job("migration/first_plan.sh"), machine.sh.list_of(["nobody"]), folder)
    assert done.returncode == 3
    assert sorted(path.name for path in folder.iterdir()) == ["before.csv", "list.txt"]
