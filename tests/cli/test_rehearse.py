"""rehearse: the whole of an apply on a private copy; it only reads Studio, and leaves nothing behind."""

import json
from pathlib import Path

import pytest

from rolesync.extras import install_command
from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell, nonzero


@pytest.fixture
def places(sh: Shell) -> Path:
    """Where the command puts temporary files."""
    folder = sh.folder / "temporary"
    folder.mkdir()
    sh.variables["TMPDIR"] = str(folder)
    return folder


def test_a_migration_is_seen_to_work_before_it_touches_anything(sh: Shell, studio: Control, places: Path) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    record = sh.record()
    studio.reset_counts()
    completed = sh.run("rehearse", "plan.json", chunk_size=4)
    assert completed.returncode == 0, completed.stderr
    assert "REHEARSED" in completed.stdout
    assert "Estimated time of an apply: " in completed.stdout
    assert "rolesync apply plan.json" in completed.stdout
    assert "rehearsing: applying: 6 of 6" in completed.stderr
    assert nonzero(studio.counts()).keys() == {"search", "user"}
    assert (studio.log(), sh.record(), list(places.iterdir())) == ([], record, [])

    rehearsed = sh.json("rehearse", "plan.json")
    applied = sh.json("apply", "plan.json", "--yes")
    for name in ("counts", "outcomes", "proof", "complete"):
        assert rehearsed["outcome"][name] == applied[name]
    assert rehearsed["roles"] == [{"role": "Admin", "before": 10, "after": 12}]
    assert [record["command"] for record in sh.record() if "command" in record] == ["plan", "apply"]


def test_its_exit_codes_are_those_that_apply_would_give(sh: Shell, studio: Control, places: Path) -> None:
    blocked = sh.json("plan", sh.list_of(ADMINS[:7], "few.csv"), "-o", "few.json", exit_code=4)
    completed = sh.run("rehearse", "few.json")
    assert completed.returncode == 4
    assert "BLOCKED" in completed.stdout
    refused = sh.json("rehearse", "few.json", exit_code=4)
    assert "max_removals_share" in refused["error"]["message"]
    assert {guard["status"] for guard in refused["guards"]} >= {"block"}
    assert sh.json("rehearse", "few.json", "--override", "0" * 64, exit_code=4)["status"] == "refused"
    passed = sh.json("rehearse", "few.json", "--override", blocked["digest"])
    assert passed["outcome"]["counts"]["done"] == 3

    sh.json("plan", SAMPLE, "-o", "plan.json")
    studio.edit_person(1052, roles=["Teacher", "Admin"])
    drifted = sh.run("rehearse", "plan.json")
    assert drifted.returncode == 5
    assert "REHEARSED, INCOMPLETE" in drifted.stdout
    assert "Drifted: these users changed" in drifted.stdout
    assert "rolesync: INCOMPLETE: " in drifted.stderr

    studio.set_faults("500=1")
    assert sh.json("rehearse", "plan.json", exit_code=6, attempts=1)["status"] == "refused"
    studio.set_faults("")
    assert sh.json("rehearse", "plan.json", exit_code=6, token="nobody")["status"] == "refused"
    (sh.folder / "plan.json").write_text("{}", encoding="ascii")
    assert sh.json("rehearse", "plan.json", exit_code=3)["status"] == "refused"
    assert [change["by"] for change in studio.log()] == ["hand"]
    assert list(places.iterdir()) == []


def test_without_the_extra_it_says_how_to_get_it(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    (sh.folder / "lib").mkdir()
    missing = "raise ModuleNotFoundError('No module named uvicorn', name='uvicorn')\n"
    (sh.folder / "lib" / "uvicorn.py").write_text(missing, encoding="ascii")
    sh.variables["PYTHONPATH"] = str(sh.folder / "lib")
    studio.reset_counts()
    completed = sh.run_process("rehearse", "plan.json", "--format", "json")  # which imports uvicorn anew
    assert completed.returncode == 64
    refused = json.loads(completed.stdout)["error"]
    assert refused["message"] == "a rehearsal needs uvicorn, which is not installed"
    assert refused["hint"].split(" ", 1)[1] == install_command("sandbox").split(" ", 1)[1]  # after the interpreter
    assert nonzero(studio.counts()) == {}
