"""A list over HTTPS: complete, bounded, from named hosts only; against real servers on loopback."""

import gzip
import hashlib
import socket
import zlib
from typing import Any

import pytest

from rolesync.model.lists import Fetched
from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError, Unchanged
from rolesync.sources.https import fetch_https
from tests.paths import PEM
from tests.servers import FakeSleep, RequestHandler, ScriptedAnswer, ScriptedStudio, ended_soon, in_turn
from tests.sources.tools import CHANGED, LAST_MODIFIED, LIST, NOW, SECRET, access_of, clocks_of, csv, deadline_of

ENDLESS = ScriptedAnswer(200, LIST * 2, {"Content-Length": "none"}, end="cut")
"""A list that ends where the connection does."""


def fetch(url: str, kept: Fetched | None = None, sleep: FakeSleep | None = None, **values: Any) -> Download | Unchanged:
    access, clocks = access_of(**values), clocks_of(sleep)
    return fetch_https(parse_address(url), access, clocks, deadline_of(access, clocks), kept)


def refused(url: str, sleep: FakeSleep | None = None, **values: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, None, sleep, **values)
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.exit_code == 3
    return caught.value


def test_a_list_comes_with_its_age_over_tls() -> None:
    with ScriptedStudio(in_turn(csv(ETag='"7"', Last_Modified=LAST_MODIFIED)), tls=str(PEM)) as server:
        answer = fetch(f"{server.base_url}/roles.csv?key={SECRET}", ca_bundle=str(PEM))
    assert answer == Download(LIST, '"7"', CHANGED)
    assert server.requests[0].target == f"/roles.csv?key={SECRET}"


def test_a_certificate_that_nobody_trusts_ends_the_fetch_before_a_secret_is_sent() -> None:
    with ScriptedStudio(in_turn(csv()), tls=str(PEM)) as server:
        error = refused(f"{server.base_url}/roles.csv", list_secret=SECRET)
    assert "certificate of 127.0.0.1 isn't trusted" in error.message
    assert "ca_bundle" in error.hint
    assert not server.requests


def test_secrets_are_headers_for_the_server_of_the_list() -> None:
    with ScriptedStudio(in_turn(csv())) as server:
        fetch(f"{server.base_url}/a", list_secret=SECRET, list_headers=f"X-Key: {SECRET}\n\nAccept: text/csv\n")
        fetch(f"{server.base_url}/a", list_secret="pass", list_user="ann")
    first, second = (request.headers for request in server.requests)
    assert (first["Authorization"], first["X-Key"], first["Accept"]) == (f"Bearer {SECRET}", SECRET, "text/csv")
    assert second["Authorization"] == "Basic YW5uOnBhc3M="
    assert "list_headers, line 2, is not a header" in refused(server.base_url, list_headers=f"A: b\n{SECRET}").message


def test_a_list_that_did_not_change_is_not_sent_again() -> None:
    kept = Fetched("https://x", NOW, '"7"', CHANGED)
    with ScriptedStudio(in_turn(ScriptedAnswer(304, b""))) as server:
        assert fetch(f"{server.base_url}/a", kept) == Unchanged(None)
        assert "304" in refused(f"{server.base_url}/a").message
    conditions = server.requests[0].headers
    assert (conditions["If-None-Match"], conditions["If-Modified-Since"]) == ('"7"', None)
    assert "If-None-Match" not in server.requests[1].headers


