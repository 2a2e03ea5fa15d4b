"""The shapes that the sandbox's rooms hand to each other: errors, and whole answers before they are sent."""

import json
from typing import Any, NamedTuple


class ApiError(Exception):
    """An answer that is not 200.

    Args:
        status: the HTTP status.
        text: what the body says as `{"error": text}`.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


class Answer(NamedTuple):
    """A whole answer; header names are in lower case, and `content-length` is the real one."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


JSON_TYPE = b"application/json; charset=utf-8"


def json_answer(body: bytes, status: int = 200) -> Answer:
    """Wrap JSON that is already encoded."""
    return Answer(status, [(b"content-type", JSON_TYPE), (b"content-length", b"%d" % len(body))], body)


def error_answer(status: int, text: str) -> Answer:
    """Say `{"error": text}`."""
    return json_answer(encode({"error": text}), status)


def text_answer(status: int, body: str, media_type: bytes) -> Answer:
    """Wrap a text of another type, such as the HTML page of a proxy."""
    data = body.encode()
    headers = [(b"content-type", media_type + b"; charset=utf-8"), (b"content-length", b"%d" % len(data))]
    return Answer(status, headers, data)


def encode(value: Any) -> bytes:  # noqa: ANN401  # whatever JSON can hold
    """Encode as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
