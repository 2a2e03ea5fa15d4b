"""The token that renews itself: rotation, one refresh for all threads, stored before use, and never sent twice."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from rolesync.errors import (
    Exit,
    NeverSentError,
    RateLimitedError,
    RolesyncError,
    StudioError,
    UnauthorizedError,
    UsageError,
)
from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.sandbox import Faults, Options, Sandbox
from rolesync.studio.auth.oauth import Access, OAuthToken, first_token
from rolesync.studio.auth.token_endpoint import PATH, LoginNeededError, TokenUnknownError
from rolesync.studio.auth.token_store import STORE, StoredToken, TokenStore, fingerprint
from rolesync.studio.users import StudioReader, StudioWriter
from tests.servers import FakeSleep, ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio, client_of, in_turn
from tests.studio.oauth_tools import FIRST, SECRET, Clock, access_of, form_of, issued

LIFE = 7200
THREADS = 8
USER = {"id": 7, "email": "a@example.edu", "full_name": "A", "role_names": []}
REFUSED = ScriptedAnswer(400, {"error": "invalid_grant"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stored(folder: Path) -> StoredToken:
    token = TokenStore(folder).read()
    assert token is not None
    return token


def put_in_store(access: Access, number: int) -> None:
    """Store pair `number`, as if another process had got it just now."""
    token = StoredToken(
        client_id="sandbox-client",
        access_token=SecretStr(f"access-{number}"),
        refresh_token=SecretStr(f"refresh-{number}"),
        obtained_at=access.now(),
        expires_at=access.now() + timedelta(seconds=LIFE),
        spent=(fingerprint(access.configured),),
    )
    with access.store.locked(1), access.store.reserve() as keep:
        keep(token)


def token_requests(server: ScriptedStudio) -> list[ReceivedRequest]:
    return [request for request in server.requests if request.path == PATH]


def at_once(work: Callable[[], object]) -> list[object]:
    """Do it in several threads that start together; an error is a result too."""
    start = threading.Barrier(THREADS)

    def call(_number: int) -> object:
        start.wait(10)
        try:
            return work()
        except RolesyncError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(THREADS)))


def api(token: RequestHandler, user: ScriptedAnswer | None = None) -> RequestHandler:
    """A Studio whose token endpoint answers so, and whose users are always the same."""
    return lambda request: (
        token(request) if request.path == PATH else user or ScriptedAnswer(body={"user": USER, "users": [USER]})
    )


# Rotation


@pytest.mark.parametrize("old", ["ends_immediately", "ends_on_first_use"])
def test_every_refresh_brings_the_next_refresh_token(
    tmp_path: Path, clock: Clock, old: Literal["ends_immediately", "ends_on_first_use"]
) -> None:
    seen = set()
    with Sandbox(Options(token_lifetime=LIFE, old_refresh_token=old), clock=clock) as studio:
        tokens = OAuthToken(access_of(studio.base_url, tmp_path, clock))
        with client_of(studio.base_url, FakeSleep(), tokens=tokens) as client:
            for _ in range(4):
                assert StudioReader(client).user(1002).id == 1002
                assert StudioReader(client).user(1002).id == 1002
                seen.add(stored(tmp_path).refresh_token.get_secret_value())
                clock.seconds += LIFE
        assert studio.counts()["token"] == 4
        assert studio.counts()["user"] == 8
    assert len(seen) == 4
    assert FIRST not in seen


def test_the_next_run_uses_the_stored_token(tmp_path: Path, clock: Clock) -> None:
    with Sandbox(clock=clock) as studio:
        first = OAuthToken(access_of(studio.base_url, tmp_path, clock)).header()
        assert OAuthToken(access_of(studio.base_url, tmp_path, clock)).header() == first
        assert OAuthToken(access_of(studio.base_url, tmp_path, clock, configured="")).header() == first
        clock.seconds += LIFE
        assert OAuthToken(access_of(studio.base_url, tmp_path, clock)).header() != first
        assert studio.counts()["token"] == 2


def test_a_token_is_renewed_a_minute_before_it_expires(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1), issued(2))) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        assert tokens.header() == "Bearer access-1"
        clock.seconds += LIFE - 61
        assert tokens.header() == "Bearer access-1"
        clock.seconds += 1
        assert tokens.header() == "Bearer access-2"
        assert [form_of(request)["refresh_token"] for request in server.requests] == [FIRST, "refresh-1"]


def test_the_scheme_may_be_another_or_none(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1))) as server:
        access = access_of(server.base_url, tmp_path, clock)
        assert [OAuthToken(access, scheme=scheme).header() for scheme in ("Token", "")] == [
            "Token access-1",
            "access-1",
        ]


def test_a_refresh_token_that_studio_does_not_replace_stays(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1, refresh_token=None), issued(2))) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        tokens.header()
        clock.seconds += LIFE
        tokens.header()
        assert [form_of(request)["refresh_token"] for request in server.requests] == [FIRST, FIRST]


def test_a_token_without_lifetime_is_used_until_it_is_refused(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1, expires_in=None), issued(2))) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        tokens.header()
        clock.seconds += 10**6
        assert tokens.header() == "Bearer access-1"
        assert tokens.renew("Bearer access-1")
        assert tokens.header() == "Bearer access-2"


# Which token


def test_a_newly_configured_refresh_token_is_used_and_a_spent_one_never_again(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1), issued(2), issued(3))) as server:

        def run(configured: str) -> str:
            return OAuthToken(access_of(server.base_url, tmp_path, clock, configured=configured)).header()

        headers = [run(configured) for configured in ("one", "one", "two", "two", "one", "")]
        assert headers == [f"Bearer access-{number}" for number in (1, 1, 2, 2, 2, 2)]
        assert [form_of(request)["refresh_token"] for request in server.requests] == ["one", "two"]


def test_the_tokens_of_another_key_are_left_alone(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1), issued(2))) as server:
        OAuthToken(access_of(server.base_url, tmp_path, clock)).header()
        other = OAuthToken(access_of(server.base_url, tmp_path, clock, client_id="other"))
        assert other.header() == "Bearer access-2"
        assert form_of(server.requests[1])["refresh_token"] == FIRST
        with pytest.raises(UsageError, match="no token for it yet") as caught:
            OAuthToken(access_of(server.base_url, tmp_path, clock, client_id="third", configured=""))
        assert "rolesync login" in caught.value.hint


def test_a_broken_store_is_reported_before_a_token_is_spent(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / STORE).write_text("{}")
    with ScriptedStudio(in_turn(issued(1))) as server:
        with pytest.raises(RolesyncError, match="is not what rolesync wrote"):
            OAuthToken(access_of(server.base_url, tmp_path, clock))
        assert server.requests == []


def test_the_first_pair_by_a_code_is_used_although_a_refresh_token_is_configured(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1), issued(2))) as server:
        access = access_of(server.base_url, tmp_path, clock, configured="spent long ago")
        token = first_token(access, SecretStr("code-1"), "https://a.example/back")
        assert token == stored(tmp_path)
        tokens = OAuthToken(access)
        assert tokens.header() == "Bearer access-1"
        clock.seconds += LIFE
        tokens.header()
        assert [form_of(request)["grant_type"] for request in server.requests] == [
            "authorization_code",
            "refresh_token",
        ]
        assert form_of(server.requests[1])["refresh_token"] == "refresh-1"


def test_an_expired_token_without_refresh_token_is_reported(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1, refresh_token=None))) as server:
        access = access_of(server.base_url, tmp_path, clock, configured="")
        first_token(access, SecretStr("code-1"), "https://a.example/back")
        tokens = OAuthToken(access)
        clock.seconds += LIFE
        with pytest.raises(LoginNeededError, match="issued no refresh token"):
            tokens.header()
        assert len(server.requests) == 1


# Stored before use


def test_the_new_pair_is_in_the_store_when_its_first_request_arrives(tmp_path: Path, clock: Clock) -> None:
    seen: list[tuple[str, str]] = []
    on_refresh: list[bytes] = []
    answers = in_turn(issued(1), issued(2))

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        path = tmp_path / STORE
        if request.path == PATH:
            on_refresh.append(path.read_bytes() if path.exists() else b"")
            return answers(request)
        kept = json.loads(path.read_bytes())
        seen.append((request.headers["Authorization"], kept["access_token"] + " " + kept["refresh_token"]))
        return ScriptedAnswer(body={"user": USER})

    with ScriptedStudio(answer) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        with client_of(server.base_url, FakeSleep(), tokens=tokens) as client:
            StudioReader(client).user(7)
            clock.seconds += LIFE
            StudioReader(client).user(7)
    assert seen == [("Bearer access-1", "access-1 refresh-1"), ("Bearer access-2", "access-2 refresh-2")]
    assert on_refresh[0] == b""
    assert json.loads(on_refresh[1])["refresh_token"] == "refresh-1"


def test_a_pair_that_cannot_be_stored_is_not_used(tmp_path: Path, clock: Clock) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        assert request.path == PATH
        (tmp_path / STORE).mkdir()  # from here on the name exists
        return issued(1)

    with ScriptedStudio(answer) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        with client_of(server.base_url, FakeSleep(), tokens=tokens) as client:
            for _ in range(3):
                with pytest.raises(RolesyncError, match="could not be stored, so it was not used") as caught:
                    StudioReader(client).user(7)
                assert "access-1" not in f"{caught.value!r}{caught.value.hint}"
        assert len(server.requests) == 1


def test_without_space_for_the_next_pair_the_refresh_token_is_not_spent(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / f"{STORE}.new").mkdir()
    with ScriptedStudio(in_turn(issued(1))) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        with pytest.raises(RolesyncError, match="no space for a new token, so none was requested"):
            tokens.header()
        assert server.requests == []


# One refresh for all threads and processes


def test_threads_share_one_refresh(tmp_path: Path, clock: Clock) -> None:
    with Sandbox(Options(faults=Faults.parse("latency=0.1,on=tokens")), clock=clock) as studio:
        tokens = OAuthToken(access_of(studio.base_url, tmp_path, clock))
        assert len(set(at_once(tokens.header))) == 1
        assert studio.counts()["token"] == 1
        clock.seconds += 100  # neither young nor due: only the 401 shows it
        old = tokens.header()
        assert at_once(lambda: tokens.renew(old)) == [True] * THREADS
        assert studio.counts()["token"] == 2
        assert tokens.header() != old


def test_a_token_renewed_by_another_process_is_taken_from_the_store(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(issued(1))) as server:
        access = access_of(server.base_url, tmp_path, clock)
        due, refused = OAuthToken(access), OAuthToken(access)
        assert due.header() == refused.header() == "Bearer access-1"
        put_in_store(access, 2)
        assert refused.renew("Bearer access-1")
        assert refused.header() == "Bearer access-2"
        clock.seconds += LIFE - 100
        put_in_store(access, 3)
        clock.seconds += 100
        assert due.header() == "Bearer access-3"
        assert len(server.requests) == 1


class Running(Clock):
    """A clock that a request moves on: each question of the server is a second later."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            self.seconds += 1
            return self.seconds


