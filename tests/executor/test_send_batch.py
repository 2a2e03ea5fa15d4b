"""Sending a batch: refused, answered or of unclear effect, each change ends with its true outcome."""

from itertools import count
from math import ceil, log2
from typing import Literal

import pytest
from pydantic import SecretStr

from rolesync.errors import (
    ForbiddenError,
    NeverSentError,
    NotOfferedError,
    ServerError,
    StudioError,
    UnreachableError,
)
from rolesync.executor.send_batch import DENIALS, FAILURES, FRUITLESS
from rolesync.executor.unconfirmed_changes import MAX_REQUESTS, PARTS
from rolesync.history.event_reader import EVENTS
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests
from rolesync.model.keys import format_roles
from rolesync.studio.auth.tokens import FixedToken
from tests.executor.writing import (
    DONE,
    FAILED,
    GHOST,
    GREG,
    HANNAH,
    MARIA,
    NOT_SENT,
    OMAR,
    PARALLEL,
    STEPS,
    UNKNOWN,
    Script,
    Start,
    StudioUser,
    accepting,
    answering_reads,
    check_record,
    plan_of,
    steps_for,
    studio_user,
    with_outcome,
)
from tests.servers import ReceivedRequest, ScriptedAnswer

# Refused


@pytest.mark.parametrize("place", [0, 1, 24, 25, 48, 49])
@pytest.mark.parametrize("batches", ["atomic", "partial"])
def test_one_user_at_fault_costs_few_requests(start: Start, batches: str, place: int) -> None:
    runner, sandbox = start(batches=batches)
    steps = steps_for(sandbox, 49, 0)
    known = {user["id"] for user in sandbox.people()}
    first_id = [5, *(uid for uid, _, _ in steps)][place]
    ghost = next(uid for uid in count(first_id) if uid not in known)
    executed = runner.run(plan_of([*steps, (ghost, "add", "Admin")], sandbox.people()))
    check_record(runner, sandbox, executed)
    assert with_outcome(executed, FAILED) == [(ghost, "add", "Admin")]
    assert runner.client.counts["put_roles"] <= 1 + 2 * ceil(log2(50))
    assert runner.client.counts["search_role"] + runner.client.counts["user"] <= 2 * ceil(log2(50))
    assert "no longer in Studio" in executed.outcomes.set_index("user_id")["detail"][ghost]


def test_a_holder_whom_only_the_search_knows_is_named(start: Start) -> None:
    runner, _ = start()
    ghost = {"id": GHOST, "email": "ghost@example.edu", "full_name": "Ghost", "role_names": ["Admin"]}
    executed = runner.run(plan_of([(GHOST, "remove", "Admin")], [ghost]))
    assert with_outcome(executed, FAILED) == [(GHOST, "remove", "Admin")]
    detail = executed.outcomes.set_index("user_id")["detail"][GHOST]
    assert detail == f"the search lists #{GHOST}, but Studio answers 404 for this id"


@pytest.mark.parametrize("parallel", PARALLEL)
def test_several_users_at_fault_delay_no_other_user(start: Start, parallel: int) -> None:
    runner, sandbox = start()
    steps = steps_for(sandbox, 60, 0)
    ghosts = [(5, "add", "Admin"), (GHOST, "add", "Admin"), (10**9, "add", "Admin")]
    executed = runner.run(plan_of([*steps, *ghosts], sandbox.people(), chunk=12), parallel)
    check_record(runner, sandbox, executed)
    assert with_outcome(executed, FAILED) == ghosts
    assert len(with_outcome(executed, DONE)) == 60


