"""What is not a user call: ping, unknown paths and wrong methods."""

from collections.abc import Callable

import pytest
import requests

from rolesync.sandbox import Sandbox

Call = Callable[..., requests.Response]


def test_ping_answers_pong_to_whoever_may_read(studio: Sandbox, call: Call) -> None:
    answer = call(studio, "GET", "/ping", token="reader-token")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
        200,
        "pong",
        "text/plain; charset=utf-8",
    )


@pytest.mark.parametrize("path", ["/api", "/api/public/v1/people", "/api/public/v1/users", "/_sandbox/nothing"])
def test_an_unknown_path_is_404_as_json(studio: Sandbox, path: str) -> None:
    answer = requests.get(studio.base_url + path, timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"error": f"Not Found: GET {path}"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/users/search"),
        ("PUT", "/users/search"),
        ("DELETE", "/users/1002"),
        ("POST", "/users/roles"),
        ("GET", "/api/public/oauth/token"),
        ("POST", "/ping"),
    ],
)
def test_a_wrong_method_is_405_as_json(studio: Sandbox, call: Call, method: str, path: str) -> None:
    answer = call(studio, method, path)
    assert answer.status_code == 405
    assert answer.json()["error"].startswith(f"Method Not Allowed: {method} /api/public/")
    assert answer.headers["allow"]


def test_head_has_the_headers_of_get_and_no_body(studio: Sandbox, call: Call) -> None:
    whole = call(studio, "GET", "/users/search?role=Admin")
    answer = call(studio, "HEAD", "/users/search?role=Admin")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(whole.content))
