"""The evidence on roles, event by event."""

from rolesync.history.events import DriftById, Intent, Outcome, PlanMade, Recovered, RunEnd, RunStart, SentAction
from rolesync.history.role_evidence import RoleEvidence
from rolesync.model.lists import Source
from rolesync.model.runs import Proof
from rolesync.model.who import Origin

KEY = ("Admin", 1)


def at(day: int) -> str:
    return f"2026-05-{day:02}T02:00:00+00:00"


def intent(day: int, run: str, action: str = "add", request: int = 1) -> Intent:
    before = {"1": [] if action == "add" else ["Admin"]}
    return Intent(
        time=at(day), run=run, request=request, actions=[SentAction(1, action, "Admin", "a@x", 2)], before=before
    )


def outcome(day: int, run: str, after: dict[str, list[str] | None], status: int | str = 200) -> Outcome:
    return Outcome(time=at(day), run=run, request=1, status=status, after=after)


def test_a_request_is_evidence_once_the_next_event_shows_that_it_is_over() -> None:
    evidence = RoleEvidence()
    for event in (RunStart(time=at(1), run="a"), intent(1, "a"), outcome(1, "a", {"1": ["Admin"]})):
        evidence.add(event)
    assert evidence.known == {}
    evidence.add(RunEnd(time=at(1), run="a", status="complete", proof=Proof({"Admin": 4}, ())))
    assert (evidence.known[KEY].holds, evidence.known[KEY].run, evidence.known[KEY].row) == (True, "a", 2)
    assert evidence.readings("Admin").counted == 4
    assert evidence.ends == at(1)


def test_a_later_run_settles_a_request_in_doubt_at_the_time_when_it_was_sent() -> None:
    evidence = RoleEvidence("2026-05-02")
    for event in (RunStart(time=at(1), run="a"), intent(1, "a"), outcome(1, "a", {}, "unknown")):
        evidence.add(event)
    assert list(evidence.doubtful()) == [KEY]
    evidence.add(PlanMade(time=at(3), run="b", status="planned"))
    assert list(evidence.doubtful()) == [KEY]
    evidence.add(Recovered(time=at(4), run="a", request=1, after={"1": ["Admin"]}, by="c"))
    assert evidence.doubtful() == {}
    assert (evidence.known[KEY].time, evidence.known[KEY].origin) == (at(1), Origin.RUN)


def test_a_user_who_is_gone_no_longer_holds_the_role() -> None:
    evidence = RoleEvidence()
    for event in (RunStart(time=at(1), run="a"), intent(1, "a", "remove"), outcome(1, "a", {"1": None})):
        evidence.add(event)
    assert evidence.doubtful() == {}
    assert (evidence.known[KEY].holds, evidence.known[KEY].origin) == (False, Origin.OTHER_HANDS)


def test_a_request_in_vain_shows_that_the_user_does_not_hold_the_role() -> None:
    evidence = RoleEvidence()
    for event in (RunStart(time=at(1), run="a"), intent(1, "a"), outcome(1, "a", {"1": []})):
        evidence.add(event)
    assert evidence.doubtful() == {}
    assert (evidence.known[KEY].holds, evidence.known[KEY].in_vain) == (False, True)


def test_evidence_after_the_day_is_kept_apart_and_only_the_first() -> None:
    evidence = RoleEvidence("2026-05-02")
    for day, action, after in ((1, "add", ["Admin"]), (3, "remove", []), (4, "add", ["Admin"])):
        run = f"r{day}"
        for event in (RunStart(time=at(day), run=run), intent(day, run, action), outcome(day, run, {"1": [*after]})):
            evidence.add(event)
    assert evidence.doubtful() == {}
    assert (evidence.known[KEY].run, evidence.later[KEY].run) == ("r1", "r3")
    assert not evidence.is_later("2026-05-02T23:59:59.999999+00:00")
    assert evidence.is_later("2026-05-03T00:00:00+00:00")


def test_a_change_by_others_counts_from_the_first_plan_that_shows_it() -> None:
    evidence = RoleEvidence()
    drift = DriftById("a", {"Admin": [1]}, {"Admin": [2]})
    for day in (1, 2):
        plan = PlanMade(
            time=at(day), run=f"p{day}", status="planned", drift=drift, source=Source("l", "", 1, listed={})
        )
        evidence.add(plan)
    assert [(evidence.known["Admin", user].holds, evidence.known["Admin", user].run) for user in (1, 2)] == [
        (True, "p1"),
        (False, "p1"),
    ]
    assert evidence.readings("Admin").first is None  # nothing shows that the plan's read covered the role