def test_a_refused_role_fails_with_studios_message(start: Start) -> None:
    runner, sandbox = start()
    steps = [(OMAR, "add", "Admin"), (GREG, "add", "King"), (MARIA, "remove", "Admin")]
    users = sandbox.people()
    executed = runner.run(plan_of(steps, users, managed=("Admin",)))
    check_record(runner, sandbox, executed)
    assert with_outcome(executed, FAILED) == [(GREG, "add", "King")]
    detail = executed.outcomes.set_index("role")["detail"]["King"]
    assert detail == "PUT /api/public/v1/users/roles: Studio answered 422 (Invalid role: King)"


@pytest.mark.parametrize(
    ("cap", "status", "batches"),
    [(1, 422, "atomic"), (3, 413, "partial"), (10, 413, "atomic"), (10, 422, "partial"), (49, 413, "atomic")],
)
def test_the_largest_accepted_batch_is_learned_once(
    start: Start, cap: int, status: Literal[413, 422], batches: str
) -> None:
    runner, sandbox = start(max_actions=cap, max_actions_status=status, batches=batches)
    executed = runner.run(plan_of(steps_for(sandbox, 115), sandbox.people()))
    check_record(runner, sandbox, executed)
    assert len(with_outcome(executed, DONE)) == 120
    assert runner.statuses.count(status) <= ceil(log2(50 / cap))  # in the first chunk only
    accepted = [len(entry["after"]) for entry in runner.records("outcome") if entry["status"] == 200]
    assert cap / 2 <= max(accepted) <= cap
    assert len(accepted) <= 120 / max(accepted) + 6  # as few as with the learned batch, and a remainder in each chunk


def test_a_batch_limit_and_a_user_at_fault_are_told_apart(start: Start) -> None:
    runner, sandbox = start(max_actions=7, max_actions_status=422)
    executed = runner.run(plan_of([*steps_for(sandbox, 120), (GHOST, "add", "Admin")], sandbox.people()))
    check_record(runner, sandbox, executed)
    assert with_outcome(executed, FAILED) == [(GHOST, "add", "Admin")]
    assert len(with_outcome(executed, DONE)) == 125


@pytest.mark.parametrize("batches", ["atomic", "partial"])
def test_changes_made_meanwhile_by_other_hands_count_as_done(start: Start, batches: str) -> None:
    runner, sandbox = start(redundant="refused", batches=batches)
    plan = plan_of(steps_for(sandbox, 10), sandbox.people())
    sandbox.edit_person(OMAR, roles=["Teacher", "Admin"])
    sandbox.edit_person(MARIA, roles=[])
    executed = runner.run(plan)
    assert len(with_outcome(executed, DONE)) == 15
    by_hand = {entry["user_id"] for entry in sandbox.log() if entry["by"] == "hand"}
    assert by_hand == {OMAR, MARIA}
    detail = executed.outcomes.set_index("user_id")["detail"]
    assert (detail[OMAR], detail[MARIA]) == ("confirmed by reading again", "confirmed by reading again")


@pytest.mark.parametrize("present", ["all", "one"])
def test_a_refused_batch_whose_changes_are_all_made_is_done(start: Start, present: str) -> None:
    runner, sandbox = start(redundant="refused")
    plan = plan_of([(OMAR, "add", "Admin"), (GREG, "remove", "Admin")], sandbox.people())
    sandbox.edit_person(OMAR, roles=["Admin"])
    if present == "all":
        sandbox.edit_person(GREG, roles=[])
    executed = runner.run(plan)
    assert len(with_outcome(executed, DONE)) == 2
    assert runner.client.counts["put_roles"] == (1 if present == "all" else 2)


def test_a_forbidden_write_ends_the_run(start: Start) -> None:
    runner, sandbox = start(client={"tokens": FixedToken(SecretStr("reader-token"))})
    executed = runner.run(plan_of(steps_for(sandbox, 60), sandbox.people()))
    assert isinstance(executed.stopped, ForbiddenError)
    assert (len(with_outcome(executed, FAILED)), len(with_outcome(executed, NOT_SENT))) == (50, 15)
    assert "answered 403" in executed.outcomes["detail"].iloc[0]
    assert (sandbox.log(), runner.client.counts, runner.statuses) == ([], {"put_roles": 1}, [403])
    assert runner.progress == []


