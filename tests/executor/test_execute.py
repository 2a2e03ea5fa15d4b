"""Applying a plan: whatever Studio does, each change ends as what really became of it, and the record says the same."""

import resource
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from math import ceil, log2
from pathlib import Path
from threading import Barrier, Event, Lock
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from rolesync.audit.record import open_record
from rolesync.errors import (
    ForbiddenError,
    RecordBrokenError,
    RecordError,
    ServerError,
    StudioError,
    UnreachableError,
)
from rolesync.executor.execute import Execution, execute
from rolesync.executor.send import HALVED_ROUNDS, ROUNDS
from rolesync.history.effects import effects, open_requests
from rolesync.history.journal import Journal
from rolesync.history.runs import read_records
from rolesync.model.frames import CHANGES, HELD, OUTCOMES, frame, require
from rolesync.model.keys import format_roles
from rolesync.model.lists import Source
from rolesync.model.live import Requests
from rolesync.model.plans import Changes, Plan, Policy, RoleCount
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.planner.build import make_plan
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.auth.tokens import FixedToken
from rolesync.studio.responses import NeverSentError
from rolesync.studio.users import StudioWriter
from tests.servers import Answering, Asked, Naps, Say, ScriptedStudio, client_of

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
OWNER, MARIA, GREG, HANNAH, OMAR, GHOST = 1002, 1003, 1031, 1044, 1052, 15_000
DONE, FAILED, _, UNKNOWN, NOT_SENT = (status.value for status in OutcomeStatus)

Step = tuple[int, str, str]
Person = dict[str, Any]


def plan_of(
    steps: Sequence[Step], people: Sequence[Person], chunk: int = 50, managed: Sequence[str] = ("Admin",)
) -> Plan:
    """Plan these (user id, action, role), with the people as they are now."""
    known = {person["id"]: person for person in people}
    ghost = {"email": "ghost@example.edu", "full_name": "Ghost", "role_names": []}
    owners = [known.get(user_id, ghost) for user_id, _, _ in steps]
    data = {
        "user_id": [user_id for user_id, _, _ in steps],
        "email": [owner.get("email") or "" for owner in owners],
        "name": [owner["full_name"] for owner in owners],
        "action": [action for _, action, _ in steps],
        "role": [role for _, _, role in steps],
        "reason": ["listed" if action == "add" else "not_listed" for _, action, _ in steps],
        "row": range(2, len(steps) + 2),
        "before": [format_roles(owner["role_names"]) for owner in owners],
    }
    verbs = Counter((role, action) for _, action, role in steps)
    holders = Counter(role for person in people for role in person["role_names"])
    numbers = tuple(RoleCount(role, holders[role], verbs[role, "add"], verbs[role, "remove"]) for role in managed)
    return make_plan(
        account="http://127.0.0.1",
        created_at=NOW,
        source=Source("list.csv", "ab" * 32, len(steps)),
        policy=Policy(managed_roles=tuple(managed), chunk_size=chunk),
        changes=Changes(frame(CHANGES, data), frame(HELD), numbers),
        verdicts=(),
        findings=(),
        requests=Requests({}),
    )


class Bench:
    """Runs plans against one server, with a real record."""

    def __init__(self, base_url: str, folder: Path, stack: ExitStack, **client: Any) -> None:
        self.folder = folder
        self.naps = Naps()
        self.client = stack.enter_context(client_of(base_url, self.naps, **client))
        self.told: list[tuple[str, int, int]] = []
        self.when_told: Callable[[], None] = lambda: None

    def run(self, plan: Plan, at_once: int = 1) -> Execution:
        with open_record(self.folder, now=lambda: NOW) as record:
            journal = Journal(record, "r1", self.naps.clock)
            executed = execute(plan, StudioWriter(self.client), journal, self.tell, at_once=at_once)
        require(executed.outcomes, OUTCOMES)
        return executed

    def tell(self, stage: str, done: int, total: int) -> None:
        self.told.append((stage, done, total))
        self.when_told()

    def records(self, event: str) -> list[dict[str, Any]]:
        return [record for record in read_records(self.folder) if record["event"] == event]

    @property
    def statuses(self) -> list[object]:
        return [record["status"] for record in self.records("outcome")]


Start = Callable[..., tuple[Bench, Sandbox]]
Script = Callable[..., tuple[Bench, ScriptedStudio]]


