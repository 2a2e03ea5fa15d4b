"""The reading user calls over HTTP: every status, paging, and each option that changes them."""

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


def test_the_last_possible_page_is_empty(studio: Sandbox, call: Call) -> None:
    assert search(call, studio, role="Admin", page=2**31 - 1, per_page=50)["users"] == []
    answer = call(studio, "GET", f"/users/{ALEX}/media", params={"page": 2**31 - 1, "per_page": 50})
    assert (answer.status_code, answer.json()["media"]) == (200, [])


def test_a_page_has_twenty_users_by_default_and_fifty_at_most(start: Start, call: Call) -> None:
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
def test_a_search_without_role_and_email_is_refused(studio: Sandbox, call: Call, params: dict[str, object]) -> None:
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
        ({"role": "Admin", "page": str(2**31)}, f"Invalid page: {2**31}"),
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
    ("rule", "email", "matches"),
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
def test_how_email_matches_is_an_option(start: Start, call: Call, rule: str, email: str, matches: list[str]) -> None:
    match, case = rule.split()
    studio = start(Options(email_match=cast("EmailMatch", match), email_case=cast("EmailCase", case)))
    assert emails(search(call, studio, email=email)) == matches


def test_a_missing_address_has_three_forms(studio: Sandbox, call: Call) -> None:
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
    media = first["media"] + second["media"]
    assert [medium["permission"] for medium in media] == ["owner", "owner", "owner", "view"]
    assert media[0]["owner"] == {
        "id": ALEX,
        "full_name": "Alexandra Novak",
        "display_name": "Alex Novak",
        "email": "admin@example.edu",
    }
    assert set(media[3]) == {
        "id", "title", "description", "duration", "created_at", "thumbnail_url", "transcoding_status", "owner",
        "size", "source", "embed_id", "lti_launch_id", "permission", "last_viewed",
        "last_viewed_by_student", "archived_at",
    }  # fmt: skip
    assert media[3]["owner"]["id"] == MARIA
    assert call(studio, "GET", f"/users/{ALEX}/media", params={"per_page": 51}).status_code == 422
