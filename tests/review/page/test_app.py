"""Requests to a review: only the browser that opened its address is answered, and only with well-formed requests."""

from contextlib import closing
from http.client import HTTPConnection

import pytest
import requests

from rolesync.planner.approval import Decisions
from tests.review.page.running_review import RunningReview, Visitor

NOTHING = {"revision": 0, "reasons": [], "excluded": {}, "released": {}}
OUT = {"revision": 0, "reasons": ["on leave"], "excluded": {"0": 0}, "released": {}}


def test_an_address_opens_the_review_once(review: RunningReview) -> None:
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


def test_requests_without_key_path_and_cookie_are_refused(review: RunningReview, visitor: Visitor) -> None:
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
        response = requests.get(visitor.origin + path, headers={"Cookie": cookie.encode("latin-1")}, timeout=10)
        assert response.status_code == 403, (path, cookie)
        assert "example.edu" not in response.text
    assert requests.post(f"{visitor.origin}{visitor.path}approve", json={}, timeout=10).status_code == 403
    assert visitor.page().status_code == 200
    assert review.addresses.empty()


def test_the_cookie_is_for_the_secret_path_and_hidden_from_scripts(visitor: Visitor) -> None:
    assert len(visitor.path) > 40
    header = visitor.opened.headers["set-cookie"]
    assert f"Path={visitor.path};" in header
    assert "HttpOnly" in header
    assert "SameSite=strict" in header


def test_another_cookie_of_the_same_name_does_no_harm(visitor: Visitor) -> None:
    for cookie in (f"rolesync_review=foreign; {visitor.cookie}", f"{visitor.cookie}; a; rolesync_review=foreign"):
        response = requests.get(visitor.origin + visitor.path, headers={"Cookie": cookie}, timeout=10)
        assert response.status_code == 200


@pytest.mark.parametrize("host", ["rebound.example:{port}", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_host_name_is_refused(visitor: Visitor, host: str) -> None:
    host_header = host.format(port=visitor.host.partition(":")[2])
    assert visitor.page(Host=host_header).status_code == 421
    assert visitor.post("decisions", NOTHING, Host=host_header).status_code == 421


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
def test_requests_from_another_page_are_refused(
    review: RunningReview, visitor: Visitor, headers: dict[str, str | None], status: int
) -> None:
    assert visitor.post("decisions", OUT, **headers).status_code == status
    assert visitor.post("approve", {"revision": 0, "reviewer": "Eve", "sees": ""}, **headers).status_code == status
    assert visitor.post("leave", {"revision": 0}, **headers).status_code == status
    assert (review.session.decisions, review.session.end) == (Decisions(), None)


@pytest.mark.parametrize(
    "size",
    [
        {"Content-Length": "64000001"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Length": "5", "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "Chunked", "Content-Length": "5"},
    ],
    ids=str,
)
def test_a_request_that_is_too_large_or_has_no_size_is_refused(visitor: Visitor, size: dict[str, str]) -> None:
    headers = {"Origin": visitor.origin, "Cookie": visitor.cookie, "Content-Type": "application/json"}
    with closing(HTTPConnection(visitor.host, timeout=10)) as connection:
        connection.request("POST", f"{visitor.path}decisions", headers={**headers, **size})
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("header", ["Purpose", "Sec-Purpose"])
def test_a_prefetch_does_not_use_up_the_key(review: RunningReview, header: str) -> None:
    address = review.address()
    early = requests.get(address, headers={header: "prefetch"}, timeout=10)
    assert early.status_code == 403
    assert Visitor(address).page().status_code == 200


def test_every_answer_forbids_frames_referrers_and_copies(visitor: Visitor) -> None:
    for answer in (visitor.opened, visitor.page(), visitor.get(f"{visitor.origin}/"), visitor.post("here", {})):
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in answer.headers


def test_unknown_paths_get_404(visitor: Visitor) -> None:
    assert visitor.get(f"{visitor.origin}{visitor.path}decisions").status_code == 404
    assert visitor.post("nothing", {}).status_code == 404
    assert visitor.post("here", {}).status_code == 204