def test_a_rate_limit_that_stays_ends_the_run(start: Start) -> None:
    runner, sandbox = start("429=1,on=writes")
    executed = runner.run(plan_of(steps_for(sandbox, 60), sandbox.people()))
    assert (len(with_outcome(executed, FAILED)), len(with_outcome(executed, NOT_SENT))) == (50, 15)
    assert (runner.client.counts, runner.statuses) == ({"put_roles": 8}, [429])
    check_record(runner, sandbox, executed)


# Answers to accepted requests


def test_roles_lost_as_a_side_effect_are_noted(start: Start) -> None:
    runner, sandbox = start(exclusive_admin=True)
    executed = runner.run(plan_of([(HANNAH, "add", "Admin"), (MARIA, "add", "Subaccount admin")], sandbox.people()))
    check_record(runner, sandbox, executed)
    assert executed.outcomes["detail"].tolist() == ["also lost Admin", "also lost Subaccount admin"]
    assert executed.outcomes["after"].tolist() == [
        format_roles(["Subaccount admin"]),
        format_roles(["Admin", "Teacher"]),
    ]


def test_roles_gained_as_a_side_effect_are_noted(script: Script) -> None:
    users = [studio_user(1, "Admin", "Teacher")]
    runner, _ = script(lambda _asked: ScriptedAnswer(body={"users": users}))
    executed = runner.run(plan_of([(1, "add", "Admin")], [studio_user(1)]))
    assert (with_outcome(executed, DONE), executed.outcomes["detail"][0]) == (
        [(1, "add", "Admin")],
        "also gained Teacher",
    )


def test_of_two_roles_that_exclude_each_other_the_first_fails(start: Start) -> None:
    runner, sandbox = start(exclusive_admin=True)
    roles = ("Admin", "Subaccount admin")
    steps = [(OMAR, "add", "Admin"), (OMAR, "add", "Subaccount admin"), (GREG, "remove", "Admin")]
    executed = runner.run(plan_of(steps, sandbox.people(), managed=roles))
    assert with_outcome(executed, FAILED) == [(OMAR, "add", "Admin")]
    assert executed.outcomes["detail"][0] == "Studio answered 200, but doesn't show the change"
    assert len(with_outcome(executed, DONE)) == 2


@pytest.mark.parametrize("batches", ["atomic", "partial"])
def test_all_changes_of_a_user_stay_in_one_request(start: Start, batches: str) -> None:
    runner, sandbox = start(exclusive_admin=True, batches=batches, max_actions=3)
    steps = [(uid, "add", "Admin") for uid, _, _ in steps_for(sandbox, 3, 0) if uid != HANNAH]
    steps += [(HANNAH, "add", "Admin"), (HANNAH, "remove", "Subaccount admin")]
    executed = runner.run(plan_of(steps, sandbox.people(), managed=("Admin", "Subaccount admin")))
    assert len(with_outcome(executed, DONE)) == len(steps)
    for entry in runner.records("intent"):
        assert [action["user_id"] for action in entry["actions"]].count(HANNAH) in {0, 2}


def test_a_change_of_an_id_with_a_new_address_is_not_called_done(start: Start) -> None:
    runner, sandbox = start()
    plan = plan_of([(OMAR, "add", "Admin"), (GREG, "remove", "Admin")], sandbox.people())
    sandbox.edit_person(OMAR, email="other@example.edu")
    sandbox.edit_person(GREG, email="GREG.STONE@example.edu")
    executed = runner.run(plan)
    assert with_outcome(executed, FAILED) == [(OMAR, "add", "Admin")]
    assert "Studio now shows 'other@example.edu'" in executed.outcomes["detail"][0]
    assert executed.outcomes["after"][0] == format_roles(["Admin", "Teacher"])


