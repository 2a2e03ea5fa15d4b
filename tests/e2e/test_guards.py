"""Guards of each kind, as the commands show them: exit 4, nothing written, passed once where that is allowed."""

import json
import os
from typing import Any, NamedTuple

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, Shell

NEW = "omar.haddad@example.edu"


class Case(NamedTuple):
    """A guard: how many of the administrators the list keeps, the settings that make it block, limit and number."""

    rule: str
    keeps: int
    settings: dict[str, Any]
    limit: float
    value: float


LOOSE = {"max_removals_share": 1, "max_shrink_share": 1}
CASES = [
    Case("min_holders", 6, {**LOOSE, "min_holders": 8}, 8, 7),
    Case("max_shrink_share", 6, {**LOOSE, "max_shrink_share": 0.2}, 0.2, 0.3),
    Case("max_age_hours", 6, {**LOOSE, "max_age_hours": 24}, 24, 100),
    Case("protected_users", 6, {**LOOSE, "protected_users": json.dumps([ADMINS[7], "1"])}, 0, 1),
]
FINAL = {"protected_users"}


@pytest.mark.parametrize("case", CASES, ids=[case.rule for case in CASES])
def test_a_guard_blocks_every_command_and_tells_why(case: Case, sh: Shell, studio: Control) -> None:
    if case.rule == "max_shrink_share":
        assert sh.run("sync", sh.list_of(ADMINS)).returncode == 0
    path = sh.list_of([*ADMINS[: case.keeps], NEW])
    if case.rule == "max_age_hours":
        long_ago = path.stat().st_mtime - 100 * 3600
        os.utime(path, (long_ago, long_ago))

    shown = sh.run("plan", path, "-o", "plan.json", **case.settings)
    assert shown.returncode == 4
    assert "BLOCKED" in shown.stdout
    assert f"[{case.rule}]" in shown.stdout
    assert "Nothing was written." in shown.stdout

    synced = sh.json("sync", path, exit_code=4, **case.settings)
    (guard,) = [verdict for verdict in synced["plan"]["guards"] if verdict["status"] == "block"]
    assert (guard["rule"], guard["limit"], guard["overridable"]) == (case.rule, case.limit, case.rule not in FINAL)
    assert guard["value"] == pytest.approx(case.value, abs=0.1 if case.rule == "max_age_hours" else 1e-9)
    assert (synced["run"], synced["plan"]["status"]) == (None, "blocked")
    assert synced["refusal"]["message"].endswith("nothing was written")

    applied = sh.json("apply", "plan.json", "--yes", exit_code=4, **case.settings)
    assert [verdict["rule"] for verdict in applied["guards"] if verdict["status"] == "block"] == [case.rule]
    assert f"BLOCKED by {case.rule}" in applied["error"]["message"]
    assert ("--hold-removals" in applied["error"]["hint"]) == (case.rule != "max_age_hours")
    assert studio.log() == []

    if case.rule in FINAL:
        return
    digest = synced["plan"]["digest"]
    passed = sh.run("apply", "plan.json", "--yes", "--override", digest, **case.settings)
    assert passed.returncode == 0, passed.stderr
    assert len(studio.log()) == 5


def test_the_additions_of_a_blocked_plan_can_go_ahead(sh: Shell, studio: Control) -> None:
    path = sh.list_of([*ADMINS[:3], NEW])
    blocked = sh.run("sync", path)
    assert blocked.returncode == 4
    assert "--hold-removals" in blocked.stdout
    assert "BLOCKED by max_removals_share, as shown above" in blocked.stderr
    done = sh.json("sync", path, "--hold-removals")
    assert done["run"]["proof"]["proven"] is True
    assert [held["reason"] for held in done["plan"]["held"]] == ["removals_held"] * 7
    assert [(change["action"], change["role"]) for change in studio.log()] == [("add", "Admin")]
    shown = sh.run("plan", path, hold_removals="true")
    assert shown.returncode == 0
    assert "Every difference is held, 7 removals among them." in shown.stdout
    assert ADMINS[9] in shown.stdout
    assert sh.run("plan", path, "--hold-removals", "--no-removals").returncode == 64


def test_grace_lets_a_removal_wait_for_the_runs_it_takes(sh: Shell, studio: Control) -> None:
    path = sh.list_of(ADMINS[:9])
    details = []
    for _ in range(3):
        plan = sh.json("sync", path, grace_runs=2)["plan"]
        details.append([held["detail"].partition(",")[0] for held in plan["held"]])
    assert details == [["absent in run 1 of 2"], ["absent in run 2 of 2"], []]
    assert [change["action"] for change in studio.log()] == ["remove"]
