"""The application over HTTP: User-Agent, tokens, counts, and every fault."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from rolesync.sandbox import Options, Sandbox
from rolesync.sandbox.faults import ODD_STATUSES

Call = Callable[..., requests.Response]
Start = Callable[..., Sandbox]

AGENT = {"User-Agent": "test"}
ADMINS = "/users/search?role=Admin"
ADD = {"actions": [{"user_id": 1052, "action": "add", "role": "Admin"}]}


def put(call: Call, studio: Sandbox) -> requests.Response:
    return call(studio, "PUT", "/users/roles", json=ADD)


@pytest.mark.parametrize("path", [ADMINS, "/users/1002", "/users/1002/media", "/users/roles", "/ping"])
@pytest.mark.parametrize(
    "header",
    [None, "Bearer", "Bearer ", "Bearer wrong", "Basic sandbox-token", "sandbox-token", "Bearer sandbox-token x"],
)
def test_a_request_without_a_valid_token_gets_401(studio: Sandbox, call: Call, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = call(studio, "PUT" if path.endswith("roles") else "GET", path, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid access token"})


def test_the_scheme_may_be_in_any_case(studio: Sandbox, call: Call) -> None:
    assert call(studio, "GET", ADMINS, headers={"authorization": "bearer sandbox-token"}).status_code == 200


def test_a_bare_key_is_an_option(start: Start, call: Call) -> None:
    studio = start(Options(bare_key=True, token="k-1"))
    assert call(studio, "GET", ADMINS, headers={"Authorization": "k-1"}).status_code == 200
    assert call(studio, "GET", ADMINS, headers={"Authorization": "Bearer k-1"}).status_code == 200
    assert call(studio, "GET", ADMINS, headers={"Authorization": "k-2"}).status_code == 401


def test_a_reader_may_not_write_and_an_outsider_may_nothing(studio: Sandbox, call: Call) -> None:
    forbidden = (403, {"error": "You do not have permission to perform this action"})
    assert call(studio, "GET", ADMINS, token="reader-token").status_code == 200
    answer = call(studio, "PUT", "/users/roles", json=ADD, token="reader-token")
    assert (answer.status_code, answer.json()) == forbidden
    answer = call(studio, "GET", ADMINS, token="outsider-token")
    assert (answer.status_code, answer.json()) == forbidden
    assert studio.log() == []


@pytest.mark.parametrize("headers", [{}, {"User-Agent": ""}])
def test_a_request_without_a_user_agent_gets_403(studio: Sandbox, headers: dict[str, str]) -> None:
    connection = HTTPConnection(urlsplit(studio.base_url).netloc, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {studio.token}", **headers}
        connection.request("GET", f"/api/public/v1{ADMINS}", headers=headers)
        response = connection.getresponse()
        assert (response.status, response.read()) == (403, b'{"error":"A User-Agent header is required"}')
    finally:
        connection.close()


def test_every_answer_has_a_request_id_which_the_caller_may_choose(studio: Sandbox, call: Call) -> None:
    paths = (ADMINS, "/users/search", "/users/1002", "/users/1", "/ping", "/nowhere")
    for token in (studio.token, "wrong"):
        ids = [call(studio, "GET", path, token=token).headers["x-request-id"] for path in paths]
        assert all(request_id.startswith("sandbox-") for request_id in ids)
        assert len(set(ids)) == len(ids)
    headers = {"Authorization": f"Bearer {studio.token}", "X-Request-Id": "run-7.page-1"}
    assert call(studio, "GET", ADMINS, headers=headers).headers["x-request-id"] == "run-7.page-1"


def test_repeated_slashes_are_one(studio: Sandbox, call: Call) -> None:
    for path in (ADMINS, "/users/1002", "/users/1002/media", "/ping"):
        assert call(studio, "GET", f"/{path}").content == call(studio, "GET", path).content
    assert call(studio, "PUT", "//users///roles", json=ADD).status_code == 200
    counts = studio.counts()
    assert [counts[kind] for kind in ("search", "user", "media", "ping", "roles", "other")] == [2, 2, 2, 2, 1, 0]


def test_requests_are_counted_by_kind(studio: Sandbox, call: Call) -> None:
    for path in (ADMINS, ADMINS, "/users/1002", "/users/1002/media", "/ping", "/nowhere", "/users/", "/users/1/x"):
        call(studio, "GET", path)
    call(studio, "GET", "/api/public/apidocs")
    call(studio, "GET", "/api/public/oauth/authorize")
    call(studio, "POST", "/api/public/oauth/token")
    put(call, studio)
    call(studio, "GET", ADMINS, token="wrong")
    assert studio.counts() == {
        "search": 3, "user": 1, "media": 1, "roles": 1, "ping": 1, "apidocs": 1, "authorize": 1, "token": 1, "other": 3,
    }  # fmt: skip
    studio.reset_counts()
    assert set(studio.counts().values()) == {0}


@pytest.mark.parametrize(
    ("text", "expected", "retry_after"),
    [
        ("429=1", (429, "Too Many Requests"), None),
        ("429=1,429-retry-after=2", (429, "Too Many Requests"), "2"),
        ("429-bare=1,429-retry-after=2", (429, "Too Many Requests"), None),
        ("403=1", (403, "Rate Limit Exceeded"), None),
        ("500=1", (500, "Internal Server Error"), None),
        ("502=1", (502, "Bad Gateway"), None),
        ("503=1", (503, "Service Unavailable"), None),
        ("504=1", (504, "Gateway Timeout"), None),
    ],
)
def test_a_refusing_fault_changes_nothing(
    studio: Sandbox, call: Call, text: str, expected: tuple[int, str], retry_after: str | None
) -> None:
    status, error = expected
    studio.set_faults(text)
    answer = put(call, studio)
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert answer.headers.get("retry-after") == retry_after
    assert studio.log() == []
    assert studio.fault_counts()[text.partition("=")[0]] == 1


def test_retry_after_as_a_date(start: Start, call: Call) -> None:
    studio = start(clock=lambda: 1_700_000_000.0)
    studio.set_faults("429=1,429-retry-after=30,429-form=date")
    retry_at = parsedate_to_datetime(call(studio, "GET", ADMINS).headers["retry-after"])
    assert retry_at.timestamp() == 1_700_000_030


@pytest.mark.parametrize(("text", "status"), [("html=1", 502), ("html200=1", 200)])
def test_an_html_page_in_place_of_the_answer(studio: Sandbox, call: Call, text: str, status: int) -> None:
    studio.set_faults(text)
    answer = put(call, studio)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert studio.log() == []


def test_a_cut_body_of_a_read(studio: Sandbox, call: Call) -> None:
    whole = len(call(studio, "GET", ADMINS).content)
    studio.set_faults("cut=1")
    with pytest.raises(
        requests.exceptions.ChunkedEncodingError, match=rf"{whole // 2} bytes read, {whole - whole // 2} more"
    ):
        call(studio, "GET", ADMINS)


def test_a_cut_body_of_a_write_that_was_applied(studio: Sandbox, call: Call) -> None:
    studio.set_faults("cut=1")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        put(call, studio)
    assert len(studio.log()) == 1


def test_a_reset_connection_processes_nothing(studio: Sandbox) -> None:
    studio.set_faults("reset=1")
    body = json.dumps(ADD).encode()
    head = (
        "PUT /api/public/v1/users/roles HTTP/1.1\r\nHost: sandbox\r\nUser-Agent: test\r\n"
        f"Authorization: Bearer {studio.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    # By hand and in one piece: urllib3 swallows a reset that it meets while still sending, and reports an end instead.
    address = urlsplit(studio.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
        wire.sendall(head.encode() + body)
        with pytest.raises(ConnectionResetError):
            wire.recv(100)
    assert studio.log() == []


def test_a_lost_answer_to_a_write_that_was_applied(studio: Sandbox, call: Call) -> None:
    studio.set_faults("lost=1")
    with pytest.raises(requests.exceptions.ConnectionError, match="RemoteDisconnected"):
        put(call, studio)
    assert len(studio.log()) == 1
    assert call(studio, "GET", ADMINS).json()["meta"]["total_count"] == 11


def test_a_502_to_a_write_that_was_applied(studio: Sandbox, call: Call) -> None:
    studio.set_faults("lost5xx=1")
    answer = put(call, studio)
    assert (answer.status_code, answer.json()) == (502, {"error": "Bad Gateway"})
    assert len(studio.log()) == 1


@pytest.mark.parametrize("status", ODD_STATUSES.values())
def test_an_odd_status_to_a_write_that_was_applied(studio: Sandbox, call: Call, status: int) -> None:
    studio.set_faults(f"applied-{status}=1")
    answer = put(call, studio)
    assert (answer.status_code, len(studio.log())) == (status, 1)
    assert answer.headers.get("location") == ("/api/public/v1/users/roles" if 300 < status < 400 else None)
    if status == 204:
        assert (answer.content, "content-length" in answer.headers) == (b"", False)
    elif status < 300:
        assert answer.json()["users"][0]["role_names"] == ["Teacher", "Admin"]
    else:
        assert list(answer.json()) == ["error"]
    assert call(studio, "PUT", "/users/roles", json={}).status_code == 400
    assert call(studio, "GET", ADMINS).status_code == 200


def test_a_studio_without_the_route_answers_404_as_html_and_applies_nothing(studio: Sandbox, call: Call) -> None:
    studio.set_faults("404-route=1")
    for answer in (put(call, studio), call(studio, "GET", ADMINS)):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert call(studio, "GET", "/users/1002").status_code == 200
    assert studio.log() == []


def test_a_slow_body_comes_byte_by_byte_after_the_headers(start: Start, call: Call) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    studio = start(sleep=sleep)
    whole = put(call, studio).content
    studio.set_faults("drip=1")
    assert put(call, studio).content == whole
    assert waited == [0.5] * len(whole)


def test_a_slow_body_ends_with_its_client(start: Start) -> None:
    ended = threading.Event()

    async def sleep(_seconds: float) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    studio = start(sleep=sleep)
    studio.set_faults("drip=1")
    connection = HTTPConnection(urlsplit(studio.base_url).netloc, timeout=10)
    connection.request("GET", f"/api/public/v1{ADMINS}", headers={"Authorization": f"Bearer {studio.token}", **AGENT})
    assert connection.getresponse().status == 200
    assert not ended.is_set()
    connection.close()
    assert ended.wait(10)


def test_a_slow_body_ends_with_the_server() -> None:
    with Sandbox() as studio:
        studio.set_faults("drip=1")
        address = urlsplit(studio.base_url)
        wire = socket.create_connection((address.hostname, address.port), timeout=10)
        wire.sendall(b"GET /api/public/apidocs HTTP/1.1\r\nHost: x\r\nUser-Agent: test\r\n\r\n")
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")
    with wire:
        assert len(wire.recv(1000)) < 9


def test_a_lost_token_answer_has_rotated_the_token(studio: Sandbox, call: Call) -> None:
    form = {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "grant_type": "refresh_token",
        "refresh_token": "sandbox-refresh-token",
    }
    studio.set_faults("lost=1,on=tokens,times=1")
    with pytest.raises(requests.exceptions.ConnectionError):
        call(studio, "POST", "/api/public/oauth/token", data=form)
    answer = call(studio, "POST", "/api/public/oauth/token", data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_the_server_continues_after_every_broken_connection(studio: Sandbox, call: Call) -> None:
    for fault in ("cut", "reset", "lost"):
        studio.set_faults(f"{fault}=1,times=3")
        for _ in range(3):
            with pytest.raises(requests.exceptions.RequestException):
                put(call, studio)
        assert call(studio, "GET", ADMINS).status_code == 200


def test_an_answer_is_delayed_by_the_latency(start: Start, call: Call) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    studio = start(sleep=sleep)
    studio.set_faults("latency=0.25")
    assert call(studio, "GET", ADMINS).status_code == 200
    assert waited == [0.25]


def test_requests_above_the_rate_get_429_with_the_time_to_wait(start: Start, call: Call) -> None:
    now = [1_700_000_000.0]
    studio = start(clock=lambda: now[0])
    studio.set_faults("rate=0.1")
    assert call(studio, "GET", ADMINS).status_code == 200
    answer = call(studio, "GET", ADMINS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert studio.fault_counts()["rate"] == 1
    now[0] += 10
    assert call(studio, "GET", ADMINS).status_code == 200


def test_a_seeded_run_can_be_repeated(studio: Sandbox, call: Call) -> None:
    def run() -> list[int]:
        studio.set_faults("429=0.3,500=0.3,seed=5")
        return [call(studio, "GET", ADMINS).status_code for _ in range(40)]

    first = run()
    assert run() == first
    assert set(first) == {200, 429, 500}
