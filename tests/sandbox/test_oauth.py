"""OAuth over HTTP: the code, the exchange, and refresh tokens that rotate."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from rolesync.sandbox import Options, Sandbox

Call = Callable[..., requests.Response]
Start = Callable[..., Sandbox]

BACK = "https://studio.example.edu/back"
KEY = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
ASK = {"client_id": "sandbox-client", "response_type": "code", "redirect_uri": BACK}
NOW = 1_700_000_000.0


def token(call: Call, studio: Sandbox, **form: str) -> requests.Response:
    return call(studio, "POST", "/api/public/oauth/token", data={**KEY, **form}, headers={})


FIRST = Options().refresh_token


def refresh(call: Call, studio: Sandbox, refresh_token: str = FIRST) -> requests.Response:
    return token(call, studio, grant_type="refresh_token", refresh_token=refresh_token)


def pair(answer: requests.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body["access_token"], body["refresh_token"]


def authorise(call: Call, studio: Sandbox, **changed: str) -> requests.Response:
    return call(studio, "GET", "/api/public/oauth/authorize", params={**ASK, **changed}, headers={})


def code(call: Call, studio: Sandbox) -> str:
    return parse_qs(urlsplit(authorise(call, studio).headers["location"]).query)["code"][0]


def status(call: Call, studio: Sandbox, access_token: str) -> int:
    return call(studio, "GET", "/users/1002", token=access_token).status_code


def test_authorize_redirects_with_a_code_and_drops_the_state(studio: Sandbox, call: Call) -> None:
    answer = authorise(call, studio, state="s-1", redirect_uri=f"{BACK}?tab=1")
    target = urlsplit(answer.headers["location"])
    assert (answer.status_code, f"{target.scheme}://{target.netloc}{target.path}") == (302, BACK)
    assert set(parse_qs(target.query)) == {"tab", "code"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"client_id": "other"}, (401, "invalid_client")),
        ({"response_type": "token"}, (400, "unsupported_response_type")),
        ({"redirect_uri": ""}, (400, "invalid_redirect_uri")),
        ({"redirect_uri": "http://studio.example.edu/back"}, (400, "invalid_redirect_uri")),
        ({"redirect_uri": "https://localhost/back"}, (400, "invalid_redirect_uri")),
    ],
)
def test_authorize_refuses(studio: Sandbox, call: Call, changed: dict[str, str], expected: tuple[int, str]) -> None:
    answer = authorise(call, studio, **changed)
    assert (answer.status_code, answer.json()) == (expected[0], {"error": expected[1]})


def test_a_code_is_exchanged_for_one_pair_of_tokens(start: Start, call: Call) -> None:
    studio = start(Options(token_lifetime=60), clock=lambda: NOW)
    bought = code(call, studio)
    answer = token(call, studio, grant_type="authorization_code", code=bought, redirect_uri=BACK)
    access, second = pair(answer)
    assert answer.json() == {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": 60,
        "refresh_token": second,
        "created_at": int(NOW),
    }
    assert status(call, studio, access) == 200
    again = token(call, studio, grant_type="authorization_code", code=bought, redirect_uri=BACK)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_a_code_is_for_one_address_and_ten_minutes(start: Start, call: Call) -> None:
    now = [NOW]
    studio = start(clock=lambda: now[0])
    other = token(call, studio, grant_type="authorization_code", code=code(call, studio), redirect_uri=BACK + "2")
    assert (other.status_code, other.json()) == (400, {"error": "invalid_grant"})
    late = code(call, studio)
    now[0] += 600
    answer = token(call, studio, grant_type="authorization_code", code=late, redirect_uri=BACK)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"client_secret": "wrong", "grant_type": "refresh_token"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({}, (400, "invalid_request")),
        ({"grant_type": "refresh_token"}, (400, "invalid_grant")),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, (400, "invalid_grant")),
        ({"grant_type": "authorization_code", "code": "wrong", "redirect_uri": BACK}, (400, "invalid_grant")),
    ],
)
def test_token_refuses(studio: Sandbox, call: Call, form: dict[str, str], expected: tuple[int, str]) -> None:
    answer = token(call, studio, **form)
    assert (answer.status_code, answer.json()) == (expected[0], {"error": expected[1]})


def refresh_with_basic(call: Call, studio: Sandbox, key: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": FIRST}
    headers = {"Authorization": f"Basic {base64.b64encode(key.encode()).decode()}"}
    return call(studio, "POST", "/api/public/oauth/token", data=form, headers=headers)


@pytest.mark.parametrize(
    ("key", "status_code"),
    [
        ("sandbox-client:a+secret%3A%26", 200),
        ("sandbox-client:a secret:&", 200),
        ("sandbox-client:wrong", 401),
        ("sandbox-client", 401),
        ("", 401),
        ("sandbox-client:a s\xe9cret", 401),
    ],
)
def test_the_developer_key_may_come_as_http_basic(start: Start, call: Call, key: str, status_code: int) -> None:
    studio = start(Options(client_secret="a secret:&"))
    assert refresh_with_basic(call, studio, key).status_code == status_code


def test_http_basic_that_is_no_base64_is_refused(studio: Sandbox, call: Call) -> None:
    answer = call(studio, "POST", "/api/public/oauth/token", data=KEY, headers={"Authorization": "Basic ?"})
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_a_refresh_rotates_and_the_old_token_ends_immediately(studio: Sandbox, call: Call) -> None:
    access, second = pair(refresh(call, studio))
    assert second != "sandbox-refresh-token"
    old = refresh(call, studio)
    assert (old.status_code, old.json()) == (400, {"error": "invalid_grant"})
    assert status(call, studio, access) == 200
    newer, third = pair(refresh(call, studio, second))
    assert len({access, newer, second, third}) == 4
    assert status(call, studio, newer) == 200


def test_the_old_token_may_end_at_the_first_use_of_the_new_token(start: Start, call: Call) -> None:
    studio = start(Options(old_refresh_token="ends_on_first_use"))
    lost, _ = pair(refresh(call, studio))
    access, second = pair(refresh(call, studio))
    assert lost != access
    assert status(call, studio, access) == 200
    assert refresh(call, studio).status_code == 400
    assert refresh(call, studio, second).status_code == 200


def test_an_access_token_expires(start: Start, call: Call) -> None:
    now = [NOW]
    studio = start(Options(token_lifetime=100), clock=lambda: now[0])
    access, _ = pair(refresh(call, studio))
    now[0] += 99.5
    assert status(call, studio, access) == 200
    now[0] += 0.5
    answer = call(studio, "GET", "/users/1002", token=access)
    assert (answer.status_code, answer.json()) == (401, {"error": "Access token has expired"})


def test_an_issued_token_may_write(studio: Sandbox, call: Call) -> None:
    access, _ = pair(refresh(call, studio))
    body = {"actions": [{"user_id": 1052, "action": "add", "role": "Admin"}]}
    assert call(studio, "PUT", "/users/roles", json=body, token=access).status_code == 200


def test_tokens_outlive_a_restart_on_a_file(start: Start, call: Call, tmp_path: Any) -> None:  # pytest's
    options = Options(db=tmp_path / "studio.db")
    with Sandbox(options) as first:
        access, second = pair(refresh(call, first))
    studio = start(options)
    assert status(call, studio, access) == 200
    assert refresh(call, studio).status_code == 400
    assert refresh(call, studio, second).status_code == 200
