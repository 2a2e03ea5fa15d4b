"""Saved plans, and the next step that a command names."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rolesync.cli.options import Form
from rolesync.cli.plan_output import apply_command, load_plan, plan_text, save_and_show_plan
from rolesync.errors import Exit, InputRefusedError, PlanRefusedError, RolesyncError
from rolesync.model.plans import Plan
from rolesync.settings import load
from tests.command import OWNER, ROLESYNC, SAMPLE, Shell
from tests.planner.samples import PLAN
from tests.report.samples import blocked_plan, empty_plan, make_plan


def test_the_next_step_fits_the_command(sh: Shell) -> None:
    assert "rolesync apply 'a plan.json'" in sh.run("plan", SAMPLE, "-o", "a plan.json").stdout
    few = sh.list_of([OWNER])
    assert "rolesync sync" in sh.run("sync", few).stdout
    assert "rolesync apply" not in sh.run("sync", SAMPLE).stdout
    assert apply_command("-") == "rolesync apply PLAN"  # standard output is not a file to be named


def test_the_page_tells_the_last_run_that_touched_a_person_if_the_record_can_be_read(sh: Shell) -> None:
    def page(*options: str, **settings: object) -> tuple[Any, str]:
        completed = sh.run("show", "plan.json", "--html", "p.html", *options, **settings)
        assert completed.returncode == 0, completed.stderr
        text = (sh.folder / "p.html").read_text(encoding="utf-8")
        data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
        return data[0]["details"]["last_changes"], completed.stderr

    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    lost = next(change for change in plan["changes"] if change["email"] == "greg.stone@example.edu")
    assert page()[0] == {}
    assert page(state_dir=sh.folder / "elsewhere")[0] is None
    assert page(base_url=None)[0] == {}  # who reviews a plan needs no Studio
    assert sh.run("show", "plan.json", "--html", "p.html", "--set", "nonsense=1").returncode == 64

    assert sh.run("apply", "plan.json", "--yes").returncode == 0
    last_changes, _ = page()
    assert last_changes[str(lost["user_id"])]["sent"] == ["remove Admin: done"]
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    path.write_text(path.read_text(encoding="ascii").replace("greg.stone", "greg.stein"), encoding="ascii")
    last_changes, errors = page()
    assert last_changes is None
    assert "the page can't show which run last changed each user: " in errors


@pytest.mark.parametrize(
    ("plan", "code", "detailed_code"),
    [
        (make_plan(), Exit.DONE, Exit.PENDING),
        (empty_plan(), Exit.DONE, Exit.DONE),
        (blocked_plan(), Exit.BLOCKED, Exit.BLOCKED),
    ],
    ids=["ready", "empty", "blocked"],
)
def test_a_new_plan_is_saved_shown_and_gives_the_exit_code(
    plan: Plan, code: Exit, detailed_code: Exit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, settings = tmp_path / "a plan.json", load(token="t", base_url="https://school.example.edu")
    assert save_and_show_plan(plan, path, Form.JSON, settings, show_all=False, detailed=False) is code
    assert capsys.readouterr().out == path.read_text(encoding="ascii") == plan_text(plan)
    assert save_and_show_plan(plan, path, Form.TEXT, settings, show_all=False, detailed=True) is detailed_code
    output = " ".join(capsys.readouterr().out.split())
    assert (apply_command(path) in output) == (len(plan.changes) > 0)


def test_a_saved_plan_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_text(PLAN), encoding="ascii")
    assert plan_text(load_plan(tmp_path / "plan.json")) == plan_text(PLAN)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, InputRefusedError, "the plan plan.json does not exist"),
        (b"email,r\xc3\xb4le\n", PlanRefusedError, "plan.json is not a plan of rolesync: byte 7 isn't ASCII"),
        (b"email,role\n", PlanRefusedError, "plan.json: "),
        (plan_text(PLAN).replace(PLAN.account, "https://other.example.edu").encode(), PlanRefusedError, "plan.json: "),
    ],
    ids=["missing", "not ASCII", "not JSON", "edited"],
)
def test_a_file_that_is_no_plan_is_refused_by_its_name(
    content: bytes | None,
    error: type[RolesyncError],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("plan.json").write_bytes(content)
    with pytest.raises(error, match=f"^{message}") as raised:
        load_plan(Path("plan.json"))
    assert raised.value.hint


@pytest.mark.usefixtures("unmeasured_processes")
def test_a_list_and_a_plan_go_through_pipes(sh: Shell) -> None:
    script = f"""
set -eo pipefail
rolesync validate - --format json < {SAMPLE} > checked.json
rolesync plan - -o - < {SAMPLE} 2> shown.txt | tee plan.json | rolesync show - > again.txt
rolesync apply - --yes < plan.json > applied.txt
rolesync export | rolesync plan - --detailed-exitcode > nothing.txt
"""
    sh.variables["PATH"] = f"{ROLESYNC.parent}{os.pathsep}{sh.variables['PATH']}"
    completed = sh.call("bash", "-c", script)
    assert completed.returncode == 0, completed.stderr
    assert (
        "the list came from standard input, so whether it has changed"
        in completed.stderr + (sh.folder / "applied.txt").read_text()
    )
    assert json.loads((sh.folder / "plan.json").read_text(encoding="ascii"))["source"]["path"] == "-"
    for name in ("shown.txt", "again.txt"):
        text = (sh.folder / name).read_text(encoding="utf-8")
        assert "2 removals, 4 additions" in text
        assert "standard input" in text
    assert "COMPLETE" in (sh.folder / "applied.txt").read_text(encoding="utf-8")
    assert "NOTHING TO DO" in (sh.folder / "nothing.txt").read_text(encoding="utf-8")
