"""The call that changes roles over HTTP: every status, the log, and each option that changes it."""

from collections.abc import Callable
from typing import Literal

import pytest
import requests

from rolesync.sandbox import Options, Sandbox
from tests.sandbox.test_users import emails, search

Call = Callable[..., requests.Response]
Start = Callable[..., Sandbox]

MARIA, GREG, HANNAH, ALEX, OMAR = 1003, 1031, 1044, 1002, 1052


def action(user_id: object, verb: object, role: object) -> dict[str, object]:
    return {"user_id": user_id, "action": verb, "role": role}


def put(call: Call, studio: Sandbox, *actions: dict[str, object]) -> requests.Response:
    return call(studio, "PUT", "/users/roles", json={"actions": list(actions)})


def test_put_applies_and_logs_changes_and_answers_with_the_users(studio: Sandbox, call: Call) -> None:
    answer = put(
        call, studio, action(OMAR, "add", "Admin"), action(GREG, "remove", "Admin"), action(OMAR, "remove", "Teacher")
    )
    assert answer.status_code == 200
    assert [(user["id"], user["role_names"]) for user in answer.json()["users"]] == [
        (OMAR, ["Admin"]),
        (GREG, ["Teacher"]),
    ]
    holders = [user["id"] for user in search(call, studio, role="Admin")["users"]]
    assert OMAR in holders
    assert GREG not in holders
    log = studio.log()
    assert [(entry["user_id"], entry["action"], entry["role"], entry["before"], entry["after"]) for entry in log] == [
        (OMAR, "add", "Admin", ["Teacher"], ["Teacher", "Admin"]),
        (GREG, "remove", "Admin", ["Admin", "Teacher"], ["Teacher"]),
        (OMAR, "remove", "Teacher", ["Teacher", "Admin"], ["Admin"]),
    ]
    assert [entry["seq"] for entry in log] == [1, 2, 3]
    assert {(entry["by"], entry["request_id"]) for entry in log} == {("api", answer.headers["x-request-id"])}


def test_the_log_has_the_request_id_of_the_caller(studio: Sandbox, call: Call) -> None:
    headers = {"Authorization": f"Bearer {studio.token}", "X-Request-Id": "run-7.chunk-1"}
    answer = call(studio, "PUT", "/users/roles", json={"actions": [action(OMAR, "add", "Admin")]}, headers=headers)
    assert answer.headers["x-request-id"] == studio.log()[0]["request_id"] == "run-7.chunk-1"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "Malformed request: the body is not JSON"),
        (b"{", "Malformed request: the body is not JSON"),
        (b"\xff\xfe", "Malformed request: the body is not JSON"),
        (b"[]", "Malformed request: the body is not a JSON object"),
        (b"{}", "Required parameter is missing"),
        (b'{"actions": []}', "Required parameter is missing"),
        (b'{"actions": 1}', "Malformed request: actions is not a list"),
        (b'{"actions": [1]}', "Malformed request: action 1 is not an object"),
        (b'{"actions": [{"user_id": 1, "action": "add"}]}', "Required parameter is missing"),
    ],
)
def test_a_malformed_put_is_400(studio: Sandbox, call: Call, data: bytes, text: str) -> None:
    answer = call(studio, "PUT", "/users/roles", data=data)
    assert (answer.status_code, answer.json()) == (400, {"error": text})


@pytest.mark.parametrize(
    ("bad", "status", "text"),
    [
        (action(999, "add", "Admin"), 404, "The user(s) was not found"),
        (action(2**70, "add", "Admin"), 404, "The user(s) was not found"),
        (action("1003", "add", "Admin"), 422, "Invalid user_id: 1003"),
        (action(True, "add", "Admin"), 422, "Invalid user_id: True"),
        (action(MARIA, "grant", "Admin"), 422, "Invalid action: grant"),
        (action(MARIA, "add", "King"), 422, "Invalid role: King"),
        (action(MARIA, "add", ["Admin"]), 422, "Invalid role: ['Admin']"),
    ],
)
def test_one_bad_action(start: Start, call: Call, bad: dict[str, object], status: int, text: str) -> None:
    kinds: list[tuple[Options, list[int]]] = [(Options(), []), (Options(batches="partial"), [OMAR])]
    for options, applied in kinds:
        studio = start(options)
        answer = put(call, studio, action(OMAR, "add", "Admin"), bad, action(GREG, "remove", "Admin"))
        assert (answer.status_code, answer.json()) == (status, {"error": text})
        assert [entry["user_id"] for entry in studio.log()] == applied
        assert ("Admin" in call(studio, "GET", f"/users/{OMAR}").json()["user"]["role_names"]) == bool(applied)
        assert search(call, studio, role="Admin")["meta"]["total_count"] == 10 + len(applied)


@pytest.mark.parametrize("status", [413, 422])
def test_too_many_actions(start: Start, call: Call, status: Literal[413, 422]) -> None:
    studio = start(Options(max_actions=2, max_actions_status=status))
    three = [action(number, "add", "Observer") for number in (ALEX, MARIA, GREG)]
    answer = put(call, studio, *three)
    assert (answer.status_code, answer.json()) == (status, {"error": "Too many actions: 3, at most 2 are allowed"})
    assert put(call, studio, *three[:2]).status_code == 200
    assert len(studio.log()) == 2


def test_redundant_actions_are_accepted_and_change_nothing(studio: Sandbox, call: Call) -> None:
    answer = put(call, studio, action(MARIA, "add", "Admin"), action(MARIA, "remove", "Observer"))
    assert (answer.status_code, answer.json()["users"][0]["role_names"]) == (200, ["Admin"])
    assert studio.log() == []


@pytest.mark.parametrize(
    ("verb", "role", "text"),
    [("add", "Admin", "already has the role Admin"), ("remove", "Observer", "does not have the role Observer")],
)
def test_redundant_actions_can_be_refused(start: Start, call: Call, verb: str, role: str, text: str) -> None:
    studio = start(Options(redundant="refused"))
    answer = put(call, studio, action(MARIA, verb, role))
    assert (answer.status_code, answer.json()) == (422, {"error": f"User {MARIA} {text}"})


@pytest.mark.parametrize("exclusive", [True, False])
def test_admin_and_subaccount_admin_can_exclude_each_other(start: Start, call: Call, *, exclusive: bool) -> None:
    studio = start(Options(exclusive_admin=exclusive))
    answer = put(call, studio, action(HANNAH, "add", "Admin"), action(MARIA, "add", "Subaccount admin"))
    roles = [user["role_names"] for user in answer.json()["users"]]
    if exclusive:
        assert roles == [["Teacher", "Admin"], ["Subaccount admin"]]
        assert search(call, studio, role="Subaccount admin")["meta"]["total_count"] == 1
    else:
        assert roles == [["Subaccount admin", "Teacher", "Admin"], ["Admin", "Subaccount admin"]]
    assert studio.log()[0]["after"] == roles[0]


def test_more_roles_can_be_known(start: Start, call: Call) -> None:
    studio = start(Options(roles=(*Options().roles, "Captioner")))
    assert put(call, studio, action(MARIA, "add", "Captioner")).status_code == 200
    assert emails(search(call, studio, role="Captioner")) == ["Maria.Fernandes@example.edu"]
