"""How a run ended, or why it was blocked."""

import json
from dataclasses import replace

import pytest

from rolesync.cli.options import Form
from rolesync.cli.run_output import show_blocked, show_outcome
from rolesync.errors import Exit
from rolesync.executor.preconditions import BlockedError
from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, Shell
from tests.report.samples import SOURCE, blocked_plan, failed_run, make_plan, make_run


def test_an_apply_that_is_blocked_shows_the_plan_with_todays_numbers(sh: Shell, studio: Control) -> None:
    assert sh.run("plan", sh.list_of(ADMINS[:8]), "-o", "plan.json").returncode == 0
    blocked = sh.run("apply", "plan.json", "--yes", protected_users=json.dumps([ADMINS[9]]))
    assert blocked.returncode == 4
    assert "BLOCKED  Protected users may lose no managed role." in blocked.stdout
    assert ADMINS[9] in blocked.stdout
    assert "nothing was written" in blocked.stderr
    assert studio.log() == []


BLOCKED = BlockedError("BLOCKED by max_removals_share", hint="correct the list", plan=blocked_plan())


def test_a_blocked_plan_is_shown_unless_it_was_just_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_blocked(BLOCKED, Form.TEXT, show_all=False, command="rolesync apply p.json") is Exit.BLOCKED
    captured = capsys.readouterr()
    assert "BLOCKED  At most 25% of the holders of Admin may be removed" in captured.out
    assert captured.err == "rolesync: BLOCKED by max_removals_share, as shown above; nothing was written\n"
    show_blocked(BLOCKED, Form.TEXT, show_all=False, command="")
    assert capsys.readouterr().out == ""


def test_programs_get_the_guards_that_block(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_blocked(BLOCKED, Form.JSON, show_all=False, command="rolesync apply p.json") is Exit.BLOCKED
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["error"]["exit_code"]) == ("refused", 4)
    assert [guard["rule"] for guard in answer["guards"] if guard["status"] == "block"] == ["max_removals_share"]


def test_an_incomplete_run_names_the_command_that_plans_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    from_list = replace(make_plan(), source=replace(SOURCE, path="a list.csv"))
    undo = replace(make_plan(), source=replace(SOURCE, undoes="r1"))
    for plan, command in ((from_list, "rolesync plan 'a list.csv'"), (undo, "rolesync undo r1")):
        assert show_outcome(failed_run(), plan, False, Form.TEXT) is Exit.INCOMPLETE
        assert f"Plan the remaining changes: {command}" in " ".join(capsys.readouterr().out.split())
    assert show_outcome(make_run(), from_list, False, Form.TEXT) is Exit.DONE
    assert "Plan the remaining changes" not in capsys.readouterr().out
    assert show_outcome(failed_run(), from_list, False, Form.JSON) is Exit.INCOMPLETE
    assert json.loads(capsys.readouterr().out)["complete"] is False
