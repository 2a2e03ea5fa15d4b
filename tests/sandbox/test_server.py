"""Starting and stopping: threads, sockets, signals, and loopback only."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from rolesync.sandbox import ROLES, Control, Options, Person, Sandbox, serve
from tests.paths import ROOT

Call = Callable[..., requests.Response]

PROGRAM = """
import sys
from pathlib import Path
from rolesync.sandbox import Options, serve
serve(Options(db=Path(sys.argv[1])), port=0, ready=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


def test_it_leaves_no_thread_and_no_open_port(call: Call) -> None:
    before = set(threading.enumerate())
    with Sandbox() as studio:
        assert call(studio, "GET", "/ping").text == "pong"
        (server_thread,) = set(threading.enumerate()) - before
    assert not server_thread.is_alive()
    address = urlsplit(studio.base_url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=5)


def test_it_stops_although_a_request_is_waiting() -> None:
    with Sandbox(Options()) as studio:
        studio.set_faults("latency=3600")
        address = urlsplit(studio.base_url)
        waiting = socket.create_connection((address.hostname, address.port), timeout=10)
        waiting.sendall(b"GET /api/public/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert any(studio.counts()["ping"] for _ in range(1000)), "the request never arrived"
    with waiting:
        assert b"pong" not in waiting.recv(1000)


def test_two_sandboxes_are_independent(call: Call) -> None:
    with Sandbox() as first, Sandbox() as second:
        first.edit_person(1003, roles=[])
        assert first.base_url != second.base_url
        assert call(second, "GET", "/users/1003").json()["user"]["role_names"] == ["Admin"]


def test_a_sandbox_can_be_entered_again(call: Call) -> None:
    sandbox = Sandbox()
    for _ in range(2):
        with sandbox:
            assert call(sandbox, "GET", "/ping").text == "pong"


def test_a_database_of_other_people_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with Sandbox(Options(db=path)):
        pass
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match="made with users=24 and seed=1"), Sandbox(Options(db=path, seed=2)):
        pass
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.edu"])  # noqa: S104  # it is refused
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
        serve(Options(), host=host, port=0, ready=print)


def test_a_port_in_use_is_refused_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"can't listen on 127.0.0.1 port {port}"):
            serve(Options(), port=port, ready=print)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_served_in_its_own_process_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "studio.db")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            control = Control(process.stdout.readline().strip())
            answer = requests.get(f"{control.base_url}/api/public/v1/ping", timeout=10)
            assert (answer.status_code, answer.json()) == (401, {"error": "Invalid access token"})
            assert control.counts()["ping"] == 1
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "ended\n", "")


def test_many_people_are_served_from_the_first_page_to_the_last(start: Callable[..., Sandbox], call: Call) -> None:
    studio = start(Options(users=20_000))
    first = call(studio, "GET", "/users/search", params={"role": "Student", "per_page": 50}).json()
    pages = first["meta"]["last_page"]
    last = call(studio, "GET", "/users/search", params={"role": "Student", "per_page": 50, "page": pages}).json()
    assert first["meta"]["total_count"] > 16_000
    assert len(last["users"]) == first["meta"]["total_count"] - 50 * (pages - 1)


def test_a_failure_in_its_thread_is_raised_where_it_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise OSError("no more files")

    monkeypatch.setattr("uvicorn.Server.startup", fail)
    before = set(threading.enumerate())
    with pytest.raises(RuntimeError, match="the sandbox could not start") as refused, Sandbox():
        pass
    assert str(refused.value.__cause__) == "no more files"
    assert set(threading.enumerate()) <= before


def test_ipv6_loopback_is_accepted() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="can't listen on ::1 port"):
            serve(Options(), host="::1", port=port, ready=print)


def test_without_control_endpoints_people_are_shown_only_with_the_token(call: Call) -> None:
    people = [Person(7, "Ann", "Ann", "ann@x.edu", ("Head of media",))]
    options = Options(control=False, token="own", roles=(*ROLES, "Head of media"))
    with Sandbox(options, people=lambda: people) as studio:
        for path in ("people", "people/7", "log", "counts"):
            answer = requests.get(f"{studio.base_url}/_sandbox/{path}", timeout=10)
            assert (answer.status_code, "ann" in answer.text.lower()) == (404, False)
        assert requests.post(f"{studio.base_url}/_sandbox/reset", timeout=10).status_code == 404
        assert call(studio, "GET", "/users/7", token="sandbox-token").status_code == 401
        users = call(studio, "GET", "/users/search", params={"role": "Head of media"}).json()["users"]
        assert [user["email"] for user in users] == ["ann@x.edu"]


def test_an_interruption_while_it_starts_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    before = set(threading.enumerate())
    for begun in (False, True):

        def interrupted(self: threading.Thread, *, begun: bool = begun) -> None:
            if begun:
                start(self)
            raise KeyboardInterrupt

        monkeypatch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt), Sandbox():
            pass
        assert set(threading.enumerate()) <= before