@pytest.mark.parametrize("answer", [[], [studio_user(1)], [studio_user(3, "Admin")]], ids=str)
def test_users_whose_changes_the_answer_lacks_are_read_until_reads_can_be_believed(
    script: Script, answer: list[StudioUser]
) -> None:
    users = {1: studio_user(1, "Admin"), 2: studio_user(2)}
    runner, _ = script(answering_reads(users, lambda _asked: ScriptedAnswer(body={"users": answer})))
    executed = runner.run(plan_of(STEPS, [studio_user(1), studio_user(2)]))
    assert (with_outcome(executed, DONE), with_outcome(executed, UNKNOWN)) == ([STEPS[0]], [STEPS[1]])
    assert executed.outcomes["detail"].tolist() == [
        "confirmed by reading again",
        "Studio answered 200, but doesn't show the change",
    ]
    assert runner.client.counts["put_roles"] == 1
    assert runner.fake_sleep.seconds == [1, 2, 4, 8, 16, pytest.approx(29, abs=2)]
    assert [request.user_ids for request in open_requests(read_events(runner.folder, EVENTS))] == [(2,)]


def test_an_answer_that_shows_one_change_of_a_user_decides_the_other(start: Start) -> None:
    runner, sandbox = start(exclusive_admin=True)
    roles = ("Admin", "Subaccount admin")
    steps = [(OMAR, "add", "Admin"), (OMAR, "add", "Subaccount admin")]
    executed = runner.run(plan_of(steps, sandbox.people(), managed=roles))
    assert (with_outcome(executed, FAILED), with_outcome(executed, DONE)) == (steps[:1], steps[1:])
    assert runner.fake_sleep.seconds == []


# Requests that Studio doesn't offer


@pytest.mark.parametrize("parallel", PARALLEL)
def test_a_studio_without_the_call_ends_the_run_after_few_requests(start: Start, parallel: int) -> None:
    runner, sandbox = start()
    sandbox.set_faults("404-route=1,on=writes")
    steps = steps_for(sandbox, 60)
    executed = runner.run(plan_of(steps, sandbox.people(), chunk=5), parallel, settled=True)
    check_record(runner, sandbox, executed)
    assert isinstance(executed.stopped, NotOfferedError)
    requests = len(runner.statuses)
    assert (set(runner.statuses), requests <= 2 * parallel) == ({404}, True)
    assert with_outcome(executed, DONE) == []
    assert len(with_outcome(executed, NOT_SENT)) >= len(steps) - 5 * parallel
    assert runner.client.counts["put_roles"] == requests
    assert "doesn't offer this call" in executed.stopped.message


NO_USER = ScriptedAnswer(404, {"error": "The user(s) was not found"})
NO_TEXT = ScriptedAnswer(404)


@pytest.mark.parametrize("number", [1, 2, 50])
@pytest.mark.parametrize("parallel", PARALLEL)
def test_a_404_for_every_user_whom_studio_shows_means_that_it_does_not_offer_the_call(
    script: Script, number: int, parallel: int
) -> None:
    users = {user_id: studio_user(user_id) for user_id in range(1, number + 1)}
    runner, server = script(answering_reads(users, lambda _: NO_USER))
    plan = plan_of([(user_id, "add", "Admin") for user_id in users], list(users.values()))
    executed = runner.run(plan, parallel, settled=True)
    assert isinstance(executed.stopped, NotOfferedError)
    assert "answered 404 (The user(s) was not found) for users whom it shows" in executed.stopped.message
    assert not executed.outcomes["detail"].str.contains("no longer in Studio").any()
    assert sum(request.method == "PUT" for request in server.requests) <= 1 + ceil(log2(50)) + DENIALS
    assert len(with_outcome(executed, FAILED)) == number
    assert open_requests(read_events(runner.folder, EVENTS)) == []