class Same(Clock):
    """A clock that follows another one."""

    def __init__(self, of: Clock) -> None:
        super().__init__()
        self._of = of

    def __call__(self) -> float:
        return self._of.seconds


class Slow(Same):
    """A clock that goes half as fast, so that its owner never sees a token's end coming."""

    def __call__(self) -> float:
        return self.seconds + (self._of.seconds - self.seconds) / 2


@pytest.mark.parametrize("seen_coming", [True, False])
def test_a_token_may_expire_during_a_parallel_read(tmp_path: Path, *, seen_coming: bool) -> None:
    theirs = Running()
    ours = Same(theirs) if seen_coming else Slow(theirs)
    with Sandbox(Options(users=6000, token_lifetime=60), clock=theirs) as studio:
        access = access_of(studio.base_url, tmp_path, ours)
        with client_of(studio.base_url, FakeSleep(), tokens=OAuthToken(access)) as client:
            live = read_live(StudioReader(client), ("Student",), ListRows.of(), lambda *_: None)
            refused = live.requests.by_kind["search_role"] - live.requests.theoretical_minimum
        renewals = studio.counts()["token"]
    assert live.requests.theoretical_minimum > 60
    assert live.users["user_id"].is_unique
    assert 2 <= renewals <= 8
    assert seen_coming or refused > 0
    assert refused <= renewals * client.connection.concurrency