def test_a_list_whose_time_alone_is_known_is_always_sent() -> None:
    """A server takes a list that was restored, and is older than the kept one, for not modified since."""
    with ScriptedStudio(in_turn(csv())) as server:
        assert isinstance(fetch(f"{server.base_url}/a", Fetched("https://x", NOW, "", CHANGED)), Download)
    assert not any(name in server.requests[0].headers for name in ("If-None-Match", "If-Modified-Since"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (csv(status=401), "refused the request (401)"),
        (csv(status=403), "refused the request (403)"),
        (csv(status=404), "has nothing there (404)"),
        (csv(status=206), "answered with 206, not with a list"),
        (ScriptedAnswer(302, b""), "answered with 302"),
        (ScriptedAnswer(200, b"Please wait", {"Content-Type": "text/html; charset=utf-8"}), "web page"),
        (ScriptedAnswer(200, b"no gzip", {"Content-Encoding": "gzip"}), "can't be unpacked"),
        (csv(gzip.compress(LIST)[:-8], Content_Encoding="gzip"), "can't be unpacked"),
        (csv(zlib.compress(LIST)[:-4], Content_Encoding="deflate"), "can't be unpacked"),
        (csv(gzip.compress(gzip.compress(LIST)[:-8]), Content_Encoding="gzip, gzip"), "can't be unpacked"),
        (ENDLESS, "does not say where its answer ends"),
        (csv(b"x" * 20_001), "more than 0.02 MB"),
        (csv(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip"), "more than 0.02 MB"),
    ],
    ids=[
        "401",
        "403",
        "404",
        "206",
        "302",
        "page",
        "no gzip",
        "cut",
        "cut deflate",
        "cut inside",
        "endless",
        "oversized",
        "bomb",
    ],
)
def test_what_is_no_list_is_refused(answer: ScriptedAnswer, words: str) -> None:
    with ScriptedStudio(in_turn(answer)) as server:
        error = refused(f"{server.base_url}/a?sig={SECRET}", list_max_mb=0.02)
    assert words in error.message
    assert error.hint
    assert len(server.requests) == 1


@pytest.mark.parametrize("end", ["cut", "gone", "reset"])
def test_a_list_that_was_cut_short_is_fetched_again(end: str) -> None:
    cut = ScriptedAnswer(200, LIST, end=end)  # type: ignore[arg-type]  # one of them
    sleep = FakeSleep()
    with ScriptedStudio(in_turn(cut, cut, csv())) as server:
        answer = fetch(f"{server.base_url}/a", None, sleep)
    assert answer == Download(LIST)
    assert sleep.seconds == [1.0, 2.0]
    with ScriptedStudio(in_turn(cut)) as server:
        assert "could not be made, or broke" in refused(f"{server.base_url}/a").message
    assert len(server.requests) == 3


def test_a_list_whose_checksum_is_known_needs_no_length() -> None:
    with ScriptedStudio(in_turn(ENDLESS)) as server:
        assert fetch(f"{server.base_url}/a", list_sha256=hashlib.sha256(LIST).hexdigest()) == Download(LIST)


def test_an_answer_without_body_may_name_an_encoding() -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(304, b"", {"Content-Encoding": "gzip"}))) as server:
        assert fetch(f"{server.base_url}/a", Fetched("https://x", NOW, '"7"')) == Unchanged(None)


def test_only_what_was_asked_for_can_be_unchanged() -> None:
    kept = Fetched("https://x", NOW)  # without anything to compare with
    answer = ScriptedAnswer(304, b"", {"Last-Modified": LAST_MODIFIED})
    with ScriptedStudio(in_turn(answer)) as server, pytest.raises(FetchError, match="answered with 304"):
        fetch(f"{server.base_url}/a", kept)


@pytest.mark.parametrize("time", ["Fri, 31 Dec 9999 23:59:59 -2300", "Mon, 30 Feb 2026 06:00:00 GMT", "yesterday"])
def test_a_time_that_is_none_means_an_unknown_age(time: str) -> None:
    with ScriptedStudio(in_turn(csv(Last_Modified=time))) as server:
        assert fetch(f"{server.base_url}/a") == Download(LIST)


def test_a_failing_server_is_asked_again_within_the_time_of_the_whole() -> None:
    with ScriptedStudio(in_turn(csv(status=503), csv(status=429), csv())) as server:
        assert fetch(f"{server.base_url}/a") == Download(LIST)
    sleep = FakeSleep()
    with ScriptedStudio(in_turn(csv(status=503))) as server:
        assert "answered with an error (503)" in refused(f"{server.base_url}/a", sleep, list_timeout=2.5).message
    assert sleep.seconds == [1.0]


@pytest.mark.parametrize(
    "answer",
    [ScriptedAnswer(200, LIST * 20, drip="body"), ScriptedAnswer(200, LIST, drip="all"), ScriptedAnswer(end="mute")],
    ids=["body", "headers", "mute"],
)
def test_a_list_that_drips_in_ends_with_the_time_of_the_whole(answer: ScriptedAnswer) -> None:
    with ScriptedStudio(in_turn(answer)) as server, ended_soon():
        error = refused(f"{server.base_url}/a", list_timeout=0.3)
    assert "did not send the complete list within 0.3 s" in error.message
    assert "list_timeout" in error.hint


def leading(to: str) -> RequestHandler:
    """Redirect each request to an address, but answer a request for `/list`."""
    return lambda request: csv() if request.path == "/list" else ScriptedAnswer(302, b"", {"Location": to})


def test_a_redirect_on_the_same_server_is_followed() -> None:
    with ScriptedStudio(leading("/list")) as server:
        assert fetch(f"{server.base_url}/a", list_secret=SECRET) == Download(LIST)
    assert [request.headers["Authorization"] for request in server.requests] == [f"Bearer {SECRET}"] * 2


