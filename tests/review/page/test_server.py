"""The server of a review: it stays on loopback, prints nothing of strangers, and ends when the review does."""

import socket
from contextlib import suppress
from dataclasses import asdict

import pytest
import requests

from rolesync.errors import UsageError
from rolesync.planner.approval import Decisions
from rolesync.review.page.server import IDLE_SECONDS, serve
from rolesync.review.page.session import ReviewEnd, ReviewSession
from tests.report.samples import big_plan, make_plan
from tests.review.page.running_review import RunningReview, Visitor, running_review

NOTHING = {"revision": 0, "reasons": [], "excluded": {}, "released": {}}
OUT = {"revision": 0, "reasons": ["on leave"], "excluded": {"0": 0}, "released": {}}


def test_only_loopback_is_served(visitor: Visitor) -> None:
    port = int(visitor.host.partition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


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
def test_malformed_requests_change_and_print_nothing(
    review: RunningReview, visitor: Visitor, caplog: pytest.LogCaptureFixture, odd: bytes
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


def test_an_unreadable_request_after_an_answer_prints_nothing(
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


def test_a_stalled_request_does_not_delay_the_end(
    review: RunningReview, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    head = f"POST {visitor.path}decisions HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\n"
    more = f'Origin: {visitor.origin}\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{{"revision'
    with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=10) as half:
        half.sendall((head + more).encode())
        assert visitor.post("decisions", OUT).status_code == 200
        assert visitor.post("leave", {"revision": 1}).status_code == 200
        assert review.ended()
    assert [record.getMessage() for record in caplog.records] == []
    assert [list(decisions.excluded.values()) for decisions in review.left] == [["on leave"]]


def test_unread_answers_do_not_delay_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with running_review(big_plan(20_000, 0)) as review:
        visitor = Visitor(review.address())
        ask = f"GET {visitor.path} HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=10) as deaf:
            deaf.sendall(ask.encode() * 10)  # more than the buffers of both ends hold
            assert visitor.page().status_code == 200
            assert visitor.post("leave", {"revision": 0}).status_code == 200
            assert review.ended()
    assert [record.getMessage() for record in caplog.records] == []


def test_an_approval_ends_the_review(review: RunningReview, visitor: Visitor) -> None:
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


def test_leaving_ends_the_review_and_saves_the_decisions(review: RunningReview, visitor: Visitor) -> None:
    visitor.post("decisions", OUT)
    assert visitor.post("leave", {"revision": 1}).json()["word"] == "Nothing was approved"
    assert review.ended()
    assert [list(decisions.excluded.values()) for decisions in review.left] == [["on leave"]]


def test_a_review_ends_after_an_hour_without_activity(review: RunningReview, visitor: Visitor) -> None:
    for _ in range(3):
        review.now += IDLE_SECONDS - 1
        assert visitor.post("here", {}).status_code == 204
    requests.get(visitor.origin, timeout=10)  # a stranger keeps nothing alive
    assert review.thread.is_alive()
    review.now += IDLE_SECONDS + 1
    assert review.ended()


def test_a_port_in_use_is_refused_by_its_number() -> None:
    session = ReviewSession(make_plan(), None, lambda *_: ReviewEnd("", ""), lambda _: ReviewEnd("", ""))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"can't listen on port {port}") as refused:
            serve(session, port=port, show_address=print)
    assert "--port" in refused.value.hint
