"""The responses of the sandbox: errors of the API, and whole answers before they are sent."""

import json
from typing import Any, NamedTuple


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