@pytest.fixture
def start(sandboxes: Callable[[Options], Sandbox], tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def enter(faults: str = "", client: dict[str, Any] | None = None, **options: Any) -> tuple[Bench, Sandbox]:
            sandbox = sandboxes(Options(**{"users": 184, **options}))
            sandbox.set_faults(faults)
            return Bench(sandbox.base_url, tmp_path, stack, **(client or {})), sandbox

        yield enter


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    with ExitStack() as stack:

        def enter(answer: Answering, *, listening: bool = True, **client: Any) -> tuple[Bench, ScriptedStudio]:
            server = stack.enter_context(ScriptedStudio(answer, listening=listening))
            return Bench(server.base_url, tmp_path, stack, **client), server

        yield enter


def steps_of(log: Sequence[dict[str, Any]]) -> list[Step]:
    return [(entry["user_id"], entry["action"], entry["role"]) for entry in log]


def ended(executed: Execution, outcome: str) -> list[Step]:
    table = executed.outcomes[executed.outcomes["outcome"] == outcome]
    return list(zip(*(table[name].tolist() for name in ("user_id", "action", "role")), strict=True))


def check(bench: Bench, sandbox: Sandbox, executed: Execution) -> None:
    """Hold outcomes, record and Studio's own log against each other, action for action."""
    log = steps_of(sandbox.log())
    assert sorted(log) == sorted(ended(executed, DONE))
    assert len(set(log)) == len(log)
    intents, outcomes = bench.records("intent"), bench.records("outcome")
    assert [entry["request"] for entry in intents] == list(range(1, len(intents) + 1))
    chunk_of = {entry["request"]: entry["chunk"] for entry in intents}
    assert sorted(entry["request"] for entry in outcomes) == list(range(1, len(intents) + 1))
    assert all(entry["chunk"] == chunk_of[entry["request"]] for entry in outcomes)
    asked = {(action["user_id"], action["action"], action["role"]) for entry in intents for action in entry["actions"]}
    assert asked >= set(log)
    assert asked.isdisjoint(ended(executed, NOT_SENT))
    row = {
        (uid, role): row
        for uid, role, row in zip(*(executed.outcomes[n] for n in ("user_id", "role", "row")), strict=True)
    }
    for entry in intents:
        for action in entry["actions"]:
            assert action["row"] == row[action["user_id"], action["role"]]
        assert set(entry["before"]) == {str(action["user_id"]) for action in entry["actions"]}
    told = [(one.user_id, one.action.value, one.role) for one in effects(read_records(bench.folder))]
    assert sorted(told) == sorted(log)
    assert (open_requests(read_records(bench.folder)), executed.doubtful) == ([], ())
    people = {person["id"]: person["role_names"] for person in sandbox.people()}
    for user_id, action, role in ended(executed, DONE):
        assert (role in people[user_id]) == (action == "add")
    after = {int(uid): names for entry in outcomes for uid, names in entry["after"].items()}
    assert all(sorted(people[uid]) == sorted(names) for uid, names in after.items())


def many(sandbox: Sandbox, additions: int, removals: int = 5) -> list[Step]:
    """Give Admin to so many people who lack it, and take it from so many who have it."""
    people = sandbox.people()
    lacking = [person["id"] for person in people if "Admin" not in person["role_names"]]
    having = [person["id"] for person in people if "Admin" in person["role_names"]]
    return [
        *((uid, "add", "Admin") for uid in lacking[:additions]),
        *((uid, "remove", "Admin") for uid in having[:removals]),
    ]


AT_ONCE = (1, 3)
FAULTS = (
    "lost=0.4",
    "lost5xx=0.4",
    "cut=0.4",
    "500=0.4",
    "503=0.4",
    "reset=0.4",
    "html200=0.4",
    "html=0.4",
    "429=0.4",
    "403=0.4",
)


@pytest.mark.parametrize(
    ("faults", "batches", "redundant"),
    [
        *((f"{fault},on=writes" if fault else "", "atomic", "refused") for fault in ("", *FAULTS)),
        *((f"{fault},on=writes", "partial", "refused") for fault in ("lost=0.4", "cut=0.4", "reset=0.4")),
        *((f"{fault},on=writes", "partial", "accepted") for fault in ("lost5xx=0.4", "500=0.4")),
    ],
)
@pytest.mark.parametrize("at_once", AT_ONCE)
def test_everything_but_a_dead_user_gets_done(
    start: Start, faults: str, batches: str, redundant: str, at_once: int
) -> None:
    bench, sandbox = start(faults, batches=batches, redundant=redundant)
    steps = [*many(sandbox, 60), (GHOST, "add", "Admin")]
    executed = bench.run(plan_of(steps, sandbox.people(), chunk=20), at_once)
    assert executed.stopped is None
    assert ended(executed, FAILED) == [(GHOST, "add", "Admin")]
    assert len(ended(executed, DONE)) == 65
    check(bench, sandbox, executed)
    assert bench.told[-1] == ("applying", 66, 66)
    assert sorted(step[1] - before for step, before in zip(bench.told, [0, 20, 40, 60], strict=True)) == [6, 20, 20, 20]
    struck = sum(number for name, number in sandbox.fault_counts().items() if name not in {"429", "403"})
    assert (struck > 0) == (faults != "" and not faults.startswith("4"))
    assert bench.statuses.count("unknown") == struck


@pytest.mark.parametrize("at_once", AT_ONCE)
def test_faults_of_all_kinds_also_while_reading(start: Start, at_once: int) -> None:
    bench, sandbox = start(
        "lost=0.1,lost5xx=0.1,cut=0.1,500=0.05,reset=0.05,429=0.1,403=0.05",
        client={"attempts": 30, "retry_seconds": 1e6},
    )
    steps = many(sandbox, 150)
    executed = bench.run(plan_of(steps, sandbox.people(), chunk=10), at_once)
    assert (len(ended(executed, DONE)), executed.stopped) == (155, None)
    check(bench, sandbox, executed)


def test_a_day_without_faults_takes_one_request_for_each_chunk(start: Start) -> None:
    bench, sandbox = start()
    executed = bench.run(plan_of(many(sandbox, 95), sandbox.people()))
    check(bench, sandbox, executed)
    assert bench.client.counts == {"put_roles": 2}
    assert set(executed.outcomes["detail"]) == {""}
    assert bench.statuses == [200, 200]
    intent, outcome = bench.records("intent")[0], bench.records("outcome")[0]
    assert (intent["run"], intent["chunk"], len(intent["actions"])) == ("r1", 1, 50)
    assert intent["actions"][0].keys() == {"user_id", "action", "role", "email", "row"}
    assert len(outcome["after"]) == 50
    assert (outcome["error"], outcome["seconds"] >= 0) == ("", True)
    assert executed.outcomes["after"].iloc[0] == format_roles(
        sandbox.person(executed.outcomes["user_id"].iloc[0])["role_names"]
    )


# Refused


@pytest.mark.parametrize("place", [0, 1, 24, 25, 48, 49])
@pytest.mark.parametrize("batches", ["atomic", "partial"])
def test_one_culprit_costs_few_requests(start: Start, batches: str, place: int) -> None:
    bench, sandbox = start(batches=batches)
    steps = many(sandbox, 49, 0)
    known = {person["id"] for person in sandbox.people()}
    near = [5, *(uid for uid, _, _ in steps)][place]
    ghost = next(uid for uid in count(near) if uid not in known)
    executed = bench.run(plan_of([*steps, (ghost, "add", "Admin")], sandbox.people()))
    check(bench, sandbox, executed)
    assert ended(executed, FAILED) == [(ghost, "add", "Admin")]
    assert bench.client.counts["put_roles"] <= 1 + 2 * ceil(log2(50))
    assert bench.client.counts["search_role"] + bench.client.counts["user"] <= 2 * ceil(log2(50))
    assert "no longer in Studio" in executed.outcomes.set_index("user_id")["detail"][ghost]


@pytest.mark.parametrize("at_once", AT_ONCE)
def test_several_culprits_hold_up_nobody(start: Start, at_once: int) -> None:
    bench, sandbox = start()
    steps = many(sandbox, 60, 0)
    ghosts = [(5, "add", "Admin"), (GHOST, "add", "Admin"), (10**9, "add", "Admin")]
    executed = bench.run(plan_of([*steps, *ghosts], sandbox.people(), chunk=12), at_once)
    check(bench, sandbox, executed)
    assert ended(executed, FAILED) == ghosts
    assert len(ended(executed, DONE)) == 60


def test_a_role_that_studio_refuses_fails_in_its_words(start: Start) -> None:
    bench, sandbox = start()
    steps = [(OMAR, "add", "Admin"), (GREG, "add", "King"), (MARIA, "remove", "Admin")]
    people = sandbox.people()
    executed = bench.run(plan_of(steps, people, managed=("Admin",)))
    check(bench, sandbox, executed)
    assert ended(executed, FAILED) == [(GREG, "add", "King")]
    detail = executed.outcomes.set_index("role")["detail"]["King"]
    assert detail == "PUT /api/public/v1/users/roles: Studio answered 422 (Invalid role: King)"


@pytest.mark.parametrize(
    ("cap", "status", "batches"),
    [(1, 422, "atomic"), (3, 413, "partial"), (10, 413, "atomic"), (10, 422, "partial"), (49, 413, "atomic")],
)
def test_a_smaller_batch_is_learned_once(start: Start, cap: int, status: Literal[413, 422], batches: str) -> None:
    bench, sandbox = start(max_actions=cap, max_actions_status=status, batches=batches)
    executed = bench.run(plan_of(many(sandbox, 115), sandbox.people()))
    check(bench, sandbox, executed)
    assert len(ended(executed, DONE)) == 120
    assert bench.statuses.count(status) <= ceil(log2(50 / cap))  # in the first chunk only
    taken = [len(entry["after"]) for entry in bench.records("outcome") if entry["status"] == 200]
    assert cap / 2 <= max(taken) <= cap
    assert len(taken) <= 120 / max(taken) + 6  # as few as with the batch learned, and a remainder in each chunk


def test_a_cap_and_a_culprit_together(start: Start) -> None:
    bench, sandbox = start(max_actions=7, max_actions_status=422)
    executed = bench.run(plan_of([*many(sandbox, 120), (GHOST, "add", "Admin")], sandbox.people()))
    check(bench, sandbox, executed)
    assert ended(executed, FAILED) == [(GHOST, "add", "Admin")]
    assert len(ended(executed, DONE)) == 125


@pytest.mark.parametrize("batches", ["atomic", "partial"])
def test_what_somebody_else_has_done_meanwhile_is_done(start: Start, batches: str) -> None:
    bench, sandbox = start(redundant="refused", batches=batches)
    plan = plan_of(many(sandbox, 10), sandbox.people())
    sandbox.edit_person(OMAR, roles=["Teacher", "Admin"])
    sandbox.edit_person(MARIA, roles=[])
    executed = bench.run(plan)
    assert len(ended(executed, DONE)) == 15
    by_hand = {entry["user_id"] for entry in sandbox.log() if entry["by"] == "hand"}
    assert by_hand == {OMAR, MARIA}
    noted = executed.outcomes.set_index("user_id")["detail"]
    assert (noted[OMAR], noted[MARIA]) == ("seen by reading again", "seen by reading again")


@pytest.mark.parametrize("done_by", ["everybody", "one"])
def test_a_refused_batch_of_which_nothing_is_left_is_done(start: Start, done_by: str) -> None:
    bench, sandbox = start(redundant="refused")
    plan = plan_of([(OMAR, "add", "Admin"), (GREG, "remove", "Admin")], sandbox.people())
    sandbox.edit_person(OMAR, roles=["Admin"])
    if done_by == "everybody":
        sandbox.edit_person(GREG, roles=[])
    executed = bench.run(plan)
    assert len(ended(executed, DONE)) == 2
    assert bench.client.counts["put_roles"] == (1 if done_by == "everybody" else 2)


def test_a_caller_who_may_not_write_ends_the_run(start: Start) -> None:
    bench, sandbox = start(client={"tokens": FixedToken(SecretStr("reader-token"))})
    executed = bench.run(plan_of(many(sandbox, 60), sandbox.people()))
    assert isinstance(executed.stopped, ForbiddenError)
    assert (len(ended(executed, FAILED)), len(ended(executed, NOT_SENT))) == (50, 15)
    assert "answered 403" in executed.outcomes["detail"].iloc[0]
    assert (sandbox.log(), bench.client.counts, bench.statuses) == ([], {"put_roles": 1}, [403])
    assert bench.told == []


def test_a_studio_that_stays_busy_ends_the_run(start: Start) -> None:
    bench, sandbox = start("429=1,on=writes")
    executed = bench.run(plan_of(many(sandbox, 60), sandbox.people()))
    assert (len(ended(executed, FAILED)), len(ended(executed, NOT_SENT))) == (50, 15)
    assert (bench.client.counts, bench.statuses) == ({"put_roles": 8}, [429])
    check(bench, sandbox, executed)


# The answer


def test_side_effects_are_told(start: Start) -> None:
    bench, sandbox = start(exclusive_admin=True)
    executed = bench.run(plan_of([(HANNAH, "add", "Admin"), (MARIA, "add", "Subaccount admin")], sandbox.people()))
    check(bench, sandbox, executed)
    assert executed.outcomes["detail"].tolist() == ["also lost Admin", "also lost Subaccount admin"]
    assert executed.outcomes["after"].tolist() == [
        format_roles(["Subaccount admin"]),
        format_roles(["Admin", "Teacher"]),
    ]


def test_a_role_that_came_besides_is_told(script: Script) -> None:
    users = [person(1, "Admin", "Teacher")]
    bench, _ = script(lambda _asked: Say(body={"users": users}))
    executed = bench.run(plan_of([(1, "add", "Admin")], [person(1)]))
    assert (ended(executed, DONE), executed.outcomes["detail"][0]) == ([(1, "add", "Admin")], "also has Teacher")


def test_two_roles_that_exclude_each_other(start: Start) -> None:
    bench, sandbox = start(exclusive_admin=True)
    roles = ("Admin", "Subaccount admin")
    steps = [(OMAR, "add", "Admin"), (OMAR, "add", "Subaccount admin"), (GREG, "remove", "Admin")]
    executed = bench.run(plan_of(steps, sandbox.people(), managed=roles))
    assert ended(executed, FAILED) == [(OMAR, "add", "Admin")]
    assert executed.outcomes["detail"][0] == "Studio answered 200, but doesn't show the change"
    assert len(ended(executed, DONE)) == 2


@pytest.mark.parametrize("batches", ["atomic", "partial"])
def test_a_person_who_moves_between_roles_stays_in_one_request(start: Start, batches: str) -> None:
    bench, sandbox = start(exclusive_admin=True, batches=batches, max_actions=3)
    steps = [(uid, "add", "Admin") for uid, _, _ in many(sandbox, 3, 0) if uid != HANNAH]
    steps += [(HANNAH, "add", "Admin"), (HANNAH, "remove", "Subaccount admin")]
    executed = bench.run(plan_of(steps, sandbox.people(), managed=("Admin", "Subaccount admin")))
    assert len(ended(executed, DONE)) == len(steps)
    for entry in bench.records("intent"):
        assert [action["user_id"] for action in entry["actions"]].count(HANNAH) in {0, 2}


def test_an_id_that_is_somebody_else_now_is_not_called_done(start: Start) -> None:
    bench, sandbox = start()
    plan = plan_of([(OMAR, "add", "Admin"), (GREG, "remove", "Admin")], sandbox.people())
    sandbox.edit_person(OMAR, email="other@example.edu")
    sandbox.edit_person(GREG, email="GREG.STONE@example.edu")
    executed = bench.run(plan)
    assert ended(executed, FAILED) == [(OMAR, "add", "Admin")]
    assert "Studio now shows 'other@example.edu'" in executed.outcomes["detail"][0]
    assert executed.outcomes["after"][0] == format_roles(["Admin", "Teacher"])


def person(number: int, *roles: str) -> Person:
    return {"id": number, "email": f"p{number}@example.edu", "full_name": f"P {number}", "role_names": list(roles)}


def reading(people: dict[int, Person], put: Callable[[Asked], Say]) -> Answering:
    """Answer reads of these people, and writes by `put`."""

    def answer(asked: Asked) -> Say:
        if asked.method == "PUT":
            return put(asked)
        if asked.path.endswith("/search"):
            found = [one for one in people.values() if asked.query["role"] in one["role_names"]]
            return Say(body={"users": found, "meta": {"current_page": 1, "last_page": 1, "total_count": len(found)}})
        return Say(body={"user": people[int(asked.path.rpartition("/")[2])]})

    return answer


STEPS = [(1, "add", "Admin"), (2, "add", "Admin")]


@pytest.mark.parametrize("users", [[], [person(1)], [person(3, "Admin")]], ids=str)
def test_an_answer_that_falls_short_is_read_again(script: Script, users: list[Person]) -> None:
    people = {1: person(1, "Admin"), 2: person(2)}
    bench, _ = script(reading(people, lambda _asked: Say(body={"users": users})))
    executed = bench.run(plan_of(STEPS, [person(1), person(2)]))
    assert (ended(executed, DONE), ended(executed, FAILED)) == ([STEPS[0]], [STEPS[1]])
    assert executed.outcomes["detail"].tolist() == [
        "seen by reading again",
        "Studio answered 200, but doesn't show the change",
    ]
    assert bench.client.counts["put_roles"] == 1


# Unclear


def test_what_was_sent_and_cannot_be_read_again_is_unknown(script: Script) -> None:
    def answer(asked: Asked) -> Say:
        return Say(body={"users": []}) if asked.method == "PUT" else Say(403, {"error": "no"})

    bench, _ = script(answer)
    executed = bench.run(plan_of(STEPS, [person(1), person(2)], chunk=1))
    assert (ended(executed, UNKNOWN), ended(executed, NOT_SENT)) == ([STEPS[0]], [STEPS[1]])
    assert isinstance(executed.stopped, ForbiddenError)


def test_what_was_refused_and_cannot_be_read_again_is_unknown(script: Script) -> None:
    def answer(asked: Asked) -> Say:
        return Say(404, {"error": "gone"}) if asked.method == "PUT" else Say(403, {"error": "no"})

    bench, _ = script(answer)
    executed = bench.run(plan_of(STEPS, [person(1), person(2)]))
    assert ended(executed, UNKNOWN) == STEPS
    assert "answered 404 (gone)" in executed.outcomes["detail"][0]


def test_a_studio_that_only_reads_ends_the_run_after_some_rounds(script: Script) -> None:
    people = {number: person(number) for number in (1, 2)}
    bench, server = script(reading(people, lambda _asked: Say(503, b"", {"Retry-After": "3"})))
    executed = bench.run(plan_of(STEPS, list(people.values()), chunk=1))
    assert isinstance(executed.stopped, ServerError)
    assert (ended(executed, FAILED), ended(executed, NOT_SENT)) == ([STEPS[0]], [STEPS[1]])
    assert bench.statuses == ["unknown"] * ROUNDS
    held, pauses = bench.naps.taken[::2], bench.naps.taken[1::2]  # the one waits because Studio asked everybody to
    assert (len(held), pauses) == (ROUNDS, [3] * (ROUNDS - 1))
    assert all(2 < nap <= 3 for nap in held)
    assert len(server.asked) == 2 * ROUNDS


@pytest.mark.parametrize("place", [0, 7, 19])
def test_whoever_studio_always_fails_at_holds_up_nobody(script: Script, place: int) -> None:
    people = {number: person(number) for number in range(1, 21)}

    def put(asked: Asked) -> Say:
        users = [people[entry["user_id"]] for entry in asked.json["actions"]]
        if place + 1 in [user["id"] for user in users]:
            return Say(500, b"")
        for user in users:
            user["role_names"] = ["Admin"]
        return Say(body={"users": users})

    bench, _ = script(reading(people, put))
    executed = bench.run(plan_of([(number, "add", "Admin") for number in people], [person(n) for n in people]))
    assert (ended(executed, FAILED), executed.stopped) == ([(place + 1, "add", "Admin")], None)
    assert len(ended(executed, DONE)) == 19
    assert len(bench.records("intent")) <= ROUNDS + 2 * HALVED_ROUNDS * ceil(log2(20))


def test_a_studio_that_fails_at_everybody_ends_the_run_soon(script: Script) -> None:
    people = {number: person(number) for number in range(1, 51)}
    bench, _ = script(reading(people, lambda _asked: Say(500, b"")))
    executed = bench.run(plan_of([(number, "add", "Admin") for number in people], list(people.values()), chunk=40))
    assert isinstance(executed.stopped, ServerError)
    assert (len(ended(executed, FAILED)), len(ended(executed, NOT_SENT))) == (40, 10)
    assert len(bench.records("intent")) <= ROUNDS + 2 * HALVED_ROUNDS * ceil(log2(40))


def test_a_studio_that_goes_away_ends_the_run(script: Script) -> None:
    bench, server = script(lambda _asked: Say(end="reset"))
    executed = bench.run(plan_of(STEPS, [person(1), person(2)], chunk=1))
    assert isinstance(executed.stopped, UnreachableError)
    assert (ended(executed, UNKNOWN), ended(executed, NOT_SENT)) == ([STEPS[0]], [STEPS[1]])
    assert [request.user_ids for request in executed.doubtful] == [(1,)]
    assert "broke" in executed.outcomes["detail"][0]
    assert bench.statuses == ["unknown"]
    assert len(server.asked) == 1 + 8


def test_a_studio_that_was_never_there_got_nothing(script: Script) -> None:
    bench, server = script(lambda _asked: Say(), listening=False)
    executed = bench.run(plan_of(STEPS, [person(1), person(2)], chunk=1))
    assert isinstance(executed.stopped, NeverSentError)
    assert ended(executed, NOT_SENT) == STEPS
    assert "can't be reached" in executed.outcomes["detail"][0]
    assert (bench.statuses, server.asked) == (["not_sent"], [])


@pytest.mark.parametrize("say", [Say(409, b""), Say(204, b""), Say(302, b"", {"location": "/login"})], ids=str)
def test_a_status_that_nobody_documented_leaves_it_unknown(script: Script, say: Say) -> None:
    bench, server = script(lambda _asked: say)
    executed = bench.run(plan_of(STEPS, [person(1), person(2)], chunk=1))
    assert type(executed.stopped) is StudioError
    assert (ended(executed, UNKNOWN), ended(executed, NOT_SENT)) == ([STEPS[0]], [STEPS[1]])
    assert (bench.statuses, len(server.asked)) == ([say.status], 1)


# Several at once


def taking(people: dict[int, Person], first: Callable[[Asked], Say | None] = lambda _asked: None) -> Answering:
    """Take writes and answer them as Studio does, unless `first` has an answer."""

    def put(asked: Asked) -> Say:
        said = first(asked)
        if said:
            return said
        for entry in asked.json["actions"]:
            roles = people[entry["user_id"]]["role_names"]
            (roles.append if entry["action"] == "add" else roles.remove)(entry["role"])
        return Say(body={"users": [people[entry["user_id"]] for entry in asked.json["actions"]]})

    return reading(people, put)


def test_so_many_are_under_way_and_no_more(script: Script) -> None:
    people = {number: person(number) for number in range(1, 13)}
    meeting = Barrier(3, timeout=10)  # each request is answered once three are there

    def meet(_asked: Asked) -> None:
        with lock:
            inside.append(1)
            most.append(len(inside))
        meeting.wait()
        with lock:
            inside.pop()

    lock, inside, most = Lock(), list[int](), list[int]()
    bench, server = script(taking(people, meet))
    plan = plan_of([(number, "add", "Admin") for number in people], list(people.values()), chunk=1)
    executed = bench.run(plan, at_once=3)
    assert (len(ended(executed, DONE)), len(server.asked), max(most)) == (12, 12, 3)
    assert [done for _, done, _ in bench.told] == list(range(1, 13))


def test_nobody_loses_a_role_before_all_who_only_gain_have_it(script: Script) -> None:
    people = {number: person(number, *(["Admin"] if number > 20 else [])) for number in range(1, 41)}
    slow = Event()

    def dawdle(asked: Asked) -> None:
        # The first is answered last: only when the other chunks of its wave are through, or long after.
        numbers = [entry["user_id"] for entry in asked.json["actions"]]
        if 1 in numbers:
            slow.wait(10)
        with lock:
            through.append(numbers)
        if len(through) == 5:
            slow.set()

    lock, through = Lock(), list[list[int]]()
    bench, server = script(taking(people, dawdle))
    steps = [(number, "add" if number <= 20 else "remove", "Admin") for number in people]
    executed = bench.run(plan_of(steps, list(people.values()), chunk=3), at_once=4)
    assert len(ended(executed, DONE)) == 40
    asked = [[entry["user_id"] for entry in one.json["actions"]] for one in server.asked]
    assert sorted(asked[:6]) == [list(range(at, at + 3)) for at in range(1, 19, 3)]  # those who gain
    assert (through[5], asked[6]) == ([1, 2, 3], [19, 20, 21])  # the chunk in which both meet is alone
    assert sorted(asked[7:]) == [list(range(at, min(at + 3, 41))) for at in range(22, 41, 3)]


def test_a_final_error_ends_all_and_those_under_way_are_recorded(script: Script) -> None:
    people = {number: person(number) for number in range(1, 41)}

    def answer(asked: Asked) -> Say | None:
        if next(turns) < 3:
            barrier.wait()
        return Say(403, {"error": "no"}) if asked.json["actions"][0]["user_id"] == 1 else None

    # Only the first three wait for each other; of those that may begin before the refusal is known, none does.
    barrier, turns = Barrier(3, timeout=10), count()
    bench, server = script(taking(people, answer))
    plan = plan_of([(number, "add", "Admin") for number in people], list(people.values()), chunk=2)
    executed = bench.run(plan, at_once=3)
    assert isinstance(executed.stopped, ForbiddenError)
    assert ended(executed, FAILED) == [(1, "add", "Admin"), (2, "add", "Admin")]
    begun = len(server.asked)
    assert 3 <= begun <= 9
    assert len(bench.records("intent")) == begun
    assert sorted(bench.statuses, key=str) == [200] * (begun - 1) + [403]
    assert (len(ended(executed, DONE)), len(ended(executed, NOT_SENT))) == (2 * begun - 2, 40 - 2 * begun)
    assert open_requests(read_records(bench.folder)) == []


def test_a_studio_that_goes_away_leaves_unknown_what_was_under_way(script: Script) -> None:
    people = [person(number) for number in range(1, 21)]
    bench, _ = script(lambda _asked: Say(end="reset"))
    executed = bench.run(plan_of([(one["id"], "add", "Admin") for one in people], people, chunk=1), at_once=3)
    assert isinstance(executed.stopped, UnreachableError)
    begun = bench.records("intent")
    assert 1 <= len(begun) < 20
    unknown = [(entry["actions"][0]["user_id"], "add", "Admin") for entry in begun]
    assert sorted(unknown) == ended(executed, UNKNOWN)
    assert len(ended(executed, NOT_SENT)) == 20 - len(begun)
    assert [request.number for request in executed.doubtful] == list(range(1, len(begun) + 1))


def test_an_interruption_waits_for_what_is_under_way(script: Script) -> None:
    people = {number: person(number) for number in range(1, 41)}
    interrupted = Event()

    def answer(asked: Asked) -> None:
        if asked.json["actions"][0]["user_id"] != 1:
            interrupted.wait(10)

    def interrupt() -> None:
        interrupted.set()
        raise KeyboardInterrupt

    bench, server = script(taking(people, answer))
    bench.when_told = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.run(plan_of([(number, "add", "Admin") for number in people], list(people.values()), chunk=1), at_once=3)
    assert len(server.asked) < 40
    assert bench.statuses == [200] * len(server.asked)
    assert len(bench.records("intent")) == len(server.asked)
    assert len(bench.told) == 1


def test_an_interruption_does_not_wait_for_what_nobody_has_begun(script: Script) -> None:
    people = {number: person(number) for number in range(1, 41)}
    resting, interrupted = Event(), Event()
    taken = taking(people)

    def interrupt() -> None:
        resting.wait(10)
        interrupted.set()
        raise KeyboardInterrupt

    bench, server = script(
        lambda asked: (
            taken(asked) if asked.json["actions"][0]["user_id"] == 1 else Say(429, headers={"retry-after": "9"})
        )
    )

    def rest() -> None:
        resting.set()
        interrupted.wait(10)

    bench.naps.first = rest
    bench.when_told = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.run(plan_of([(number, "add", "Admin") for number in people], list(people.values()), chunk=1), at_once=3)
    assert len(server.asked) == len({asked.body for asked in server.asked})  # none was sent again
    assert len(server.asked) <= len(bench.records("intent"))
    assert sorted(set(bench.statuses), key=str) == [200, "unknown"]
    assert len(bench.records("intent")) == len(bench.statuses)


# The record


def test_an_interruption_leaves_an_outcome(start: Start) -> None:
    bench, sandbox = start("429=1,429-retry-after=1,on=writes,after=1")

    def interrupt() -> None:
        raise KeyboardInterrupt

    bench.naps.first = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.run(plan_of(many(sandbox, 60), sandbox.people(), chunk=20))
    assert bench.statuses == [200, "unknown"]
    assert bench.records("outcome")[1]["error"] == "interrupted (KeyboardInterrupt)"
    assert len(bench.records("intent")) == 2
    assert len(sandbox.log()) == 20


@pytest.fixture
def full_disk() -> Iterator[Callable[[Path], None]]:
    """Lets no file grow beyond the size of this one by more than a few bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(path: Path) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8, before[1]))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("at_once", AT_ONCE)
def test_nothing_leaves_that_cannot_be_recorded(start: Start, full_disk: Callable[[Path], None], at_once: int) -> None:
    bench, sandbox = start()
    plan = plan_of(many(sandbox, 60), sandbox.people())
    with open_record(bench.folder, now=lambda: NOW) as record:
        record.append("run.start", run="r1")
        full_disk(bench.folder / "audit.jsonl")
        journal = Journal(record, "r1", bench.naps.clock)
        with pytest.raises(RecordError, match="can't be written"):
            execute(plan, StudioWriter(bench.client), journal, lambda *_: None, at_once=at_once)
    assert (bench.client.counts, sandbox.counts()["roles"]) == ({}, 0)


@pytest.mark.parametrize("at_once", AT_ONCE)
def test_a_record_that_breaks_in_the_middle_ends_the_run(script: Script, tmp_path: Path, at_once: int) -> None:
    lock = Lock()

    def answer(_asked: Asked) -> Say:
        with lock:
            if not (tmp_path / "elsewhere.jsonl").exists():
                (tmp_path / "audit.jsonl").rename(tmp_path / "elsewhere.jsonl")
                (tmp_path / "audit.jsonl").touch()
        return Say(body={"users": [person(1, "Admin")]})

    bench, server = script(answer)
    with pytest.raises(RecordBrokenError):
        bench.run(plan_of(STEPS, [person(1), person(2)], chunk=1), at_once)
    assert 1 <= len(server.asked) <= at_once


def test_an_empty_plan_is_done_at_once(start: Start) -> None:
    bench, sandbox = start()
    executed = bench.run(plan_of([], sandbox.people()))
    assert (len(executed.outcomes), executed.stopped, bench.client.counts, bench.told) == (0, None, {}, [])
