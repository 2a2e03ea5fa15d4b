"""Requests of channels: bounded, tried three times, and never with the address in an error."""

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from rolesync.notify.http_delivery import DeliveryError, Network, is_web_address, send_request
from tests.notify.tools import PEM, network
from tests.servers import RequestHandler, ScriptedAnswer, ScriptedStudio, in_turn

SECRET = "/services/T000/s3cr3t"

ACCEPTED = (
    ScriptedAnswer(200, b"x" * 100_000),
    ScriptedAnswer(200, b"x" * 60, end="stall"),
    ScriptedAnswer(200, b"x" * 60, end="cut"),
    ScriptedAnswer(200, b"x" * 60, drip="body"),
    ScriptedAnswer(200, b"no gzip", {"Content-Encoding": "gzip"}),
)
"""What a server accepted, so that it must not be sent again, whatever follows the status."""


def answer(status: int, **headers: str) -> ScriptedAnswer:
    return ScriptedAnswer(status, b"ok", {name.replace("_", "-"): text for name, text in headers.items()})


def send(studio: ScriptedStudio, waits: list[float], **more: object) -> None:
    outside = Network(sleep=waits.append, **more)  # type: ignore[arg-type]  # as the test names them
    send_request(outside, studio.base_url + SECRET, b"{}", {"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("script", "attempts", "waits"),
    [
        (in_turn(answer(200)), 1, []),
        (in_turn(answer(503), answer(500), answer(202)), 3, [1.0, 2.0]),
        (in_turn(answer(429, Retry_After="7"), answer(200)), 2, [7.0]),
        (in_turn(answer(429, Retry_After="3600"), answer(200)), 2, [10.0]),
        (in_turn(ScriptedAnswer(end="gone"), ScriptedAnswer(end="reset"), answer(200)), 3, [1.0, 2.0]),
        *((in_turn(accepted), 1, []) for accepted in ACCEPTED),
    ],
)
def test_a_request_is_sent_until_it_succeeds(script: RequestHandler, attempts: int, waits: list[float]) -> None:
    waited: list[float] = []
    with ScriptedStudio(script) as studio:
        send(studio, waited)
    assert (len(studio.requests), waited) == (attempts, waits)


@pytest.mark.parametrize(
    ("script", "attempts", "reason"),
    [
        (in_turn(answer(503)), 3, "answered 503"),
        (in_turn(answer(404)), 1, "answered 404"),
        (in_turn(ScriptedAnswer(404, b"x" * 100_000)), 1, "answered 404"),
        (in_turn(ScriptedAnswer(503, b"x" * 60, drip="body")), 3, "answered 503"),
        (in_turn(answer(304)), 1, "answered 304"),
        (in_turn(answer(302)), 1, "answered 302"),
        (in_turn(answer(302, Location="https://elsewhere.example/")), 1, "a redirect, which is not followed"),
        (in_turn(ScriptedAnswer(end="mute")), 3, "no answer within 0.15 s"),
        (in_turn(ScriptedAnswer(200, b"x" * 60, drip="all")), 3, "no answer within 0.15 s"),
        (in_turn(ScriptedAnswer(end="gone")), 3, "can't be reached"),
    ],
)
def test_what_fails_has_a_reason_without_the_address(script: RequestHandler, attempts: int, reason: str) -> None:
    with ScriptedStudio(script) as studio, pytest.raises(DeliveryError, match=reason) as caught:
        send(studio, [], seconds=0.15 if "within" in reason else 5.0)
    assert len(studio.requests) == attempts
    assert "s3cr3t" not in str(caught.value)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_a_host_that_no_server_has_is_tried_once() -> None:
    with pytest.raises(DeliveryError, match=r"^the address is not valid$") as caught:
        send_request(Network(), f"https://hooks..example.edu{SECRET}", b"", {})
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_is_down_is_tried_three_times() -> None:
    waited: list[float] = []
    with (
        ScriptedStudio(in_turn(answer(200)), listening=False) as studio,
        pytest.raises(DeliveryError, match=r"^can't be reached$"),
    ):
        send(studio, waited)
    assert waited == [1.0, 2.0]


def test_a_certificate_must_be_trusted() -> None:
    with ScriptedStudio(in_turn(answer(200)), tls=str(PEM)) as studio:
        with pytest.raises(DeliveryError, match="certificate is not trusted"):
            send(studio, [])
        with pytest.raises(DeliveryError, match="certificates can't be read"):
            send(studio, [], ca_bundle="/nowhere/ca.pem")
        send(studio, [], ca_bundle=str(PEM))
    assert len(studio.requests) == 1


def test_a_proxy_that_is_chosen_is_used() -> None:
    with ScriptedStudio(in_turn(answer(200))) as proxy:
        send_request(Network(proxy=lambda _address: proxy.base_url), "http://127.0.0.1:9/x", b"", {})
        assert proxy.requests[0].target == "http://127.0.0.1:9/x"
    with pytest.raises(DeliveryError, match="proxy can't be reached"):
        send_request(
            Network(proxy=lambda _address: proxy.base_url, sleep=lambda _seconds: None), "http://127.0.0.1:9/x", b"", {}
        )


def remove(path: Path) -> None:
    path.unlink()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (remove, "the file url can't be read: No such file"),
        (make_pipe, "the file url can't be read: it is a named pipe"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "the file url is not text"),
        (lambda path: path.write_text(" \n"), "the file url is empty"),
        (lambda path: path.write_text("http://chat.example/s3cr3t"), "the file url holds no https:// address"),
        (lambda path: path.write_text("https://[broken/s3cr3t"), "the file url holds no https:// address"),
    ],
)
def test_a_file_without_a_usable_address_is_named(
    tmp_path: Path, damage: Callable[[Path], object], reason: str
) -> None:
    outside = network(tmp_path, url="https://chat.example/")
    damage(tmp_path / "url")
    with pytest.raises(DeliveryError, match=reason) as caught:
        outside.read_address(Path("url"))
    assert "s3cr3t" not in str(caught.value)


def test_a_secret_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n  a key \nanother line\n", encoding="utf-8")
    assert Network(tmp_path).read_secret(Path("key")) == "a key"
    (tmp_path / "key").write_text("a key\r\n", encoding="utf-8-sig")  # as editors on Windows write it
    assert Network(tmp_path).read_secret(Path("key")) == "a key"
    assert Network(Path(os.devnull)).read_secret(tmp_path / "key") == "a key"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("https://a.example/x", True), ("http://127.0.0.1:9/", True), ("http://a.example/", False), ("ftp://a", False)],
)
def test_only_this_machine_may_be_reached_without_tls(address: str, *, expected: bool) -> None:
    assert is_web_address(address) is expected