# Ends


def test_a_401_with_the_new_token_is_final(tmp_path: Path, clock: Clock) -> None:
    studio = api(in_turn(issued(1), issued(2), issued(3)), ScriptedAnswer(401, {"error": "Invalid access token"}))
    with ScriptedStudio(studio) as server:
        access = access_of(server.base_url, tmp_path, clock)
        put_in_store(access, 0)
        clock.seconds += 100
        with client_of(server.base_url, FakeSleep(), tokens=OAuthToken(access)) as client:
            for _ in range(3):
                with pytest.raises(UnauthorizedError, match="Invalid access token") as caught:
                    StudioReader(client).user(7)
                assert "rolesync login" in caught.value.hint
    sent = [request.headers["Authorization"] or request.method for request in server.requests]
    assert sent == ["Bearer access-0", "POST", "Bearer access-1", "Bearer access-1", "Bearer access-1"]


def test_invalid_grant_is_final_for_all_threads_and_calls(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(api(in_turn(REFUSED, issued(1)))) as server:
        tokens = OAuthToken(access_of(server.base_url, tmp_path, clock))
        ends = at_once(tokens.header)
        fake_sleep = FakeSleep()
        with client_of(server.base_url, fake_sleep, tokens=tokens) as client:
            for call in (lambda: StudioReader(client).user(7), lambda: StudioWriter(client).put_roles([])):
                with pytest.raises(LoginNeededError):
                    call()
        with pytest.raises(LoginNeededError):
            tokens.renew("Bearer old")
        assert len(server.requests) == 1
    assert fake_sleep.seconds == []
    for error in ends:
        assert isinstance(error, UnauthorizedError)
        assert error.exit_code is Exit.STUDIO
        assert "400 (invalid_grant)" in error.message
        assert "rolesync login" in error.hint
        assert FIRST not in f"{error!r}{error.message}{error.hint}"
    assert len(set(map(id, ends))) == THREADS


def test_threads_refused_together_share_one_renewal_even_if_it_fails(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(in_turn(REFUSED, issued(1))) as server:
        access = access_of(server.base_url, tmp_path, clock)
        put_in_store(access, 0)
        clock.seconds += 100
        tokens = OAuthToken(access)
        ends = at_once(lambda: tokens.renew("Bearer access-0"))
        assert [type(end) for end in ends] == [LoginNeededError] * THREADS
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "lost",
    [
        ScriptedAnswer(end="gone"),
        ScriptedAnswer(end="reset"),
        ScriptedAnswer(200, issued(1).body, end="cut"),
        ScriptedAnswer(end="mute"),
        ScriptedAnswer(502, {"error": "Bad Gateway"}),
        ScriptedAnswer(503, {}, {"retry-after": "1"}),
        ScriptedAnswer(200, b"<html></html>"),
    ],
)
def test_a_renewal_whose_answer_is_lost_is_not_repeated_until_the_next_run(
    tmp_path: Path, clock: Clock, lost: ScriptedAnswer
) -> None:
    with ScriptedStudio(api(in_turn(lost, issued(2)))) as server:
        access = access_of(server.base_url, tmp_path, clock, timeout=0.2)
        tokens, fake_sleep = OAuthToken(access), FakeSleep()
        with client_of(server.base_url, fake_sleep, tokens=tokens) as client:
            for call in (lambda: StudioReader(client).user(7), lambda: StudioWriter(client).put_roles([])):
                with pytest.raises(TokenUnknownError, match="unknown") as caught:
                    call()
                assert "tries once more" in caught.value.hint
                assert caught.value.exit_code is Exit.STUDIO
        assert len(server.requests) == 1
        assert fake_sleep.seconds == []
        assert not (tmp_path / STORE).exists()

        assert OAuthToken(access).header() == "Bearer access-2"
        assert [form_of(request)["refresh_token"] for request in server.requests] == [FIRST, FIRST]


def test_after_a_lost_answer_a_spent_refresh_token_asks_for_login(tmp_path: Path, clock: Clock) -> None:
    with Sandbox(Options(faults=Faults.parse("lost=1,on=tokens,times=1")), clock=clock) as studio:
        access = access_of(studio.base_url, tmp_path, clock)
        with pytest.raises(TokenUnknownError):
            OAuthToken(access).header()
        with pytest.raises(LoginNeededError):
            OAuthToken(access).header()
        assert studio.counts()["token"] == 2


def test_after_a_lost_answer_a_valid_refresh_token_is_used_once_more(tmp_path: Path, clock: Clock) -> None:
    faults = Faults.parse("lost=1,on=tokens,times=1")
    with Sandbox(Options(faults=faults, old_refresh_token="ends_on_first_use"), clock=clock) as studio:
        access = access_of(studio.base_url, tmp_path, clock)
        with pytest.raises(TokenUnknownError):
            OAuthToken(access).header()
        with client_of(studio.base_url, FakeSleep(), tokens=OAuthToken(access)) as client:
            assert StudioReader(client).user(1002).id == 1002


def test_a_refused_connection_is_retried_by_the_client(tmp_path: Path, clock: Clock) -> None:
    with ScriptedStudio(api(in_turn(issued(1))), listening=False) as server:
        tokens, fake_sleep = OAuthToken(access_of(server.base_url, tmp_path, clock)), FakeSleep()
        with pytest.raises(NeverSentError):
            tokens.header()
        fake_sleep.during_first = server.listen
        with client_of(server.base_url, fake_sleep, tokens=tokens) as client:
            StudioWriter(client).put_roles([{"user_id": 7, "action": "add", "role": "Admin"}])
        assert len(fake_sleep.seconds) == 1
        assert [request.method for request in server.requests] == ["POST", "PUT"]


def test_a_limited_refresh_waits_as_long_as_studio_asks(tmp_path: Path, clock: Clock) -> None:
    limited = ScriptedAnswer(429, {"error": "Too Many Requests"}, {"retry-after": "7"})
    with ScriptedStudio(api(in_turn(limited, issued(1)))) as server:
        tokens, fake_sleep = OAuthToken(access_of(server.base_url, tmp_path, clock)), FakeSleep()
        with client_of(server.base_url, fake_sleep, tokens=tokens) as client:
            StudioReader(client).user(7)
        assert fake_sleep.seconds == [7]
        assert [request.method for request in server.requests] == ["POST", "POST", "GET"]
    with ScriptedStudio(in_turn(limited)) as server:
        fresh = OAuthToken(access_of(server.base_url, tmp_path / "other", clock))
        with pytest.raises(RateLimitedError):
            fresh.header()


# Secrets


def test_no_secret_is_logged_or_shown(tmp_path: Path, clock: Clock) -> None:
    answers = in_turn(issued(1), issued(2), REFUSED)
    with capture_logs() as logs, ScriptedStudio(answers) as server:
        access = access_of(server.base_url, tmp_path, clock)
        tokens = OAuthToken(access)
        tokens.header()
        clock.seconds += LIFE
        tokens.header()
        clock.seconds += LIFE
        with pytest.raises(StudioError) as caught:
            tokens.header()
    assert [log["event"] for log in logs] == ["token renewed"] * 2
    message = (
        f"{logs} {access!r} {vars(access)} {vars(tokens)} {access.endpoint!r} {vars(access.endpoint)} {caught.value!r}"
    )
    for secret in (SECRET, FIRST, *(f"{word}-{number}" for word in ("access", "refresh") for number in (1, 2))):
        assert secret not in message
