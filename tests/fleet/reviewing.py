"""A night under review, with a plan of each kind, as `fleet plan` leaves it."""

from dataclasses import replace
from pathlib import Path

from rolesync.fleet.fleet_file import Fleet, read_fleet
from rolesync.fleet.night_folder import load_night, plan_path, save_night
from rolesync.fleet.review import FleetReview
from rolesync.model.fleet import AccountResult, AccountStatus
from rolesync.model.fleet_review import UsualNumbers
from rolesync.model.plans import Plan
from rolesync.planner.digest import digest
from rolesync.planner.encode import to_json
from tests.fleet.tools import plan as planned, result, write_fleet
from tests.report.pages import school
from tests.report.samples import blocked_plan, make_plan

A = AccountStatus


def sealed(plan: Plan) -> Plan:
    """The plan as if mia had made it, with a valid digest, so that it can be read again."""
    plan_by_mia = replace(plan, planned_by="mia")
    return replace(plan_by_mia, digest=digest(plan_by_mia))


def result_of(name: str, plan: Plan, status: AccountStatus, **more: str) -> AccountResult:
    """The result of planning an account, with the numbers of its plan."""
    removals = int((plan.changes["action"] == "remove").sum())
    numbers = planned(
        digest=plan.digest,
        list_sha256=name * 8,
        removals=removals,
        additions=len(plan.changes) - removals,
        held=len(plan.held),
        guards=tuple(verdict.rule for verdict in plan.blocked),
    )
    return result(name, status, plan=numbers, seconds=2.0, **more)


def fleet_with(folder: Path, *names: str, settings: str = "require_approval = true\n", fleet: str = "") -> Fleet:
    studios = {name: f"http://127.0.0.1:{number}" for number, name in enumerate(names, 1)}
    path = write_fleet(folder, studios, fleet=fleet)
    path.write_text(path.read_text(encoding="utf-8").replace("[defaults]\n", f"[defaults]\n{settings}"), "utf-8")
    return read_fleet(path, folder / "state")


def night_under_review(folder: Path, *, fleet: str = "", settings: str = "require_approval = true\n") -> FleetReview:
    """Six accounts: two to approve, one with far more removals than usual; blocked, failed, and two without changes."""
    names = ("north", "south", "east", "west", "hill", "dale")
    fleet_of_six = fleet_with(folder, *names, fleet=fleet, settings=settings)
    plans = {"north": sealed(make_plan()), "south": sealed(school()), "east": sealed(blocked_plan())}
    waits = A.WAITING if settings else A.PLANNED
    results = [
        result_of("north", plans["north"], waits),
        result_of("south", plans["south"], waits),
        result_of("east", plans["east"], A.BLOCKED, message="At most 25% of the holders of Admin may be removed"),
        result("west", A.UNREACHABLE, message="no answer", hint="rolesync doctor", seconds=12.0),
        result("hill", A.EMPTY, plan=planned(list_sha256="hill")),
        result("dale", A.EMPTY, plan=planned(list_sha256="dale")),
    ]
    night = folder / "night"
    for name, plan in plans.items():
        plan_path(night, name).parent.mkdir(parents=True, exist_ok=True)
        plan_path(night, name).write_text(to_json(plan), encoding="ascii")
    south_with_many_removals = replace(results[1], plan=replace(results[1].plan or planned(), removals=40, additions=2))
    save_night(night, fleet_of_six, "r2", [results[0], south_with_many_removals, *results[2:]])
    usual = {"north": UsualNumbers(10, 3, 4), "south": UsualNumbers(3, 1, 2)}
    return FleetReview(fleet_of_six, load_night(night), night, "rita", usual)