def test_a_redirect_leads_only_to_named_hosts_and_takes_no_secret_along() -> None:
    with ScriptedStudio(in_turn(csv())) as other, ScriptedStudio(leading(f"{other.base_url}/x")) as server:
        error = refused(f"{server.base_url}/a", list_secret=SECRET, list_headers=f"Cookie: {SECRET}")
        assert "leads to 127.0.0.1, which is not named" in error.message
        assert 'list_hosts = ["127.0.0.1"]' in error.hint
        assert not other.requests
        named: dict[str, Any] = {
            "list_hosts": ("127.0.0.1",),
            "list_headers": f"Cookie: {SECRET}",
            "list_secret": SECRET,
        }
        assert fetch(f"{server.base_url}/a", **named) == Download(LIST)
    assert SECRET not in str(other.requests[0].headers)


@pytest.mark.parametrize(
    "form", ["{other}\\@{home}/x", "{other}/\\@{home}/x", "{other}#@{home}/x", "{other}?@{home}/x"]
)
def test_a_redirect_that_hides_its_host_takes_no_secret_along(form: str) -> None:
    with ScriptedStudio(in_turn(csv())) as other:
        answers: list[ScriptedAnswer] = []
        with ScriptedStudio(lambda _request: answers[0]) as server:
            to = form.format(other=other.base_url, home=server.base_url.removeprefix("http://"))
            answers.append(ScriptedAnswer(302, b"", {"Location": to}))
            assert "which is not named" in refused(f"{server.base_url}/a", list_secret=SECRET).message
        assert not other.requests


@pytest.mark.parametrize("host", ["*.example.edu", "files..example.edu", f"{'a' * 64}.example.edu"])
def test_an_address_that_no_server_has_is_refused(host: str) -> None:
    assert "address or a header is not valid" in refused(f"https://{host}/x").message


def test_redirects_end() -> None:
    with ScriptedStudio(leading("/b")) as server:
        assert "more than 5 redirects" in refused(f"{server.base_url}/a").message


@pytest.mark.parametrize(
    "to",
    [
        "http://files.example.edu/x",
        "ftp://files.example.edu/x",
        "https://user@evil/",
        "//[",
        "https://127.0.0.1:99999/",
    ],
)
def test_a_redirect_never_leaves_encryption(to: str) -> None:
    with ScriptedStudio(leading(to)) as server:
        refused(f"{server.base_url}/a", list_hosts=("files.example.edu",))
    assert len(server.requests) == 1


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name list.example.edu have a loopback address, as a name server of a stranger may say."""
    resolve = socket.getaddrinfo

    def lookup(host: str, *others: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if host == "list.example.edu" else host, *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.usefixtures("named")
def test_nothing_is_sent_to_an_internal_address_unless_its_host_is_named() -> None:
    with ScriptedStudio(in_turn(csv()), tls=str(PEM)) as server:
        url = f"https://list.example.edu:{server.base_url.rpartition(':')[2]}/a"
        error = refused(url, list_secret=SECRET, ca_bundle=str(PEM))
        assert "list.example.edu has the address 127.0.0.1, of an internal network" in error.message
        assert 'list_hosts = ["list.example.edu"]' in error.hint
        named = refused(url, list_hosts=("list.example.edu",), ca_bundle=str(PEM))
        assert "isn't trusted" in named.message  # the certificate is for 127.0.0.1, and the connection was made
    assert not server.requests


def test_a_proxy_gets_the_connection() -> None:
    with ScriptedStudio(in_turn(csv())) as proxy, ScriptedStudio(in_turn(csv())) as server:
        assert fetch(f"{server.base_url}/a", proxy_for=lambda _url: proxy.base_url) == Download(LIST)
    assert (len(proxy.requests), len(server.requests)) == (1, 0)


def test_a_mistyped_proxy_is_named_without_its_text() -> None:
    with ScriptedStudio(in_turn(csv())) as server:
        error = refused(f"{server.base_url}/a", proxy_for=lambda _url: "http:/me:s3cret@proxy.example")
    assert "the proxy has no valid address" in error.message
    assert "s3cret" not in error.message + error.hint
    assert server.requests == []


def test_the_body_of_a_redirect_is_bounded_too() -> None:
    body = gzip.compress(bytes(30_000_000))
    bomb = ScriptedAnswer(302, body, {"Location": "/list", "Content-Encoding": "gzip"})
    with ScriptedStudio(in_turn(bomb)) as server:
        assert "more than 1 MB" in refused(f"{server.base_url}/a", list_max_mb=1.0).message
