"""The dry run before changes: the files that a reviewer gets, and the exit code that a scheduler gets."""

from tests.command import ADMINS
from tests.jobs.conftest import Machine

FILES = {"plan.txt", "plan.json", "plan.md", "plan.html"}


def test_changes_that_wait_a_refused_list_and_nothing_to_do(machine: Machine) -> None:
    review, folder = machine.job("review/review.sh"), machine.root / "review"
    waiting = machine.sh.call(review, machine.list, folder)
    assert (waiting.returncode, waiting.stdout) == (2, "")
    assert {path.name for path in folder.iterdir()} == FILES
    for name in FILES:
        assert "greg.stone@example.edu" in (folder / name).read_text(encoding="utf-8")

    refused = machine.sh.call(review, machine.sh.list_of(["nobody"]), folder)
    assert refused.returncode == 3
    assert {path.name for path in folder.iterdir()} == {"plan.txt"}  # the old plan is gone
    assert "nobody" in (folder / "plan.txt").read_text(encoding="utf-8")

    nothing = machine.sh.call(review, machine.sh.list_of(ADMINS), folder)
    assert nothing.returncode == 0
    assert {path.name for path in folder.iterdir()} == FILES
    assert machine.studio.counts()["roles"] == 0


def test_a_blocked_plan_is_there_to_look_at(machine: Machine) -> None:
    folder = machine.root / "review"
    blocked = machine.sh.call(machine.job("review/review.sh"), machine.sh.list_of(ADMINS[:7]), folder)
    assert blocked.returncode == 4
    assert {path.name for path in folder.iterdir()} == FILES
    assert all("BLOCKED" in (folder / name).read_text(encoding="utf-8") for name in FILES - {"plan.json"})
    assert machine.studio.log() == []


def test_wrong_usage(machine: Machine) -> None:
    done = machine.sh.call(machine.job("review/review.sh"), machine.list)
    assert done.returncode == 64
    assert "usage:" in done.stderr
