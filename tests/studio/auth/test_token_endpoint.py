"""The request that issues tokens: what it sends, the result of each answer, and that it is sent once."""

from collections import Counter
from typing import Any

import pytest
from pydantic import SecretStr

from rolesync.errors import Exit, NeverSentError, NoTokenError, RateLimitedError, StudioError, UnauthorizedError
from rolesync.studio.auth.token_endpoint import PATH, Grant, LoginNeededError, TokenUnknownError
from tests.paths import PEM
from tests.servers import AGENT, ScriptedAnswer, ScriptedStudio, in_turn
from tests.studio.oauth_tools import SECRET, endpoint_of, form_of, issued

OLD = "old-refresh-token"
LEAKY = {"access_token": "access-1", "refresh_token": "refresh-1", "seen": [OLD, SECRET]}


def asked_for(say: ScriptedAnswer, **changed: Any) -> Grant:
    """Refresh once against a server that answers so."""
    with ScriptedStudio(in_turn(say)) as server:
        try:
            return endpoint_of(server.base_url, **changed).refresh(SecretStr(OLD))
        finally:
            assert len(server.requests) == 1


def test_a_refresh_is_a_form_with_the_key_and_nothing_in_the_address() -> None:
    counts: Counter[str] = Counter()
    with ScriptedStudio(in_turn(issued(1))) as server:
        grant = endpoint_of(server.base_url, counts).refresh(SecretStr(OLD))
    (request,) = server.requests
    assert form_of(request) == {
        "client_id": "sandbox-client",
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": OLD,
    }
    assert request.target == PATH
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["User-Agent"] == AGENT
    assert "Authorization" not in request.headers
    assert grant == Grant(SecretStr("access-1"), SecretStr("refresh-1"), 7200.0)
    assert counts == {"token": 1}
    assert "access-1" not in repr(grant)


def test_an_exchange_sends_code_and_redirect_address() -> None:
    with ScriptedStudio(in_turn(issued(1))) as server:
        endpoint_of(server.base_url).exchange(SecretStr("c+de"), "https://a.example/?b=c")
    form = form_of(server.requests[0])
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == (
        "authorization_code",
        "c+de",
        "https://a.example/?b=c",
    )


@pytest.mark.parametrize(
    ("changed", "refresh", "lifetime"),
    [
        ({"refresh_token": None}, None, 7200),
        ({"refresh_token": 7}, None, 7200),
        ({"expires_in": None}, "refresh-1", None),
        ({"expires_in": "3600"}, "refresh-1", 3600),
        ({"expires_in": "soon"}, "refresh-1", None),
        ({"expires_in": 0}, "refresh-1", None),
        ({"expires_in": -1}, "refresh-1", None),
        ({"expires_in": True}, "refresh-1", None),
        ({"expires_in": [1]}, "refresh-1", None),
        ({"expires_in": 10**400}, "refresh-1", None),
        ({"expires_in": 1e300}, "refresh-1", None),
        ({"expires_in": "nan"}, "refresh-1", None),
    ],
)
def test_missing_and_odd_fields_of_a_grant_are_accepted(
    changed: dict[str, Any], refresh: str | None, lifetime: float | None
) -> None:
    grant = asked_for(issued(1, **changed))
    assert grant.access_token.get_secret_value() == "access-1"
    assert (grant.refresh_token.get_secret_value() if grant.refresh_token else None) == refresh
    assert grant.lifetime == lifetime


def test_every_2xx_status_returns_tokens() -> None:
    assert asked_for(ScriptedAnswer(201, issued(1).body)).access_token.get_secret_value() == "access-1"


