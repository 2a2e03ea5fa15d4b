"""A disk that fills up during a run: nothing is sent to Studio that the record could not hold."""

import random
import re
from typing import Any

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell
from tests.full_disk import files_of_at_most


def test_a_full_disk_stops_the_run_before_the_write_that_it_could_not_record(sh: Shell, studio: Control) -> None:
    sizes = random.Random(7)
    assert sh.run("sync", SAMPLE, chunk_size=1).returncode == 0
    (record,) = sh.folder.glob("state/*/audit.jsonl")
    longest, stopped = record.stat().st_size, 0
    for turn in range(6):
        studio.reset()
        settings: dict[str, Any] = {"state_dir": str(sh.folder / f"state-{turn}"), "chunk_size": 1}
        limit = sizes.randint(longest // 4, longest)
        with files_of_at_most(limit):
            done = sh.run("sync", SAMPLE, **settings)
        assert done.returncode == 1
        assert "can't be written: File too large." in done.stderr
        assert "free disk space" in done.stderr
        assert "Traceback" not in done.stderr
        stopped += 0 < len(studio.log()) < 6
        progress = re.search(
            r"(\d) of 6 done, run \S+?(?:; whether (\d) more were done is not known yet)?\.\n", done.stderr
        )
        assert bool(progress) or not studio.log()
        if progress:
            assert int(progress[1]) <= len(studio.log()) <= int(progress[1]) + int(progress[2] or 0)
            assert "make room and run the same command" in done.stderr
        intents = [record for record in sh.record(f"state-{turn}") if record.get("event") == "intent"]
        recorded = {
            (action["user_id"], action["action"], action["role"]) for intent in intents for action in intent["actions"]
        }
        assert {(change["user_id"], change["action"], change["role"]) for change in studio.log()} <= recorded

        assert sh.run("sync", SAMPLE, **settings).returncode == 0
        assert sh.run("audit", "verify", **settings).returncode == 0
        assert len(studio.log()) == 6
        assert sh.json("sync", SAMPLE, **settings)["plan"]["status"] == "empty"
    assert stopped > 1  # else the sizes were too tame to show anything


def test_a_plan_that_the_disk_has_no_room_for_is_no_wrong_usage(sh: Shell, studio: Control) -> None:
    plan = sh.folder / "plan.json"
    assert sh.run("plan", SAMPLE, "-o", plan).returncode == 0
    size = plan.stat().st_size
    plan.unlink()
    with files_of_at_most(size - 100):  # a plan with fewer repeated requests is some bytes shorter
        full = sh.run("plan", SAMPLE, "-o", plan)
    assert full.returncode == 1
    assert f"the plan can't be written to {plan}: File too large" in full.stderr
    assert "make room on the disk" in full.stderr
    assert list(sh.folder.glob("*plan*")) == []
    assert studio.log() == []
