"""The admins of a Canvas account, from a server that pages as Canvas's documentation says."""

from typing import Any

import pytest

from rolesync.sources.address import parse_address
from rolesync.sources.canvas import fetch_canvas
from rolesync.sources.fetch_context import Download, FetchError
from tests.paths import PEM
from tests.servers import FakeSleep, ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio
from tests.sources.tools import NOW, SECRET, access_of, clocks_of, deadline_of


def admin(number: int, **user: str) -> dict[str, Any]:
    return {
        "id": number,
        "role": "AccountAdmin",
        "role_id": 1,
        "user": {"id": number, "name": f"User {number}", **user},
        "workflow_state": "deleted" if number == 3 else "active",
    }


ADMINS = [admin(1, login_id="ann@example.edu"), admin(2, login_id="b", email="ben@example.edu"), admin(3, login_id="c")]


def canvas(pages: list[list[Any]], *, other: str = "") -> RequestHandler:
    """Page by opaque links, as the documentation asks clients to follow."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        at = int(request.query.get("page", "bookmark:0").partition(":")[2])
        host = other or f"https://{request.headers['Host']}"
        link = f'<{host}{request.path}?page=bookmark:{at + 1}>; rel="next",<{host}/x>; rel="first"'
        return ScriptedAnswer(200, pages[at], {"Link": link} if at + 1 < len(pages) else {})

    return answer


def fetch(handler: RequestHandler, path: str = "1", **values: Any) -> tuple[Download, ScriptedStudio]:
    access, clocks = access_of(list_secret=SECRET, ca_bundle=str(PEM), **values), clocks_of(FakeSleep())
    with ScriptedStudio(handler, tls=str(PEM)) as server:
        address = parse_address(f"canvas://127.0.0.1:{server.base_url.rpartition(':')[2]}/{path}")
        answer = fetch_canvas(address, access, clocks, deadline_of(access, clocks), None)
    assert isinstance(answer, Download)
    return answer, server


def test_all_pages_are_read_twice() -> None:
    answer, server = fetch(canvas([ADMINS[:1], ADMINS[1:]]))
    assert answer.data.decode() == (
        '"email","name","role","status"\n'
        '"ann@example.edu","User 1","AccountAdmin","active"\n'
        '"ben@example.edu","User 2","AccountAdmin","active"\n'
        '"c","User 3","AccountAdmin","inactive"\n'
    )
    assert answer.last_modified == NOW
    assert len(server.requests) == 4
    assert {request.method for request in server.requests} == {"GET"}
    assert server.requests[0].target == "/api/v1/accounts/1/admins?per_page=100"
    assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (canvas([ADMINS[:2], ADMINS[1:]]), "an admin came twice"),
        (canvas([ADMINS, []], other="https://evil.example"), "the next page is on another host"),
        (canvas([ADMINS, []], other="https://["), "not as documented"),
        (canvas([[admin(number) for number in range(100)]]), "the answer names no next and no last page"),
        (canvas([[{"id": 1}]]), "not as documented"),
        (canvas([["x"]]), "not as documented"),
        (canvas([[{**ADMINS[0], "workflow_state": "resting"}]]), "not as documented"),
        (lambda _: ScriptedAnswer(200, {"errors": []}), "not as documented"),
        (lambda _: ScriptedAnswer(401, {}), "refused the request (401)"),
        (canvas([[]] * 300), "more than 200 pages"),
    ],
    ids=["twice", "host", "link", "no link", "admin", "text", "state", "object", "401", "endless"],
)
def test_what_is_not_complete_is_refused(handler: RequestHandler, words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(handler)
    assert words in caught.value.message
    assert SECRET not in caught.value.message


def test_the_next_page_may_have_any_letters() -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        answer = canvas([ADMINS[:1], ADMINS[1:]])(request)
        headers = {name: text.replace('rel="next"', 'rel="Next last"') for name, text in answer.headers.items()}
        return ScriptedAnswer(200, answer.body, headers)

    assert fetch(answer)[0].data.count(b"\n") == 4


def test_admins_that_change_meanwhile_are_read_again() -> None:
    reads = iter([ADMINS, ADMINS[:2], ADMINS, ADMINS])
    answer, server = fetch(lambda _: ScriptedAnswer(200, next(reads)))
    assert (answer.data.count(b"\n"), len(server.requests)) == (4, 4)
    counts = iter(range(20))
    with pytest.raises(FetchError, match="the admins changed while they were read"):
        fetch(lambda _: ScriptedAnswer(200, [admin(10 + next(counts))]))


def test_an_address_names_an_account() -> None:
    with pytest.raises(FetchError, match="names no account"):
        fetch(canvas([[]]), "courses/1")
