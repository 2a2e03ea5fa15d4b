"""The four user calls over HTTP: every status, paging, and each option that changes them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest
import requests

from rolesync.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from rolesync.sandbox.options import EmailCase, EmailMatch

Call = Callable[..., requests.Response]
Start = Callable[..., Sandbox]

MARIA, GREG, HANNAH, ALEX, OMAR = 1003, 1031, 1044, 1002, 1052


def action(user_id: object, verb: object, role: object) -> dict[str, object]:
    return {"user_id": user_id, "action": verb, "role": role}


def put(call: Call, studio: Sandbox, *actions: dict[str, object]) -> requests.Response:
    return call(studio, "PUT", "/users/roles", json={"actions": list(actions)})


def search(call: Call, studio: Sandbox, **params: object) -> dict[str, Any]:
    answer = call(studio, "GET", "/users/search", params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def emails(body: dict[str, Any]) -> list[str]:
    return [user["email"] for user in body["users"]]


def test_search_by_role_finds_all_holders_with_the_documented_fields(studio: Sandbox, call: Call) -> None:
    body = search(call, studio, role="Admin")
    assert body["meta"] == {"current_page": 1, "last_page": 1, "total_count": 10}
    assert all(set(user) == {"id", "full_name", "display_name", "email", "role_names"} for user in body["users"])
    assert all("Admin" in user["role_names"] for user in body["users"])
    assert body["users"][0] == {
        "id": ALEX,
        "full_name": "Alexandra Novak",
        "display_name": "Alex Novak",
        "email": "admin@example.edu",
        "role_names": ["Admin", "Teacher"],
    }


def test_pages_are_cut_without_gap_or_overlap(studio: Sandbox, call: Call) -> None:
    pages = [search(call, studio, role="Admin", page=page, per_page=4) for page in (1, 2, 3)]
    assert [len(page["users"]) for page in pages] == [4, 4, 2]
    assert [page["meta"] for page in pages] == [
        {"current_page": number, "last_page": 3, "total_count": 10} for number in (1, 2, 3)
    ]
    ids = [user["id"] for page in pages for user in page["users"]]
    assert ids == sorted({user["id"] for user in search(call, studio, role="Admin")["users"]})


def test_a_page_after_the_last_is_empty(studio: Sandbox, call: Call) -> None:
    body = search(call, studio, role="Admin", page=9, per_page=5)
    assert body == {"users": [], "meta": {"current_page": 9, "last_page": 2, "total_count": 10}}


def test_twenty_a_page_unless_asked_and_fifty_at_most(start: Start, call: Call) -> None:
    studio = start(Options(users=200))
    assert len(search(call, studio, role="Student")["users"]) == 20
    assert len(search(call, studio, role="Student", per_page=50)["users"]) == 50
    assert call(studio, "GET", "/users/search", params={"role": "Student", "per_page": 51}).status_code == 422


@pytest.mark.parametrize("last_page", [0, 1])
def test_the_last_page_of_nothing_is_an_option(start: Start, call: Call, last_page: Literal[0, 1]) -> None:
    studio = start(Options(empty_last_page=last_page))
    body = search(call, studio, email="nobody@example.edu")
    assert body == {"users": [], "meta": {"current_page": 1, "last_page": last_page, "total_count": 0}}


@pytest.mark.parametrize("params", [{}, {"page": 1}, {"role": ""}, {"email": ""}])
def test_a_search_for_nothing_is_refused(studio: Sandbox, call: Call, params: dict[str, object]) -> None:
    answer = call(studio, "GET", "/users/search", params=params)
    assert (answer.status_code, answer.json()) == (400, {"error": "Required parameter is missing"})
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"role": "admin"}, "Invalid role: admin"),
        ({"role": "Admin", "page": "0"}, "Invalid page: 0"),
        ({"role": "Admin", "page": "x"}, "Invalid page: x"),
        ({"role": "Admin", "page": ""}, "Invalid page: "),
        ({"role": "Admin", "page": "9" * 30}, "Invalid page: " + "9" * 30),
        ({"role": "Admin", "per_page": "0"}, "Invalid per_page: 0, it is from 1 to 50"),
        ({"role": "Admin", "per_page": "-5"}, "Invalid per_page: -5, it is from 1 to 50"),
    ],
)
def test_a_bad_value_is_422(studio: Sandbox, call: Call, params: dict[str, str], text: str) -> None:
    answer = call(studio, "GET", "/users/search", params=params)
    assert (answer.status_code, answer.json()) == (422, {"error": text})


def test_search_by_role_and_email_means_both(studio: Sandbox, call: Call) -> None:
    assert emails(search(call, studio, role="Teacher", email="sam.porter@example.edu")) == ["Sam.Porter@example.edu"]
    assert emails(search(call, studio, role="Admin", email="sam.porter@example.edu")) == []


@pytest.mark.parametrize("email", ["k.mensah+studio@example.edu", "siobhan.o'neill@example.edu"])
def test_awkward_addresses_are_found_when_percent_encoded(studio: Sandbox, call: Call, email: str) -> None:
    assert emails(search(call, studio, email=email)) == [email]


def test_a_plus_that_is_not_encoded_is_a_blank(studio: Sandbox, call: Call) -> None:
    assert call(studio, "GET", "/users/search?email=k.mensah+studio@example.edu").json()["users"] == []


@pytest.mark.parametrize(
    ("rule", "email", "found"),
    [
        ("exact insensitive", "sam.porter@EXAMPLE.edu", ["sam.porter@example.edu", "Sam.Porter@example.edu"]),
        ("exact sensitive", "Sam.Porter@example.edu", ["Sam.Porter@example.edu"]),
        ("exact insensitive", "sam.porter", []),
        ("prefix insensitive", "SAM.p", ["sam.porter@example.edu", "Sam.Porter@example.edu"]),
        ("prefix sensitive", "sam.p", ["sam.porter@example.edu"]),
        ("prefix insensitive", "porter", []),
        ("contains insensitive", "PORTER@", ["sam.porter@example.edu", "Sam.Porter@example.edu"]),
        ("contains sensitive", "EXAMPLE", ["PRIYA.RAMAN@EXAMPLE.EDU"]),
        ("contains insensitive", "%", []),
    ],
)
def test_how_email_matches_is_an_option(start: Start, call: Call, rule: str, email: str, found: list[str]) -> None:
    match, case = rule.split()
    studio = start(Options(email_match=cast("EmailMatch", match), email_case=cast("EmailCase", case)))
    assert emails(search(call, studio, email=email)) == found


def test_people_without_address_say_so_in_three_ways(studio: Sandbox, call: Call) -> None:
    null, empty, without = (call(studio, "GET", f"/users/{number}").json()["user"] for number in (1090, 1091, 1097))
    assert (null["email"], empty["email"], "email" in without) == (None, "", False)


def test_get_one_user(studio: Sandbox, call: Call) -> None:
    assert call(studio, "GET", f"/users/{2**40 + 17}").json()["user"]["full_name"] == "Jonas Weber"


@pytest.mark.parametrize(
    ("user_id", "status", "text"),
    [
        ("999", 404, "The user(s) was not found"),
        ("-1", 404, "The user(s) was not found"),
        ("abc", 422, "Invalid user_id: abc"),
        ("1.5", 422, "Invalid user_id: 1.5"),
        (str(2**63), 422, f"Invalid user_id: {2**63}"),
    ],
)
def test_a_wrong_id(studio: Sandbox, call: Call, user_id: str, status: int, text: str) -> None:
    for path in (f"/users/{user_id}", f"/users/{user_id}/media"):
        answer = call(studio, "GET", path)
        assert (answer.status_code, answer.json()) == (status, {"error": text})


def test_media_have_all_documented_fields_and_pages(studio: Sandbox, call: Call) -> None:
    first = call(studio, "GET", f"/users/{ALEX}/media", params={"per_page": 2}).json()
    second = call(studio, "GET", f"/users/{ALEX}/media", params={"per_page": 2, "page": 2}).json()
    assert first["meta"] == {"current_page": 1, "last_page": 2, "total_count": 4}
    found = first["media"] + second["media"]
    assert [medium["permission"] for medium in found] == ["owner", "owner", "owner", "view"]
    assert found[0]["owner"] == {
        "id": ALEX,
        "full_name": "Alexandra Novak",
        "display_name": "Alex Novak",
        "email": "admin@example.edu",
    }
    assert set(found[3]) == {
        "id", "title", "description", "duration", "created_at", "thumbnail_url", "transcoding_status", "owner",
        "size", "source", "embed_id", "lti_launch_id", "permission",
    }  # fmt: skip
    assert found[3]["owner"]["id"] == MARIA
    assert call(studio, "GET", f"/users/{ALEX}/media", params={"per_page": 51}).status_code == 422


def test_put_applies_answers_and_logs(studio: Sandbox, call: Call) -> None:
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


def test_the_log_takes_the_callers_request_id(studio: Sandbox, call: Call) -> None:
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
