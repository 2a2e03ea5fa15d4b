"""The client: what it sends, what it retries and how often, and which errors it raises."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count, islice
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from rolesync.errors import (
    ForbiddenError,
    NeverSentError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    StudioError,
    UnauthorizedError,
    UnreachableError,
    UnreadableAnswerError,
    UsageError,
)
from rolesync.sandbox import Faults, Options, Sandbox
from rolesync.studio.auth.tokens import FixedToken
from rolesync.studio.client import Client, EndedError
from rolesync.studio.retry import MAX_RETRY_AFTER
from rolesync.studio.transport import Call, Connection
from rolesync.studio.users import StudioReader, StudioWriter
from tests.paths import PEM
from tests.servers import (
    AGENT,
    FakeSleep,
    ReceivedRequest,
    RequestHandler,
    ScriptedAnswer,
    ScriptedStudio,
    client_of,
    in_turn,
)

USER = {"id": 7, "email": "a@example.edu", "full_name": "A", "role_names": []}
OK = ScriptedAnswer(body={"user": USER})
DONE = ScriptedAnswer(body={"users": [USER]})
ADD = [{"user_id": 7, "action": "add", "role": "Admin"}]
LIMITED = ScriptedAnswer(429, {"error": "Too Many Requests"}, {"retry-after": "7"})


class Studio:
    """A scripted Studio and a client of it."""

    def __init__(self, server: ScriptedStudio, stack: ExitStack) -> None:
        self.server = server
        self.fake_sleep = FakeSleep()
        self._stack = stack

    def reader(self, **connection: Any) -> StudioReader:
        return self.writer(**connection)

    def writer(self, **connection: Any) -> StudioWriter:
        return StudioWriter(self._stack.enter_context(client_of(self.server.base_url, self.fake_sleep, **connection)))


Start = Callable[..., Studio]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def enter(answer: RequestHandler | ScriptedAnswer, **others: object) -> Studio:
            answering = in_turn(answer) if isinstance(answer, ScriptedAnswer) else answer
            return Studio(stack.enter_context(ScriptedStudio(answering, **others)), stack)  # type: ignore[arg-type]  # passed through

        yield enter


def put(studio: StudioWriter) -> object:
    return studio.put_roles([{"user_id": 7, "action": "add", "role": "Admin"}])


def get(studio: StudioReader) -> object:
    return studio.user(7)


# What is sent


def test_every_request_carries_the_user_agent_and_the_token(start: Start) -> None:
    studio = start(in_turn(OK, DONE))
    writer = studio.writer(user_agent="rolesync/9 (it@example.edu)")
    get(writer)
    put(writer)
    for request in studio.server.requests:
        assert request.headers["User-Agent"] == "rolesync/9 (it@example.edu)"
        assert request.headers.get_all("Authorization") == ["Bearer sandbox-token"]
        assert request.headers["Accept"] == "application/json"
    request = studio.server.requests[1]
    assert (request.method, request.headers["Content-Type"], request.json) == (
        "PUT",
        "application/json",
        {"actions": ADD},
    )


def test_the_token_is_not_sent_along_a_redirect(start: Start) -> None:
    elsewhere = start(OK)
    for status in (301, 302, 303, 307, 308):
        studio = start(ScriptedAnswer(status, b"", {"location": f"{elsewhere.server.base_url}/login"}))
        with pytest.raises(StudioError, match=f"answered {status}") as caught:
            get(studio.reader())
        assert (caught.value.status, type(caught.value)) == (status, StudioError)
        assert f"{elsewhere.server.base_url}/login" in caught.value.hint
        assert len(studio.server.requests) == 1
    assert elsewhere.server.requests == []


def test_proxies_and_netrc_of_the_environment_are_ignored(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    proxy, studio = start(OK), start(OK)
    monkeypatch.setenv("HTTP_PROXY", proxy.server.base_url)
    monkeypatch.setenv("ALL_PROXY", proxy.server.base_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    get(studio.reader())
    assert studio.server.requests[0].headers["Authorization"] == "Bearer sandbox-token"
    assert proxy.server.requests == []


def test_a_configured_proxy_is_used(start: Start) -> None:
    proxy, studio = start(OK), start(OK)
    get(studio.reader(proxy=proxy.server.base_url))
    assert proxy.server.requests[0].target == f"{studio.server.base_url}/api/public/v1/users/7"
    assert studio.server.requests == []


def test_a_connection_is_reused_even_after_errors(start: Start) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return ScriptedAnswer(404, {"error": "gone"}) if request.path.endswith("/8") else OK

    studio = start(answer)
    reader = studio.reader()
    for _ in range(10):
        get(reader)
        with pytest.raises(NotFoundError):
            reader.user(8)
    assert (len(studio.server.requests), studio.server.connections) == (20, 1)


def test_every_request_is_counted() -> None:
    with Sandbox(Options(users=400)) as sandbox, client_of(sandbox.base_url, FakeSleep(), concurrency=3) as client:
        reader = StudioReader(client)
        ids = [person["id"] for person in sandbox.people()]
        assert [user.id for user in client.each(reader.user, ids)] == ids
        assert client.counts == {"user": 400}
        assert sandbox.counts()["user"] == 400


def test_a_cookie_of_studio_is_sent_back(start: Start) -> None:
    studio = start(in_turn(ScriptedAnswer(body={"user": USER}, headers={"Set-Cookie": "balancer=a; Path=/"}), OK))
    reader = studio.reader()
    get(reader)
    get(reader)
    assert [request.headers["Cookie"] for request in studio.server.requests] == [None, "balancer=a"]


def test_an_invalid_address_is_refused_before_any_request() -> None:
    with pytest.raises(UsageError, match=r"https://\.example\.edu is not a valid address") as caught:
        client_of("https://.example.edu", FakeSleep())
    assert "ROLESYNC_BASE_URL" in caught.value.hint


# Whose certificate is trusted


def test_an_untrusted_certificate_is_final(start: Start) -> None:
    studio = start(OK, tls=str(PEM))
    with pytest.raises(StudioError, match=r"certificate of https://127.0.0.1:.* isn't trusted") as caught:
        get(studio.reader())
    assert "ROLESYNC_CA_BUNDLE" in caught.value.hint
    assert (studio.server.requests, studio.fake_sleep.seconds) == ([], [])


def test_a_ca_bundle_makes_its_certificates_trusted(start: Start) -> None:
    studio = start(OK, tls=str(PEM))
    assert get(studio.reader(ca_bundle=str(PEM))) is not None
    assert studio.server.requests[0].headers["Authorization"] == "Bearer sandbox-token"


def test_a_server_without_tls_is_not_reported_as_untrusted(start: Start) -> None:
    studio = start(OK)
    studio.server.base_url = studio.server.base_url.replace("http:", "https:")
    with pytest.raises(UnreachableError, match="TLS") as caught:
        get(studio.reader(attempts=1))
    assert "certificate" not in str(caught.value)
    assert studio.server.requests == []


# What is tried again


PASSING = [
    LIMITED,
    ScriptedAnswer(403, {"error": "Rate Limit Exceeded"}),
    ScriptedAnswer(403, b"403 Forbidden (Rate Limit Exceeded)\n", {"content-type": "text/plain"}),
    ScriptedAnswer(403, b"<html><h1>Rate Limit Exceeded</h1></html>", {"content-type": "text/html"}),
    *(ScriptedAnswer(status, b"<html>oh</html>") for status in (500, 502, 503, 504)),
    ScriptedAnswer(body=b"<html>log in</html>"),
    ScriptedAnswer(body={"user": None}),
    ScriptedAnswer(body={"user": USER}, end="cut"),
    ScriptedAnswer(end="gone"),
    ScriptedAnswer(end="reset"),
]


@pytest.mark.parametrize("passing", PASSING, ids=str)
def test_a_read_is_retried_after_a_transient_failure(start: Start, passing: ScriptedAnswer) -> None:
    studio = start(in_turn(passing, passing, OK))
    reader = studio.reader()
    with capture_logs() as logs:
        assert reader.user(7).id == 7
    assert len(studio.server.requests) == 3
    assert reader.client.counts == {"user": 3}
    assert len(studio.fake_sleep.seconds) == 2
    logs = [entry for entry in logs if entry["log_level"] != "debug"]  # each request
    assert [(entry["event"], entry["attempt"], entry["wait_s"]) for entry in logs] == [
        ("retry", 1, studio.fake_sleep.seconds[0]),
        ("retry", 2, studio.fake_sleep.seconds[1]),
    ]
    assert all("GET /api/public/v1/users/7" in entry["why"] for entry in logs)
    assert "sandbox-token" not in str(logs)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
@pytest.mark.parametrize("call", [get, put])
def test_a_refused_request_is_not_retried(start: Start, call: Callable[[StudioWriter], object], status: int) -> None:
    studio = start(ScriptedAnswer(status, {"error": "the rate limits may not be changed by you"}))
    with pytest.raises(StudioError) as caught:
        call(studio.writer())
    assert caught.value.status == status
    assert (len(studio.server.requests), studio.fake_sleep.seconds) == (1, [])


@pytest.mark.parametrize("limited", PASSING[:4], ids=str)
def test_a_write_is_retried_if_studio_did_nothing(start: Start, limited: ScriptedAnswer) -> None:
    studio = start(in_turn(limited, DONE))
    writer = studio.writer()
    put(writer)
    assert writer.client.counts == {"put_roles": 2}
    assert studio.server.requests[0].body == studio.server.requests[1].body


@pytest.mark.parametrize(
    "unclear", [*PASSING[4:], ScriptedAnswer(end="mute"), ScriptedAnswer(end="stall", body={"users": []})], ids=str
)
def test_a_write_of_unclear_effect_is_not_retried(start: Start, unclear: ScriptedAnswer) -> None:
    studio = start(in_turn(unclear, DONE))
    with pytest.raises((ServerError, UnreachableError, UnreadableAnswerError)) as caught:
        put(studio.writer(timeout=0.2))
    assert not isinstance(caught.value, NeverSentError)
    assert len(studio.server.requests) == 1


@pytest.mark.parametrize("call", [get, put])
def test_a_request_that_never_left_is_retried(start: Start, call: Callable[[StudioWriter], object]) -> None:
    studio = start(in_turn(OK) if call is get else in_turn(DONE), listening=False)
    writer = studio.writer()
    studio.fake_sleep.during_first = studio.server.listen
    call(writer)
    assert len(studio.server.requests) == 1
    assert studio.fake_sleep.seconds == [0.5]


def test_a_refused_connection_is_reported(start: Start) -> None:
    studio = start(OK, listening=False)
    with pytest.raises(NeverSentError, match=r"PUT /api/public/v1/users/roles: http://127.0.0.1:\d+ can't be reached"):
        put(studio.writer())
    assert len(studio.fake_sleep.seconds) == 7


def test_an_unknown_host_name_counts_as_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fake_sleep = FakeSleep()
    with client_of("http://studio.invalid", fake_sleep, attempts=3) as client, pytest.raises(NeverSentError) as caught:
        put(StudioWriter(client))
    assert "http://studio.invalid can't be reached" in caught.value.message
    assert len(fake_sleep.seconds) == 2


def test_an_unreachable_proxy_counts_as_never_sent(start: Start) -> None:
    proxy, studio = start(OK, listening=False), start(OK)
    secret = proxy.server.base_url.replace("127", "me:secret@127")
    with pytest.raises(NeverSentError, match="proxy") as caught:
        put(studio.writer(proxy=secret, attempts=1))
    assert "secret" not in caught.value.message + caught.value.hint
    assert studio.server.requests == []


def test_a_mistyped_proxy_is_named_without_its_text(start: Start) -> None:
    studio = start(OK)
    with pytest.raises(NeverSentError, match="the proxy has no valid address") as caught:
        put(studio.writer(proxy="http:/me:secret@proxy.example", attempts=1))
    assert "check the setting proxy" in caught.value.hint
    assert "secret" not in caught.value.message + caught.value.hint
    assert studio.server.requests == []


def test_a_connection_that_is_not_accepted_times_out() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # fill the queue, so that the kernel answers nobody any more
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = stack.enter_context(client_of(url, FakeSleep(), attempts=1, connect_timeout=0.2))
        with pytest.raises(NeverSentError, match=r"no connection to .* within 0\.2 s"):
            put(StudioWriter(client))


@pytest.mark.parametrize("end", ["mute", "stall"])
def test_a_silent_studio_times_out(start: Start, end: str) -> None:
    studio = start(ScriptedAnswer(body={"user": USER}, end=end))  # type: ignore[arg-type]  # parametrized
    with pytest.raises(UnreachableError, match=r"no complete answer from http://127.0.0.1:\d+ within 0\.2 s"):
        get(studio.reader(timeout=0.2, attempts=1))


# How long it waits


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "86400"}, MAX_RETRY_AFTER),
        ({"Retry-After": "Mon, 01 Jan 2024 10:00:30 GMT", "Date": "Mon, 01 Jan 2024 10:00:10 GMT"}, 20),
        ({"Retry-After": "Mon, 01 Jan 2024 10:00:30 GMT", "Date": "Mon, 01 Jan 2024 11:00:10 GMT"}, 0),
        ({"Retry-After": "Mon, 01 Jan 2035 10:00:30 GMT", "date": "Mon, 01 Jan 2024 10:00:00 GMT"}, 60),
        ({"Retry-After": "soon"}, 0.5),
        ({"Retry-After": "-3"}, 0.5),
        ({"Retry-After": "Mon, 01 Jan 2024 10:00:30 +99999999999999999"}, 0.5),
        ({}, 0.5),
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_sets_the_wait(start: Start, status: int, headers: dict[str, str], seconds: float) -> None:
    studio = start(in_turn(ScriptedAnswer(status, {"error": "wait"}, headers), OK))
    get(studio.reader())
    assert studio.fake_sleep.seconds == [seconds]


def test_retry_after_may_be_a_date_without_studios_clock(start: Start) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    studio = start(in_turn(ScriptedAnswer(429, b"", {"Retry-After": until}), OK))
    get(studio.reader())
    assert 30 <= studio.fake_sleep.seconds[0] <= 40


def test_without_retry_after_the_back_off_doubles_up_to_a_limit(start: Start) -> None:
    studio = start(ScriptedAnswer(503, b""))
    with pytest.raises(ServerError) as caught:
        get(studio.reader(attempts=10, retry_seconds=1000))
    assert studio.fake_sleep.seconds == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert len(studio.server.requests) == 10
    assert "try again later" in caught.value.hint


@pytest.mark.parametrize(("retry_seconds", "waits"), [(120, [50, 50]), (49, []), (99, [50])])
def test_the_sum_of_all_waits_is_bounded(start: Start, retry_seconds: float, waits: list[float]) -> None:
    studio = start(ScriptedAnswer(429, b"", {"Retry-After": "50"}))
    with pytest.raises(RateLimitedError) as caught:
        get(studio.reader(retry_seconds=retry_seconds))
    assert studio.fake_sleep.seconds == waits
    assert (caught.value.retry_after, caught.value.status) == (50, 429)


def test_a_pause_waits_like_a_retry(start: Start) -> None:
    studio = start(OK)
    writer = studio.writer()
    writer.client.pause(3)
    assert studio.fake_sleep.seconds == [2.0]
    writer.client.pause(3, retry_after=9.5)
    assert studio.fake_sleep.seconds[1] == 9.5


def test_requests_keep_the_configured_rate(start: Start) -> None:
    studio = start(OK)
    reader = studio.reader(requests_per_second=2.0)
    begun = studio.fake_sleep.clock()
    for _ in range(5):
        get(reader)
    assert 2.0 <= studio.fake_sleep.clock() - begun < 4.0
    assert len(studio.fake_sleep.seconds) == 4
    assert all(0.2 < nap <= 0.5 for nap in studio.fake_sleep.seconds)


# How many at once


def test_all_requests_wait_if_studio_asks_to_wait(start: Start) -> None:
    studio = start(in_turn(ScriptedAnswer(503, b"", {"Retry-After": "7"}), OK))
    writer = studio.writer()
    with pytest.raises(ServerError):
        put(writer)  # not tried again, so that it doesn't wait itself
    get(writer)
    assert len(studio.fake_sleep.seconds) == 1
    assert 6 < studio.fake_sleep.seconds[0] <= 7


def test_a_rate_limit_reduces_the_requests(start: Start) -> None:
    studio = start(in_turn(*[OK] * 6, LIMITED, LIMITED, OK))
    reader = studio.reader(concurrency=8)
    with capture_logs() as logs:
        for _ in range(7):
            get(reader)
    logs = [entry for entry in logs if entry["log_level"] != "debug"]  # each request
    assert [(entry["at_once"], entry["per_second"]) for entry in logs] == [(4, None), (2, 5.7)]


def test_neither_requests_nor_connections_exceed_the_limit() -> None:
    lock, under_way, peak = threading.Lock(), 0, 0

    def answer(_asked: ReceivedRequest) -> ScriptedAnswer:
        nonlocal under_way, peak
        with lock:
            under_way += 1
            peak = max(peak, under_way)
        full.wait(0.05)
        with lock:
            under_way -= 1
        return OK

    full = threading.Event()  # never set: time for others to come
    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep(), concurrency=3) as client:
        reader = StudioReader(client)
        others = client.each(reader.user, [7] * 20)
        next(others)
        assert [reader.user(7).id for _ in range(5)] == [7] * 5  # by a thread that is not the client's own
        assert len(list(others)) == 19
        assert (peak, server.connections) == (3, 3)


# The token


class Renewable:
    """A token that a refresh replaces by the next of these."""

    def __init__(self, *headers: str) -> None:
        self.headers = list(headers)
        self.refused: list[str] = []

    def header(self) -> str:
        return self.headers[0]

    def renew(self, refused: str) -> bool:
        self.refused.append(refused)
        if len(self.headers) == 1:
            return False
        self.headers.pop(0)
        return True


def takes(*good: str) -> RequestHandler:
    return lambda request: OK if request.headers["Authorization"] in good else ScriptedAnswer(401, {"error": "expired"})


def test_a_refused_token_is_renewed_once(start: Start) -> None:
    studio, tokens = start(takes("Bearer 2")), Renewable("Bearer 1", "Bearer 2", "Bearer 3")
    reader = studio.reader(tokens=tokens)
    get(reader)
    get(reader)
    assert tokens.refused == ["Bearer 1"]
    assert reader.client.counts == {"user": 3}
    assert studio.fake_sleep.seconds == []


def test_a_renewed_token_that_is_refused_is_final(start: Start) -> None:
    studio, tokens = start(takes("Bearer 9")), Renewable("Bearer 1", "Bearer 2", "Bearer 3")
    with pytest.raises(UnauthorizedError, match="expired"):
        get(studio.reader(tokens=tokens))
    assert tokens.refused == ["Bearer 1"]
    assert len(studio.server.requests) == 2


def test_a_call_renews_the_token_once_however_often_it_is_retried(start: Start) -> None:
    no, busy = ScriptedAnswer(401, {"error": "expired"}), ScriptedAnswer(503, b"")
    studio, tokens = start(in_turn(no, busy, no)), Renewable("Bearer 1", "Bearer 2", "Bearer 3")
    with pytest.raises(UnauthorizedError):
        get(studio.reader(tokens=tokens))
    assert tokens.refused == ["Bearer 1"]
    assert len(studio.server.requests) == 3


def test_a_token_that_cannot_be_renewed_is_final(start: Start) -> None:
    studio, tokens = start(takes("Bearer 9")), Renewable("Bearer 1")
    with pytest.raises(UnauthorizedError):
        get(studio.reader(tokens=tokens))
    assert len(studio.server.requests) == 1


# Several at once


def test_results_come_in_the_order_of_the_items() -> None:
    last_first = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert last_first.wait(5)
        if item == 3:
            last_first.set()
        return item * 10

    with client_of("http://127.0.0.1:9", FakeSleep(), concurrency=4) as client:
        assert list(client.each(work, range(20))) == [item * 10 for item in range(20)]


def test_abandoned_requests_can_be_waited_for() -> None:
    begun, finished = threading.Event(), threading.Event()

    def work(item: int) -> int:
        if item:
            begun.set()
            threading.Event().wait(0.05)  # never set: time for a caller that doesn't wait
            finished.set()
        elif begun.wait(5):
            raise NotFoundError("nobody")
        return item

    with client_of("http://127.0.0.1:9", FakeSleep(), concurrency=2) as client:
        with pytest.raises(NotFoundError):
            list(client.each(work, range(2)))
        client.finish_abandoned()
        assert finished.is_set()


def test_items_are_taken_shortly_before_they_are_sent() -> None:
    items_taken: list[int] = []

    def items() -> Iterator[int]:
        for number in count():
            items_taken.append(number)
            yield number

    with client_of("http://127.0.0.1:9", FakeSleep(), concurrency=2) as client:
        results = client.each(lambda item: item, items())
        assert list(islice(results, 3)) == [0, 1, 2]
        assert len(items_taken) == 8 + 2
        results.close()  # type: ignore[attr-defined]  # a generator


def test_no_further_call_starts_after_the_first_error() -> None:
    begun: list[int] = []
    failed = threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        if item == 0:
            raise ForbiddenError("no")
        failed.wait(5)
        return item

    with client_of("http://127.0.0.1:9", FakeSleep(), concurrency=1) as client:
        with pytest.raises(ForbiddenError):
            list(client.each(work, count()))
        failed.set()
    assert begun in ([0], [0, 1])


def test_closing_ends_every_thread_and_connection(start: Start) -> None:
    studio = start(OK)
    before = threading.active_count()
    with client_of(studio.server.base_url, studio.fake_sleep) as client:
        list(client.each(StudioReader(client).user, [7] * 20))
        assert threading.active_count() > before
    assert [thread for thread in threading.enumerate() if thread.name.startswith("studio")] == []


# All of it together


def test_reads_succeed_despite_many_faults() -> None:
    faults = Faults.parse("429=0.1,429-retry-after=1,429-bare=0.05,403=0.05,500=0.05,html=0.05,cut=0.05,reset=0.05")
    fake_sleep = FakeSleep()
    with (
        Sandbox(Options(users=60, faults=faults)) as sandbox,
        client_of(sandbox.base_url, fake_sleep, attempts=30, retry_seconds=1e6) as client,
    ):
        sandbox.set_faults("")
        ids = [person["id"] for person in sandbox.people()] * 3
        sandbox.set_faults(faults)
        with capture_logs() as logs:
            assert [user.id for user in client.each(StudioReader(client).user, ids)] == ids
        struck = sum(sandbox.fault_counts().values())
    assert struck > 20
    assert client.counts["user"] == len(ids) + struck
    assert len([entry for entry in logs if entry["event"] == "retry"]) == struck


def test_any_malformed_answer_becomes_one_error(start: Start) -> None:
    studio = start(ScriptedAnswer(418, b"\xff\xfe\x00teapot"))
    with pytest.raises(StudioError, match="418") as caught:
        studio.reader().client.call(Call("tea", "GET", "/tea"), lambda answer: answer)
    assert "isn't documented" in caught.value.hint


def test_the_duration_of_each_answered_request_is_reported(start: Start) -> None:
    durations: list[float] = []
    fake_sleep, answers = (
        FakeSleep(),
        in_turn(LIMITED, ScriptedAnswer(end="gone"), OK, ScriptedAnswer(404, {"error": "gone"})),
    )

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        fake_sleep.seconds.append(3.0)  # moves the clock on, as a sleep would
        return answers(request)

    studio = start(answer)
    connection = Connection(studio.server.base_url, AGENT, concurrency=1)
    tokens = FixedToken(SecretStr("sandbox-token"))
    with Client(
        connection, tokens, sleep=fake_sleep.sleep, clock=fake_sleep.clock, answered=durations.append
    ) as client:
        get(StudioReader(client))
        with pytest.raises(NotFoundError):
            get(StudioReader(client))
    assert len(studio.server.requests) == 4
    assert [round(seconds) for seconds in durations] == [3, 3]


@pytest.mark.parametrize(
    ("headers", "skew"),
    [({}, None), ({"date": "soon"}, None), ({"date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 120.0)],
    ids=str,
)
def test_the_clock_is_compared_with_that_of_the_latest_answer(headers: dict[str, str], skew: float | None) -> None:
    answer = ScriptedAnswer(404, {"error": "gone"}, headers)
    with ScriptedStudio(in_turn(answer)) as server:
        tokens = FixedToken(SecretStr("sandbox-token"))
        moment = datetime(2015, 10, 21, 7, 30, tzinfo=UTC)
        with Client(Connection(server.base_url, AGENT), tokens, wall_clock=lambda: moment) as client:
            assert client.clock_skew is None
            with pytest.raises(NotFoundError):
                StudioReader(client).user(7)
            assert client.clock_skew == skew


# The end


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """Raises one KeyboardInterrupt in the main thread, even if the shell has ignored SIGINT.

    A signal that arrives just before the main thread begins to wait doesn't wake it, so it is sent until it is handled.
    """
    handled = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not handled.is_set():
            handled.set()
            raise KeyboardInterrupt

    def send() -> None:
        while not handled.wait(0.05):
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, interrupt)
    sender, first = threading.Thread(target=send), threading.Lock()
    yield lambda: sender.start() if first.acquire(blocking=False) else None
    handled.set()
    sender.join()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "answer", [ScriptedAnswer(429), ScriptedAnswer(500), ScriptedAnswer(429, headers={"retry-after": "50"})]
)
def test_ctrl_c_ends_all_waits_and_no_request_follows(answer: ScriptedAnswer, ctrl_c: Callable[[], None]) -> None:
    """Without it, the waits of a million seconds would be slept to their end."""

    def jitter(_low: float, _high: float) -> float:
        ctrl_c()
        return 1e6

    def respond(_request: ReceivedRequest) -> ScriptedAnswer:
        if answer.headers:
            ctrl_c()
        return answer

    with ScriptedStudio(respond) as server, capture_logs():
        connection = Connection(server.base_url, AGENT, concurrency=4, retry_seconds=1e9, attempts=2)
        client = Client(connection, FixedToken(SecretStr("sandbox-token")), jitter=jitter)
        with pytest.raises(KeyboardInterrupt), client:
            list(client.each(lambda _: StudioReader(client).user(7), range(16)))
        assert len(server.requests) <= 4


def test_after_the_end_no_request_waits(start: Start) -> None:
    studio = start(lambda _: LIMITED)
    reader = studio.reader()
    reader.client.end()
    for waiting in (lambda: reader.user(7), lambda: reader.client.pause(1)):
        with pytest.raises(EndedError):
            waiting()
    assert len(studio.server.requests) == 1
    assert studio.fake_sleep.seconds == []