@pytest.mark.parametrize(
    ("say", "kind", "message"),
    [
        (ScriptedAnswer(400, {"error": "invalid_grant"}), LoginNeededError, "400 (invalid_grant)"),
        (ScriptedAnswer(401, {"error": "invalid_client"}), LoginNeededError, "401 (invalid_client)"),
        (ScriptedAnswer(400, {"error": f"no such token: {OLD}"}), LoginNeededError, "answered 400"),
        (ScriptedAnswer(401, LEAKY), LoginNeededError, "answered 401"),
        (ScriptedAnswer(400, b"<html>access-1</html>"), LoginNeededError, "answered 400"),
        (ScriptedAnswer(403, LEAKY), NoTokenError, "answered 403"),
        (ScriptedAnswer(404, LEAKY), NoTokenError, "answered 404"),
        (ScriptedAnswer(422, LEAKY), NoTokenError, "answered 422"),
        (ScriptedAnswer(307, LEAKY, {"location": "http://127.0.0.1:9/"}), NoTokenError, "answered 307"),
        (ScriptedAnswer(429, LEAKY, {"retry-after": "7"}), RateLimitedError, "answered 429"),
        (ScriptedAnswer(403, {"error": "Rate Limit Exceeded"}), RateLimitedError, "answered 403"),
        (ScriptedAnswer(500, LEAKY), TokenUnknownError, "500; whether Studio issued a new token is unknown"),
        (ScriptedAnswer(502, b"<html>access-1</html>"), TokenUnknownError, "502; whether"),
        (ScriptedAnswer(200, b'{"access_token": "access-1", "refr'), TokenUnknownError, "no JSON object; whether"),
        (ScriptedAnswer(200, b"<html>log in</html>"), TokenUnknownError, "no JSON object; whether"),
        (ScriptedAnswer(200, b""), TokenUnknownError, "no JSON object; whether"),
        (ScriptedAnswer(200, [LEAKY]), TokenUnknownError, "no JSON object; whether"),
        (ScriptedAnswer(200, b"[" * 100_000), TokenUnknownError, "no JSON object; whether"),
        (issued(1, access_token=None), TokenUnknownError, "no usable access_token; whether"),
        (issued(1, access_token="acc\r\nSet: x"), TokenUnknownError, "no usable access_token; whether"),
        (issued(1, access_token=""), TokenUnknownError, "no usable access_token; whether"),
        (ScriptedAnswer(200, LEAKY, end="cut"), TokenUnknownError, "broke"),
        (ScriptedAnswer(end="gone"), TokenUnknownError, "broke"),
        (ScriptedAnswer(end="reset"), TokenUnknownError, "broke"),
        (ScriptedAnswer(end="mute"), TokenUnknownError, "within 0.2 s"),
        (ScriptedAnswer(200, LEAKY, end="stall"), TokenUnknownError, "within 0.2 s"),
    ],
)
def test_every_other_answer_is_an_error_without_secrets(
    say: ScriptedAnswer, kind: type[StudioError], message: str
) -> None:
    with pytest.raises(StudioError) as caught:
        asked_for(say, timeout=0.2)
    error = caught.value
    assert type(error) is kind
    assert message in error.message
    assert error.message.startswith(f"POST {PATH}: ")
    assert error.exit_code is Exit.STUDIO
    assert error.hint
    for secret in (OLD, SECRET, "access-1", "refresh-1"):
        assert secret not in f"{error.message}{error.hint}{error!r}"


def test_only_final_refusals_ask_for_a_login() -> None:
    with pytest.raises(UnauthorizedError) as refused:
        asked_for(ScriptedAnswer(400, {"error": "invalid_grant"}))
    assert refused.value.hint == "authorise again: `rolesync login`"
    assert refused.value.status == 400
    with pytest.raises(UnauthorizedError) as wrong_key:
        asked_for(ScriptedAnswer(401, {"error": "invalid_client"}))
    assert "client_secret" in wrong_key.value.hint
    with pytest.raises(RateLimitedError) as limited:
        asked_for(ScriptedAnswer(429, {}, {"retry-after": "7"}))
    assert limited.value.retry_after == 7


def test_a_redirect_is_not_followed() -> None:
    with ScriptedStudio(in_turn(issued(1))) as elsewhere:
        with pytest.raises(NoTokenError) as caught:
            asked_for(ScriptedAnswer(308, {}, {"location": f"{elsewhere.base_url}{PATH}"}))
        assert elsewhere.base_url in caught.value.hint
    assert elsewhere.requests == []


def test_a_refused_connection_counts_as_never_sent() -> None:
    with ScriptedStudio(in_turn(issued(1)), listening=False) as server:
        with pytest.raises(NeverSentError) as caught:
            endpoint_of(server.base_url).refresh(SecretStr(OLD))
        assert not isinstance(caught.value, NoTokenError)


def test_an_untrusted_certificate_is_refused_before_any_request() -> None:
    with ScriptedStudio(in_turn(issued(1)), tls=str(PEM)) as server:
        with pytest.raises(NoTokenError, match="isn't trusted"):
            endpoint_of(server.base_url).refresh(SecretStr(OLD))
        assert server.requests == []
        assert endpoint_of(server.base_url, ca_bundle=str(PEM)).refresh(SecretStr(OLD)).lifetime == 7200
