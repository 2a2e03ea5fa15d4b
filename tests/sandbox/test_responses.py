"""Answers of the sandbox before they are sent."""

import json

from rolesync.sandbox.responses import JSON_TYPE, Answer, ApiError, encode, error_answer, json_answer, text_answer


def headers(answer: Answer) -> dict[bytes, bytes]:
    assert len(dict(answer.headers)) == len(answer.headers)
    return dict(answer.headers)


def test_json_is_compact_utf_8() -> None:
    assert encode({"name": "Zoë", "roles": ["Admin", None]}) == '{"name":"Zoë","roles":["Admin",null]}'.encode()


def test_the_length_counts_bytes() -> None:
    for answer in (json_answer(encode("Zoë")), text_answer(200, '"Zoë"', b"text/html"), error_answer(422, "Zoë")):
        assert headers(answer)[b"content-length"] == b"%d" % len(answer.body)
    assert headers(json_answer(encode("Zoë")))[b"content-length"] == b"6"


def test_an_answer_is_a_success_of_json_by_default() -> None:
    answer = json_answer(b"{}")
    assert (answer.status, answer.body, headers(answer)[b"content-type"]) == (200, b"{}", JSON_TYPE)
    assert json_answer(b"{}", 201).status == 201


def test_an_error_is_json_with_its_text() -> None:
    answer = error_answer(404, "The user(s) was not found")
    assert (answer.status, json.loads(answer.body)) == (404, {"error": "The user(s) was not found"})
    assert headers(answer)[b"content-type"] == JSON_TYPE
    error = ApiError(404, "The user(s) was not found")
    assert (error.status, error.text, str(error)) == (404, answer_text(answer), "404 The user(s) was not found")


def answer_text(answer: Answer) -> str:
    return str(json.loads(answer.body)["error"])


def test_a_page_has_its_media_type() -> None:
    answer = text_answer(502, "<title>Zoë</title>", b"text/html")
    assert (answer.status, headers(answer)[b"content-type"]) == (502, b"text/html; charset=utf-8")
    assert answer.body.decode() == "<title>Zoë</title>"
