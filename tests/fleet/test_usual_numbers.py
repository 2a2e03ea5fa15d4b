"""What is usual for an account, from nights of a journal."""

from rolesync.fleet.journal import PastNight
from rolesync.fleet.usual_numbers import NIGHTS, usual_numbers
from rolesync.model.fleet_review import UsualNumbers
from tests.fleet.tools import plan, result


def night(run: str, digest: str, removals: int, additions: int = 0, name: str = "a") -> PastNight:
    planned = result(name, plan=plan(digest=digest, removals=removals, additions=additions))
    return PastNight(run, "plan", "", (name,), {}, "", results={name: planned, "b": result("b")})


def test_a_plan_and_its_application_are_one_night() -> None:
    nights = [night("1", "x", 3, 1), night("2", "x", 3, 1), night("3", "y", 1, 2), night("4", "z", 90)]
    assert usual_numbers(nights, "4") == {"a": UsualNumbers(2, 2, 3)}
    assert usual_numbers(nights, "9") == {"a": UsualNumbers(3, 2, 90)}


def test_only_the_last_nights_count() -> None:
    nights = [night("0", "old", 500), *(night(str(number), f"d{number}", 1) for number in range(1, NIGHTS + 1))]
    assert usual_numbers(nights, "")["a"] == UsualNumbers(NIGHTS, 0, 1)
