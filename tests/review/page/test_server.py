"""Who gets at a review: one browser that was given the address, and nobody else; and when it ends."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from http.client import HTTPConnection

import pytest
import requests

from rolesync.errors import UsageError
from rolesync.planner.approval import Decisions
from rolesync.review.page.server import IDLE_SECONDS, serve
from rolesync.review.page.session import ReviewEnd, ReviewSession
from tests.report.samples import big_plan, make_plan
from tests.review.page.begun import Begun, Visitor, begun

NOTHING = {"revision": 0, "reasons": [], "excluded": {}, "released": {}}
OUT = {"revision": 0, "reasons": ["on leave"], "excluded": {"0": 0}, "released": {}}


@pytest.fixture
def review() -> Iterator[Begun]:
    with begun(make_plan()) as running:
        yield running


@pytest.fixture
def visitor(review: Begun) -> Visitor:
    return Visitor(review.address())


def test_an_address_opens_the_review_once(review: Begun) -> None:
    address = review.address()
    first = Visitor(address)
    assert first.page().status_code == 200
    late = first.get(address)
    assert late.status_code == 403
    assert "the terminal shows a new one" in late.text
    second = Visitor(review.address())
    assert second.page().status_code == 200
    assert first.page().status_code == 403  # one browser at a time
    assert review.addresses.empty()


def test_without_the_key_there_is_nothing_to_be_had(review: Begun, visitor: Visitor) -> None:
    stranger = Visitor(f"{visitor.origin}/open/guess")
    assert (stranger.opened.status_code, stranger.cookie) == (403, "")
    name, _, value = visitor.cookie.partition("=")
    for path, cookie in (
        ("/", ""),
        ("/open/", ""),
        (visitor.path, ""),
        (visitor.path, f"{name}=guess"),
        (visitor.path, f"{name}="),
        (visitor.path, f"{name}={value}\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("/guess/", visitor.cookie),
        ("/", visitor.cookie),
    ):
        found = requests.get(visitor.origin + path, headers={"Cookie": cookie.encode("latin-1")}, timeout=10)
        assert found.status_code == 403, (path, cookie)
        assert "example.edu" not in found.text
    assert requests.post(f"{visitor.origin}{visitor.path}approve", json={}, timeout=10).status_code == 403
    assert visitor.page().status_code == 200
    assert review.addresses.empty()


def test_the_cookie_is_for_this_path_alone_and_no_script_reads_it(visitor: Visitor) -> None:
    assert len(visitor.path) > 40
    said = visitor.opened.headers["set-cookie"]
    assert f"Path={visitor.path};" in said
    assert "HttpOnly" in said
    assert "SameSite=strict" in said


def test_a_cookie_of_the_same_name_from_elsewhere_shuts_nobody_out(visitor: Visitor) -> None:
    for cookie in (f"rolesync_review=foreign; {visitor.cookie}", f"{visitor.cookie}; a; rolesync_review=foreign"):
        found = requests.get(visitor.origin + visitor.path, headers={"Cookie": cookie}, timeout=10)
        assert found.status_code == 200


@pytest.mark.parametrize("host", ["rebound.example:{port}", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_name_that_somebody_pointed_here_is_refused(visitor: Visitor, host: str) -> None:
    asked = host.format(port=visitor.host.partition(":")[2])
    assert visitor.page(Host=asked).status_code == 421
    assert visitor.post("decisions", NOTHING, Host=asked).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": None}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),  # another server of this machine
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),  # what a form can send without asking first
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_another_page_decides_nothing(
    review: Begun, visitor: Visitor, headers: dict[str, str | None], status: int
) -> None:
    assert visitor.post("decisions", OUT, **headers).status_code == status
    assert visitor.post("approve", {"revision": 0, "reviewer": "Eve", "sees": ""}, **headers).status_code == status
    assert visitor.post("leave", {"revision": 0}, **headers).status_code == status
    assert (review.session.decisions, review.session.end) == (Decisions(), None)


@pytest.mark.parametrize("size", [{"Content-Length": "64000001"}, {"Transfer-Encoding": "chunked"}])
def test_what_is_too_much_or_of_unknown_size_isnt_read(visitor: Visitor, size: dict[str, str]) -> None:
    headers = {"Origin": visitor.origin, "Cookie": visitor.cookie, "Content-Type": "application/json"}
    with closing(HTTPConnection(visitor.host, timeout=10)) as connection:
        connection.request("POST", f"{visitor.path}decisions", headers={**headers, **size})
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("header", ["Purpose", "Sec-Purpose"])
def test_a_browser_that_only_wants_to_be_early_spends_no_key(review: Begun, header: str) -> None:
    address = review.address()
    early = requests.get(address, headers={header: "prefetch"}, timeout=10)
    assert early.status_code == 403
    assert Visitor(address).page().status_code == 200


def test_only_loopback_is_served(visitor: Visitor) -> None:
    port = int(visitor.host.partition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_every_answer_forbids_frames_referrers_and_copies(visitor: Visitor) -> None:
    for answer in (visitor.opened, visitor.page(), visitor.get(f"{visitor.origin}/"), visitor.post("here", {})):
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "odd",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nX: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\n",
        (
            b"POST {path}decisions HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nOrigin: http://{host}\r\n"
            b'Content-Type: application/json\r\nContent-Length: 400\r\n\r\n{"revision'
        ),  # and then gone
    ],
    ids=["tls", "websocket", "huge", "hosts", "absolute", "broken off"],
)
def test_odd_requests_change_nothing_and_say_nothing_on_the_terminal(
    review: Begun, visitor: Visitor, caplog: pytest.LogCaptureFixture, odd: bytes
) -> None:
    for name, value in (("host", visitor.host), ("path", visitor.path), ("cookie", visitor.cookie)):
        odd = odd.replace(f"{{{name}}}".encode(), value.encode())
    with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=10) as stranger:
        stranger.sendall(odd + b"\r\n\r\n")
        stranger.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            assert not stranger.recv(100).startswith(b"HTTP/1.1 2")
    assert visitor.page().status_code == 200
    assert [record.getMessage() for record in caplog.records] == []
    assert review.session.decisions == Decisions()


def test_what_comes_after_an_answer_and_is_no_request_says_nothing_on_the_terminal(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=10) as stranger:
        stranger.sendall(f"POST / HTTP/1.1\r\nHost: {visitor.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        assert stranger.recv(12) == b"HTTP/1.1 403"
        stranger.sendall(b"no chunk\r\n\r\n")
        with suppress(ConnectionResetError):
            while stranger.recv(1000):
                pass
    assert visitor.page().status_code == 200
    assert [record.getMessage() for record in caplog.records] == []


def test_a_request_that_goes_no_further_holds_up_no_end(
    review: Begun, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    head = f"POST {visitor.path}decisions HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\n"
    more = f'Origin: {visitor.origin}\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{{"revision'
    with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=10) as half:
        half.sendall((head + more).encode())
        assert visitor.post("decisions", OUT).status_code == 200
        assert visitor.post("leave", {"revision": 1}).status_code == 200
        assert review.ended()
    assert [record.getMessage() for record in caplog.records] == []
    assert [list(one.excluded.values()) for one in review.left] == [["on leave"]]


def test_answers_that_nobody_reads_hold_up_no_end(caplog: pytest.LogCaptureFixture) -> None:
    with begun(big_plan(20_000, 0)) as review:
        visitor = Visitor(review.address())
        ask = f"GET {visitor.path} HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=10) as deaf:
            deaf.sendall(ask.encode() * 10)  # more than the buffers of both ends hold
            assert visitor.page().status_code == 200
            assert visitor.post("leave", {"revision": 0}).status_code == 200
            assert review.ended()
    assert [record.getMessage() for record in caplog.records] == []


def test_what_isnt_there_isnt_there(visitor: Visitor) -> None:
    assert visitor.get(f"{visitor.origin}{visitor.path}decisions").status_code == 404
    assert visitor.post("nothing", {}).status_code == 404
    assert visitor.post("here", {}).status_code == 204


def test_an_approval_ends_it(review: Begun, visitor: Visitor) -> None:
    assert visitor.post("decisions", OUT).json()["effect"] == "remove 1, add 1"
    wrong = visitor.post("approve", {"revision": 1, "reviewer": "Rita Levi", "sees": "remove 2, add 1"})
    assert wrong.status_code == 422
    assert "would remove 1, add 1" in wrong.json()["message"]
    done = visitor.post("approve", {"revision": 1, "reviewer": "Rita Levi", "sees": "remove 1, add 1"})
    assert done.status_code == 200
    assert review.session.end is not None
    assert done.json() == asdict(review.session.end)
    assert review.ended()
    assert [plan.approval.reviewer for plan in review.approved if plan.approval] == ["Rita Levi"]
    assert review.left == []
    with pytest.raises(requests.ConnectionError):
        visitor.page()


def test_leaving_ends_it_and_keeps_the_decisions(review: Begun, visitor: Visitor) -> None:
    visitor.post("decisions", OUT)
    assert visitor.post("leave", {"revision": 1}).json()["word"] == "Nothing was approved"
    assert review.ended()
    assert [list(one.excluded.values()) for one in review.left] == [["on leave"]]


def test_it_ends_by_itself_when_nobody_does_anything(review: Begun, visitor: Visitor) -> None:
    for _ in range(3):
        review.now += IDLE_SECONDS - 1
        assert visitor.post("here", {}).status_code == 204
    requests.get(visitor.origin, timeout=10)  # a stranger keeps nothing alive
    assert review.thread.is_alive()
    review.now += IDLE_SECONDS + 1
    assert review.ended()


def test_a_port_that_is_taken_is_named() -> None:
    session = ReviewSession(make_plan(), None, lambda *_: ReviewEnd("", ""), lambda _: ReviewEnd("", ""))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"can't listen on port {port}") as refused:
            serve(session, port=port, show_address=print)
    assert "--port" in refused.value.hint
