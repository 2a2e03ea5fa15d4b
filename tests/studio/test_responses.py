"""Each status and form of an error body has its error; only JSON objects are accepted."""

import json
from contextlib import closing

import pytest

from rolesync.errors import (
    BadRequestError,
    Exit,
    ForbiddenError,
    NoRouteError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    StudioError,
    TooLargeError,
    UnauthorizedError,
    UnprocessableError,
    UnreadableAnswerError,
)
from rolesync.studio.responses import Answer, error_for, http_date, object_of
from rolesync.studio.transport import Call, Connection, Transport
from tests.servers import AGENT, ScriptedAnswer, ScriptedStudio, in_turn

WHERE = "PUT /api/public/v1/users/roles"


def answered(say: ScriptedAnswer) -> Answer:
    """Make the answer from real bytes."""
    with ScriptedStudio(in_turn(say)) as server, closing(Transport(Connection(server.base_url, AGENT))) as transport:
        return transport.send(transport.prepare(Call("x", "GET", "/x"), ""), WHERE)


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (400, BadRequestError, "report it"),
        (401, UnauthorizedError, "ROLESYNC_TOKEN"),
        (403, ForbiddenError, "Studio admin"),
        (404, NotFoundError, "check the user id"),
        (413, TooLargeError, "ROLESYNC_CHUNK_SIZE"),
        (422, UnprocessableError, "rolesync doctor"),
        (429, RateLimitedError, "ROLESYNC_REQUESTS_PER_SECOND"),
        (500, ServerError, "try again later"),
        (502, ServerError, "try again later"),
        (503, ServerError, "try again later"),
        (504, ServerError, "try again later"),
        (599, ServerError, "try again later"),
        (201, StudioError, "isn't documented"),
        (302, StudioError, "isn't documented"),  # without a Location
        (409, StudioError, "isn't documented"),
    ],
)
def test_each_status_has_its_error_and_hint(status: int, kind: type[StudioError], hint: str) -> None:
    error = error_for(answered(ScriptedAnswer(status, {"error": "Something is wrong"})), WHERE)
    assert type(error) is kind
    assert error.message == f"{WHERE}: Studio answered {status} (Something is wrong)"
    assert hint in error.hint
    assert (error.status, error.retry_after, error.exit_code) == (status, None, Exit.STUDIO)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "No"}, " (No)"),
        ({"errors": ["No", {"field": "role"}]}, ' (["No", {"field": "role"}])'),
        ({"errors": {"role": ["is wrong"]}}, ' ({"role": ["is wrong"]})'),
        ({"message": "No"}, " (No)"),
        ({"error": "", "message": "No"}, " (No)"),
        ({"error": "invalid_grant", "error_description": "Log in again"}, " (Log in again)"),
        ({"error": "two\nlines\tand  blanks"}, " (two lines and blanks)"),
        ({"error": "x" * 5000}, f" ({'x' * 200})"),
        ({"code": 7}, ' ({"code": 7})'),
        (["No"], ' (["No"])'),
        ("No", " (No)"),
        ({}, ""),
        (None, ""),
        (b"", ""),
        (b"Not Found\r\n", " (Not Found)"),
        (b"\xff\xfeNo", " (\ufffd\ufffdNo)"),
        (b"<!DOCTYPE html><title>404</title>", ""),
        (b"\n <html>404</html>", ""),
        (b"[" * 100_000, f" ({'[' * 200})"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_form_of_an_error_body_is_read(body: object, message: str) -> None:
    assert error_for(answered(ScriptedAnswer(422, body)), WHERE).message == f"{WHERE}: Studio answered 422{message}"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "gone",
        None,
        b"[" * 100_000,
        b"",
        b"Not Found\r\n",
        b"<!DOCTYPE html><title>404</title>",
        b'{"error": "cut',
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_404_is_not_found_whatever_its_body(body: object) -> None:
    is_page = isinstance(body, bytes) and body.startswith(b"<")
    kind = NoRouteError if is_page else NotFoundError
    assert type(error_for(answered(ScriptedAnswer(404, body)), WHERE)) is kind


@pytest.mark.parametrize(
    "body", [{"error": "Rate Limit Exceeded"}, b"403 Forbidden (rate limit exceeded)", b"<b>Rate Limit Exceeded</b>"]
)
def test_a_403_may_mean_a_rate_limit(body: object) -> None:
    error = error_for(answered(ScriptedAnswer(403, body, {"retry-after": "4"})), WHERE)
    assert (type(error), error.status, error.retry_after) == (RateLimitedError, 403, 4)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "answered 429 (Slow down)"),
        ({"Retry-After": "0"}, "answered 429 (Slow down)"),
        ({"Retry-After": "2.5"}, "answered 429 and asked to wait 2.5 s (Slow down)"),
        ({"Retry-After": "3600"}, "answered 429 and asked to wait 3,600 s (Slow down)"),
    ],
    ids=str,
)
def test_the_message_says_how_long_studio_asked_to_wait(headers: dict[str, str], message: str) -> None:
    assert (
        error_for(answered(ScriptedAnswer(429, {"error": "Slow down"}, headers)), WHERE).message
        == f"{WHERE}: Studio {message}"
    )


def test_a_redirect_names_its_target() -> None:
    error = error_for(answered(ScriptedAnswer(302, b"", {"Location": "https://login.example.edu/" + "x" * 900})), WHERE)
    assert type(error) is StudioError
    assert "https://login.example.edu/xxx" in error.hint
    assert len(error.hint) < 400


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Log in</html>", b"1" * 5000, b'{"users": [', b"\xff", b"[" * 100_000],
    ids=lambda value: str(value[:20]),
)
def test_only_a_json_object_is_accepted(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError, match="answered 200 with no JSON object but") as caught:
        object_of(answered(ScriptedAnswer(body=body)), "GET /x")
    assert caught.value.message.startswith("GET /x: ")
    assert (caught.value.status, len(caught.value.message) < 150) == (200, True)
    assert "log-in page or proxy" in caught.value.hint


@pytest.mark.parametrize("body", [b"[]", b'"pong"', b"null", b"[1, 2]"])
def test_json_that_is_no_object_is_quoted_without_blaming_a_proxy(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        object_of(answered(ScriptedAnswer(body=body)), "GET /x")
    assert caught.value.message == f"GET /x: Studio answered 200 with no object but {body.decode()}"
    assert "proxy" not in caught.value.hint


def test_json_is_read_in_every_encoding_json_allows() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32-be"):
        body = json.dumps({"name": "Zoë"}, ensure_ascii=False).encode(encoding)
        assert object_of(answered(ScriptedAnswer(body=body)), "GET /x") == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", "2015-10-21T07:28:00+00:00"),
        ("Wed, 21 Oct 2015 07:28:00", "2015-10-21T07:28:00+00:00"),
        ("Wed, 21 Oct 2015 09:28:00 +0200", "2015-10-21T09:28:00+02:00"),
    ],
)
def test_http_dates_are_parsed(text: str, iso: str) -> None:
    moment = http_date(text)
    assert moment is not None
    assert moment.isoformat() == iso


@pytest.mark.parametrize(
    "text", ["", "soon", "Mon, 01 Jan 99999 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +999999999999999"]
)
def test_invalid_dates_give_none(text: str) -> None:
    assert http_date(text) is None
