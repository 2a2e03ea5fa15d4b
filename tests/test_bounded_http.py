"""An answer that drips in, or unfolds without end, ends at the deadline or the limit, whatever kind of answer it is."""

import gzip
import time
import tracemalloc
from functools import cache
from typing import Any

import pytest
from pydantic import SecretStr

from rolesync.errors import UnreachableError, UnreadableAnswerError
from rolesync.model.request_effect import RequestEffect, effect_of
from rolesync.studio.auth.token_endpoint import TokenUnknownError
from rolesync.studio.users import StudioWriter
from tests.paths import PEM
from tests.servers import FakeSleep, ReceivedRequest, ScriptedAnswer, ScriptedStudio, client_of, ended_soon, in_turn
from tests.studio.oauth_tools import endpoint_of

USER = {"id": 7, "email": "a@example.edu", "full_name": "A" * 300, "role_names": []}
MB = 1_000_000
LIMIT = r"with more than 0\.5 MB, so the rest was not read"


@cache
def zeros(times: int = 1) -> bytes:
    """Compress 30 MB of zeros, so many times."""
    return gzip.compress(zeros(times - 1), compresslevel=1, mtime=0) if times else bytes(30 * MB)


def endless(status: int, times: int = 1) -> ScriptedAnswer:
    return ScriptedAnswer(status, zeros(times), {"content-encoding": ", ".join(["gzip"] * times)})


@pytest.mark.parametrize("tls", ["", str(PEM)], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "say",
    [
        ScriptedAnswer(body={"user": USER}, drip="body"),
        ScriptedAnswer(body={"user": USER}, drip="all"),
        ScriptedAnswer(500, b"x" * 300, drip="body"),
        ScriptedAnswer(
            body=b"1\r\n{\r\n" * 100, headers={"transfer-encoding": "chunked", "content-length": "0"}, drip="body"
        ),
        ScriptedAnswer(100, drip="all", headers={"x": "y" * 300}),
    ],
    ids=["body", "headers", "error", "chunks", "interim"],
)
def test_an_answer_that_drips_in_ends_at_the_deadline(say: ScriptedAnswer, tls: str) -> None:
    how: dict[str, Any] = {"timeout": 0.3, "attempts": 1, "ca_bundle": tls}
    with ScriptedStudio(in_turn(say), tls=tls) as server, client_of(server.base_url, FakeSleep(), **how) as client:
        with ended_soon(), pytest.raises(UnreachableError, match=r"no complete answer from .* within 0\.3 s") as caught:
            StudioWriter(client).user(7)
        assert "ROLESYNC_TIMEOUT" in caught.value.hint


def test_a_write_whose_answer_drips_in_is_unclear() -> None:
    say = ScriptedAnswer(body={"users": [USER]}, drip="body")
    with ScriptedStudio(in_turn(say)) as server, client_of(server.base_url, FakeSleep(), timeout=0.3) as client:
        with ended_soon(), pytest.raises(UnreachableError) as caught:
            StudioWriter(client).put_roles([{"user_id": 7, "action": "add", "role": "Admin"}])
        assert effect_of(caught.value) is RequestEffect.UNCLEAR
        assert len(server.requests) == 1


def test_an_answer_through_a_proxy_ends_at_the_deadline() -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(body={"user": USER}, drip="body"))) as proxy:
        how: dict[str, Any] = {"timeout": 0.3, "attempts": 1, "proxy": proxy.base_url}
        with (
            client_of("http://studio.invalid", FakeSleep(), **how) as client,
            ended_soon(),
            pytest.raises(UnreachableError),
        ):
            StudioWriter(client).user(7)


def test_a_token_that_drips_in_ends_at_the_deadline() -> None:
    say = ScriptedAnswer(body={"access_token": "a" * 300}, drip="all")
    with ScriptedStudio(in_turn(say)) as server, ended_soon(), pytest.raises(TokenUnknownError, match=r"0\.3 s"):
        endpoint_of(server.base_url, timeout=0.3).refresh(SecretStr("old"))


def test_each_attempt_has_its_deadline_also_on_the_same_connection() -> None:
    def answer(_asked: ReceivedRequest) -> ScriptedAnswer:
        time.sleep(0.15)
        return ScriptedAnswer(body={"user": USER})

    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep(), timeout=0.4, attempts=1) as client:
        assert [StudioWriter(client).user(7).id for _ in range(4)] == [7] * 4
        assert server.connections == 1


@pytest.mark.parametrize(
    "say",
    [endless(200), endless(200, 2), endless(500), endless(422), ScriptedAnswer(200, bytes(MB))],
    ids=["once", "twice", "error", "refusal", "plain"],
)
def test_an_answer_that_unfolds_beyond_the_limit_is_not_read_on(say: ScriptedAnswer) -> None:
    with ScriptedStudio(in_turn(say)) as server:
        how: dict[str, Any] = {"attempts": 1, "max_response_mb": 0.5}
        tracemalloc.start()
        try:
            with (
                client_of(server.base_url, FakeSleep(), **how) as client,
                pytest.raises(UnreadableAnswerError, match=LIMIT) as caught,
            ):
                StudioWriter(client).user(7)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 5 * MB
    assert "ROLESYNC_MAX_RESPONSE_MB" in caught.value.hint
    assert (caught.value.status, effect_of(caught.value)) == (say.status, RequestEffect.UNCLEAR)


def test_a_token_that_unfolds_beyond_the_limit_is_unknown() -> None:
    with ScriptedStudio(in_turn(endless(200))) as server, pytest.raises(TokenUnknownError, match=LIMIT):
        endpoint_of(server.base_url, max_response_mb=0.5).refresh(SecretStr("old"))


def test_a_compressed_answer_within_the_limit_is_read() -> None:
    name = "A" * 400_000
    body = gzip.compress(b'{"user": {"id": 7, "role_names": [], "full_name": "%b"}}' % name.encode())
    say = ScriptedAnswer(body=body, headers={"content-encoding": "gzip"})
    with ScriptedStudio(in_turn(say)) as server, client_of(server.base_url, FakeSleep(), max_response_mb=0.5) as client:
        assert StudioWriter(client).user(7).name == name


def test_a_host_that_can_be_no_name_is_unreachable() -> None:
    with client_of("https://studio..example.edu", FakeSleep(), attempts=1) as client, pytest.raises(UnreachableError):
        StudioWriter(client).user(7)
