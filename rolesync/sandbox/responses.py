"""The responses of the sandbox: errors of the API, and whole answers before they are sent."""

import json
from typing import Any, NamedTuple

from starlette.responses import Response


class ApiError(Exception):
    """An error that the API answers with.

    Args:
        status: the HTTP status.
        text: the text of the body `{"error": text}`.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


class Answer(NamedTuple):
    """A whole answer; header names are in lower case, and `content-length` is correct."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


JSON_TYPE = b"application/json; charset=utf-8"


def json_answer(body: bytes, status: int = 200) -> Answer:
    """Make an answer of encoded JSON."""
    return Answer(status, [(b"content-type", JSON_TYPE), (b"content-length", b"%d" % len(body))], body)


def error_answer(status: int, text: str) -> Answer:
    """Make the answer `{"error": text}`."""
    return json_answer(encode({"error": text}), status)


def text_answer(status: int, body: str, media_type: bytes) -> Answer:
    """Make an answer of a text, such as the HTML page of a proxy."""
    data = body.encode()
    headers = [(b"content-type", media_type + b"; charset=utf-8"), (b"content-length", b"%d" % len(data))]
    return Answer(status, headers, data)


def encode(value: Any) -> bytes:  # noqa: ANN401  # any JSON value
    """Encode as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_response(body: bytes, status: int = 200) -> Response:
    """Make the response of an endpoint from encoded JSON."""
    return Response(body, status_code=status, media_type="application/json; charset=utf-8")


def parse_json(body: bytes) -> object:
    """Parse the body of a request.

    Raises:
        ApiError: it is not JSON.
    """
    try:
        value: object = json.loads(body)
    except ValueError as error:
        raise ApiError(400, "Malformed request: the body is not JSON") from error
    return value