@pytest.mark.parametrize("refusal", [NO_USER, NO_TEXT], ids=["text", "empty"])
def test_one_user_whom_studio_shows_and_cannot_change_delays_no_other_user(
    script: Script, refusal: ScriptedAnswer
) -> None:
    users = {user_id: studio_user(user_id) for user_id in range(1, 9)}

    def without_first(request: ReceivedRequest) -> ScriptedAnswer | None:
        return refusal if any(action["user_id"] == 1 for action in request.json["actions"]) else None

    runner, _ = script(accepting(users, without_first))
    executed = runner.run(plan_of([(user_id, "add", "Admin") for user_id in users], [studio_user(n) for n in users]))
    assert (with_outcome(executed, FAILED), executed.stopped) == ([(1, "add", "Admin")], None)
    assert len(with_outcome(executed, DONE)) == 7


@pytest.mark.parametrize("answer", [ScriptedAnswer(401, b"{}"), ScriptedAnswer(403, b"<html>")], ids=["401", "403"])
def test_a_run_that_ends_while_it_isolates_a_refusal_leaves_no_change_open(
    script: Script, answer: ScriptedAnswer
) -> None:
    """Studio applies a part of the batch that it refuses, and shows it only later."""
    users = {user_id: studio_user(user_id) for user_id in range(1, 9)}
    answers = iter([ScriptedAnswer(422, {"error": "no"})])

    def put(_request: ReceivedRequest) -> ScriptedAnswer:
        if refusal := next(answers, None):
            return refusal
        users[2]["role_names"] = users[7]["role_names"] = ["Admin"]
        return answer

    runner, _ = script(answering_reads(users, put))
    plan = plan_of([(user_id, "add", "Admin") for user_id in users], list(users.values()))
    executed = runner.run(plan, settled=True)
    assert isinstance(executed.stopped, StudioError)
    assert with_outcome(executed, DONE) == [(2, "add", "Admin"), (7, "add", "Admin")]
    assert len(with_outcome(executed, FAILED)) == 6
    events = list(read_events(runner.folder, EVENTS))
    assert open_requests(events) == []
    assert sorted(effect.user_id for effect in effects(events)) == [2, 7]


# Requests of unclear effect


def test_sent_changes_that_cannot_be_read_again_are_unknown(script: Script) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return ScriptedAnswer(body={"users": []}) if request.method == "PUT" else ScriptedAnswer(403, {"error": "no"})

    steps = [(number, "add", "Admin") for number in range(1, 6)]
    runner, _ = script(answer)
    executed = runner.run(plan_of(steps, [studio_user(number) for number, _, _ in steps], chunk=1))
    assert (with_outcome(executed, UNKNOWN), with_outcome(executed, NOT_SENT)) == (steps[:FAILURES], steps[FAILURES:])
    assert isinstance(executed.stopped, ForbiddenError)


def test_a_refused_change_that_cannot_be_read_again_is_unknown(script: Script) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return (
            ScriptedAnswer(404, {"error": "gone"}) if request.method == "PUT" else ScriptedAnswer(403, {"error": "no"})
        )

    runner, _ = script(answer)
    executed = runner.run(plan_of(STEPS, [studio_user(1), studio_user(2)]))
    assert with_outcome(executed, UNKNOWN) == STEPS
    assert "answered 404 (gone)" in executed.outcomes["detail"][0]


def test_writes_that_fail_again_and_again_end_the_run(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 6)}
    steps = [(number, "add", "Admin") for number in users]
    runner, server = script(answering_reads(users, lambda _asked: ScriptedAnswer(503, b"", {"Retry-After": "3"})))
    executed = runner.run(plan_of(steps, list(users.values()), chunk=1))
    assert isinstance(executed.stopped, ServerError)
    assert (with_outcome(executed, UNKNOWN), with_outcome(executed, NOT_SENT)) == (steps[:FAILURES], steps[FAILURES:])
    assert runner.statuses == ["unknown"] * FAILURES * FRUITLESS
    assert runner.fake_sleep.seconds.count(3) >= FAILURES * FRUITLESS  # as long as Studio asked
    assert sum(runner.fake_sleep.seconds) >= 60 * FRUITLESS  # no change was sent again before its effect could be seen
    assert len(server.requests) < 100


