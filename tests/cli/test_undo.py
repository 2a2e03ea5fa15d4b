"""undo: the plan that reverses a run."""

import re

import pytest

from rolesync.sandbox.control_client import Control
from tests.cli.reviewing import NEW, decide, review
from tests.command import OWNER, SAMPLE, Shell


def test_a_run_is_taken_back(sh: Shell, studio: Control) -> None:
    before = {person["id"]: set(person["role_names"]) for person in studio.people()}
    run = sh.json("sync", SAMPLE)["run"]["run"]
    plan = sh.json("undo", run, "-o", "undo.json", "--detailed-exitcode", exit_code=2, max_removals_share=1)
    assert plan["source"]["undoes"] == run
    shown = sh.run("show", "undo.json").stdout
    assert f"run {run}" in shown
    assert "undoes" in shown
    assert sh.json("apply", "undo.json", "--yes")["complete"]
    assert {person["id"]: set(person["role_names"]) for person in studio.people()} == before
    assert "NOTHING TO DO" in sh.run("undo", run).stdout
    assert sh.run("undo", "nothing").returncode == 64
    blocked = sh.run("undo", run[:-1], max_removals=0)
    assert blocked.returncode == 0  # all of it is held by now, so that no guard has anything to say


def test_an_undo_that_a_guard_blocks_says_so(sh: Shell) -> None:
    run = sh.json("sync", SAMPLE)["run"]["run"]
    assert sh.run("undo", run, max_removals=0).returncode == 4


@pytest.mark.parametrize("limit", [{"max_removals_share": 0.25}, {"max_removals": 1}, {"min_holders": 11}])
def test_a_blocked_undo_is_checked_and_passes_once_by_its_digest(sh: Shell, limit: dict[str, object]) -> None:
    run = sh.json("sync", SAMPLE)["run"]["run"]
    planned = sh.run("undo", run, "-o", "undo.json", **{"max_removals_share": 1, **limit})
    refused = sh.run("apply", "undo.json", "--yes")
    for text in (planned.stdout, refused.stderr + refused.stdout):
        assert "heck each change of the undo" in text
        assert "the list" not in text
        assert f"change {next(iter(limit))}" not in text
    override = re.search(r"--override ([0-9a-f]{64})", planned.stdout)
    assert override, planned.stdout
    assert (planned.returncode, refused.returncode) == (4, 4)
    assert sh.run("apply", "undo.json", "--yes", "--override", override[1]).returncode == 0


@pytest.mark.parametrize(("name", "more"), [("owner", {}), ("protected_users", {"owner": OWNER})])
def test_an_undo_that_would_cost_a_protected_user_a_role_is_reviewed(
    sh: Shell, name: str, more: dict[str, str]
) -> None:
    run, new = sh.json("sync", SAMPLE)["run"]["run"], NEW
    settings = {"max_removals_share": 1, **more, name: new if name == "owner" else f'["{new}"]'}
    planned = sh.run("undo", run, "-o", "plan.json", **settings)
    refused = sh.run("apply", "plan.json", "--yes", **settings)
    for output in (planned.stdout, refused.stderr + refused.stdout):
        assert "exclude" in output
        assert "the list" not in output
        assert "list the owner" not in output
        assert "list them" not in output
    assert (planned.returncode, refused.returncode) == (4, 4)
    assert sh.run("show", "plan.json", "--xlsx", "plan.xlsx").returncode == 0
    decide(sh, "exclude", new, "stays")
    assert sh.run(*review("remove 3, add 2", "--decisions", "plan.xlsx"), **settings).returncode == 0
    assert sh.run("apply", "plan.approved.json", "--yes", **settings).returncode == 0


def test_an_unknown_run_is_wrong_usage(sh: Shell, studio: Control) -> None:
    refused = sh.json("undo", "nothing", exit_code=64)["error"]
    assert refused["message"] == "No run begins with 'nothing'."
    assert "rolesync runs" in refused["hint"]
    assert studio.counts()["search"] == 0
