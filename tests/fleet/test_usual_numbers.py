"""What is usual for an account, from the journal of its nights."""

from pathlib import Path

from rolesync.fleet.journal import Journal, open_journal
from rolesync.fleet.usual_numbers import NIGHTS, usual_numbers
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet_review import UsualNumbers
from tests.fleet.test_journal import now
from tests.fleet.tools import plan, result


def nights(folder: Path, *plans: tuple[str, str, int, int]) -> None:
    """Note runs, each with its id, and the digest, removals and additions of its plan."""
    with open_journal(folder, now) as record:
        for run, digest, removals, additions in plans:
            journal = Journal(record, run)
            journal.start("plan", "", ["a", "b"], {})
            planned = plan(digest=digest, removals=removals, additions=additions)
            journal.end(result("a", plan=planned), JobKind.PLAN)
            journal.end(result("b"), JobKind.PLAN)


def test_a_plan_and_its_application_are_one_night(tmp_path: Path) -> None:
    assert usual_numbers(tmp_path, "4") == {}
    nights(tmp_path, ("1", "x", 3, 1), ("2", "x", 3, 1), ("3", "y", 1, 2), ("4", "z", 90, 0))
    assert usual_numbers(tmp_path, "4") == {"a": UsualNumbers(2, 2, 3)}
    assert usual_numbers(tmp_path, "9") == {"a": UsualNumbers(3, 2, 90)}


def test_only_the_last_nights_count(tmp_path: Path) -> None:
    later = [(str(number), f"d{number}", 1, 0) for number in range(1, NIGHTS + 1)]
    nights(tmp_path, ("0", "old", 500, 0), *later)
    assert usual_numbers(tmp_path, "")["a"] == UsualNumbers(NIGHTS, 0, 1)