@pytest.mark.parametrize("place", [0, 7, 19])
def test_a_user_at_whom_studio_always_fails_delays_no_other_user(script: Script, place: int) -> None:
    users = {number: studio_user(number) for number in range(1, 21)}

    def put(request: ReceivedRequest) -> ScriptedAnswer:
        changed = [users[entry["user_id"]] for entry in request.json["actions"]]
        if place + 1 in [user["id"] for user in changed]:
            return ScriptedAnswer(500, b"")
        for user in changed:
            user["role_names"] = ["Admin"]
        return ScriptedAnswer(body={"users": changed})

    runner, _ = script(answering_reads(users, put))
    executed = runner.run(plan_of([(number, "add", "Admin") for number in users], [studio_user(n) for n in users]))
    assert (with_outcome(executed, UNKNOWN), executed.stopped) == ([(place + 1, "add", "Admin")], None)
    assert len(with_outcome(executed, DONE)) == 19
    assert len(runner.records("intent")) <= 2 + PARTS + MAX_REQUESTS


def test_a_studio_that_fails_at_every_user_ends_the_run_soon(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 51)}
    runner, _ = script(answering_reads(users, lambda _asked: ScriptedAnswer(500, b"")))
    executed = runner.run(plan_of([(number, "add", "Admin") for number in users], list(users.values()), chunk=40))
    assert isinstance(executed.stopped, ServerError)
    assert len(with_outcome(executed, UNKNOWN)) == FAILURES * 5  # the last requests; of the others, reads are believed
    assert len(with_outcome(executed, FAILED)) == 50 - FAILURES * 5
    assert len(runner.records("intent")) == 2 + FAILURES


def test_a_studio_that_becomes_unreachable_ends_the_run(script: Script) -> None:
    runner, server = script(lambda _asked: ScriptedAnswer(end="reset"))
    executed = runner.run(plan_of(STEPS, [studio_user(1), studio_user(2)], chunk=1))
    assert isinstance(executed.stopped, UnreachableError)
    assert with_outcome(executed, UNKNOWN) == STEPS
    assert [doubt.request.user_ids for doubt in executed.doubts.open] == [(1,), (2,)]
    assert "broke" in executed.outcomes["detail"][0]
    assert runner.statuses == ["unknown"] * 2
    assert len(server.requests) >= 2 + 8


def test_changes_to_an_unreachable_studio_are_not_sent(script: Script) -> None:
    runner, server = script(lambda _asked: ScriptedAnswer(), listening=False)
    executed = runner.run(plan_of(STEPS, [studio_user(1), studio_user(2)], chunk=1))
    assert isinstance(executed.stopped, NeverSentError)
    assert with_outcome(executed, NOT_SENT) == STEPS
    assert "can't be reached" in executed.outcomes["detail"][0]
    assert (runner.statuses, server.requests) == (["not_sent"], [])


ODD = [201, 202, 204, 301, 302, 307, 308, 408, 409, 425, 499]


@pytest.mark.parametrize("status", ODD)
def test_after_an_undocumented_status_reading_shows_what_was_applied(script: Script, status: int) -> None:
    users = {number: studio_user(number) for number in range(1, 9)}

    def put(request: ReceivedRequest) -> ScriptedAnswer:
        for entry in request.json["actions"]:
            users[entry["user_id"]]["role_names"] = ["Admin"]
        return ScriptedAnswer(status, b"", {"location": "/login"})

    runner, _ = script(answering_reads(users, put))
    steps = [(number, "add", "Admin") for number in users]
    executed = runner.run(plan_of(steps, [studio_user(number) for number in users], chunk=1))
    assert (with_outcome(executed, DONE), executed.stopped) == (steps, None)
    assert open_requests(read_events(runner.folder, EVENTS)) == []
    assert runner.statuses == [status] * len(steps)


@pytest.mark.parametrize("status", ODD)
def test_an_undocumented_status_is_no_answer_if_studio_cannot_be_read(script: Script, status: int) -> None:
    runner, _ = script(lambda _asked: ScriptedAnswer(status, b"", {"location": "/login"}))
    executed = runner.run(plan_of(STEPS, [studio_user(1), studio_user(2)], chunk=1))
    assert type(executed.stopped) is StudioError
    assert with_outcome(executed, UNKNOWN) == STEPS
    assert len(open_requests(read_events(runner.folder, EVENTS))) == 2


# Reads from before an earlier run

ROLES = ("Admin", "Teacher")


def test_an_answer_that_may_be_from_before_an_earlier_run_decides_nothing(script: Script) -> None:
    """An earlier run had taken Admin and given Teacher; the answer shows the user as before that."""
    users = {1: studio_user(1, "Teacher")}

    def put(_request: ReceivedRequest) -> ScriptedAnswer:
        users[1]["role_names"] = ["Admin"]
        return ScriptedAnswer(body={"users": [studio_user(1, "Admin", "Teacher")]})

    steps = [(1, "remove", "Teacher"), (1, "add", "Admin")]
    plan = plan_of(steps, [studio_user(1, "Teacher")], managed=ROLES)
    runner, _ = script(answering_reads(users, put))
    executed = runner.run(plan, changed_lately={1})
    assert (sorted(with_outcome(executed, DONE)), executed.doubts.open) == (sorted(steps), [])
    assert len(effects(read_events(runner.folder, EVENTS))) == 2


@pytest.mark.parametrize("status", [500, 422])
def test_a_read_that_may_be_from_before_an_earlier_run_confirms_nothing(script: Script, status: int) -> None:
    """An earlier run had given the role, and reads show the user as before that for half a minute."""
    users = {1: studio_user(1)}
    runner, server = script(answering_reads(users, lambda _: ScriptedAnswer(status, {"error": "no"})))

    def show_the_earlier_run() -> None:
        if sum(runner.fake_sleep.seconds) > 30:
            users[1]["role_names"] = ["Admin"]

    runner.on_progress = show_the_earlier_run
    plan = plan_of([(1, "remove", "Admin")], [studio_user(1, "Admin")])
    executed = runner.run(plan, settled=True, changed_lately={1})
    assert with_outcome(executed, DONE) == []
    assert effects(read_events(runner.folder, EVENTS)) == []
    assert len(server.requests) < 100


def test_a_read_of_one_role_says_nothing_of_the_others(script: Script) -> None:
    """Several holders are read by one search for each role, and one of the searches lags."""
    users = {number: studio_user(number) for number in range(1, 9)}
    searches: list[str] = []

    def put(request: ReceivedRequest) -> ScriptedAnswer:
        for entry in request.json["actions"]:
            users[entry["user_id"]]["role_names"] = list(ROLES)
        return ScriptedAnswer(500, b"")

    current = answering_reads(users, put)

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        searches.append(request.query.get("role", ""))
        if request.query.get("role") == "Teacher" and searches.count("Teacher") == 1:
            return ScriptedAnswer(body={"users": [], "meta": {"current_page": 1, "last_page": 1, "total_count": 0}})
        return current(request)

    steps = [(number, "add", role) for number in users for role in ROLES]
    runner, _ = script(answer)
    executed = runner.run(plan_of(steps, [studio_user(number) for number in users], managed=ROLES))
    assert (with_outcome(executed, DONE), runner.statuses) == (steps, ["unknown"])
    assert searches.count("Teacher") == 2
    assert len(effects(read_events(runner.folder, EVENTS))) == len(steps)
