"""Studio is not there, refuses, fails in passing, or fails for one user only."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell, nonzero

GONE = 1053
"""Ingrid Solberg, whose account dies between the reading and the writing."""


def test_a_studio_that_is_not_there(sh: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    refused = sh.json("plan", SAMPLE, exit_code=6, base_url=address, attempts=1)
    assert f"{address} can't be reached" in refused["error"]["message"]
    assert refused["error"]["hint"]


@pytest.mark.parametrize(("token", "status"), [("revoked-token", 401), ("outsider-token", 403)])
def test_a_token_that_may_not_read(sh: Shell, studio: Control, token: str, status: int) -> None:
    done = sh.run("sync", SAMPLE, token=token)
    assert done.returncode == 6
    assert f"Studio answered {status}" in done.stderr
    assert token not in done.stdout + done.stderr
    assert nonzero(studio.counts()) == {"search": 1}  # final: nothing is tried again


def test_a_token_that_may_read_but_not_write(sh: Shell, studio: Control) -> None:
    done = sh.run("sync", SAMPLE, "--format", "json", token="reader-token")
    assert done.returncode == 6
    run = json.loads(done.stdout)["run"]
    assert "403" in run["stopped"]
    assert run["counts"]["done"] == 0
    assert studio.log() == []


def test_a_studio_that_offers_no_writes(sh: Shell, studio: Control) -> None:
    studio.set_faults("404-route=1,on=writes")
    done = sh.run("sync", SAMPLE, "--format", "json", settle_seconds=1)
    assert done.returncode == 6
    run = json.loads(done.stdout)["run"]
    assert "doesn't offer this call" in run["stopped"]
    assert "ask Instructure" in run["stopped"]
    assert (run["counts"]["failed"], studio.log()) == (6, [])
    assert nonzero(studio.counts())["roles"] <= 6
    assert "no longer in Studio" not in done.stdout


def test_a_studio_that_offers_no_searches(sh: Shell, studio: Control) -> None:
    studio.set_faults("404-route=1,on=reads")
    error = sh.json("plan", SAMPLE, exit_code=6)["error"]
    assert "GET /api/public/v1/users/search: Studio answered 404, so it doesn't offer" in error["message"]
    assert "ask Instructure" in error["hint"]
    assert nonzero(studio.counts()) == {"search": 1}


def test_a_log_in_page_instead_of_an_answer(sh: Shell, studio: Control) -> None:
    studio.set_faults("html200=1")
    assert "Log in to Studio" in sh.json("plan", SAMPLE, exit_code=6, attempts=1)["error"]["message"]


def test_a_studio_that_goes_down_and_stays_down(sh: Shell, studio: Control) -> None:
    studio.set_faults("reset=1,after=7")  # after the first write
    impatient = {"chunk_size": 1, "attempts": 1, "retry_seconds": 1, "concurrency": 1, "settle_seconds": 1}
    done = sh.run("sync", SAMPLE, **impatient)
    assert done.returncode == 6
    run = sh.json("runs")["runs"][-1]
    assert run["counts"]["done"] == len(studio.log()) == 1
    assert (run["counts"]["unknown"], run["counts"]["not_sent"]) == (3, 2)  # it reads again after three requests
    assert "stopped " in done.stdout
    assert "Unknown: whether Studio did these could not be determined (3)" in done.stdout
    assert "Not sent: these never reached Studio (2)" in done.stdout

    studio.set_faults("")
    assert sh.json("sync", SAMPLE, settle_seconds=1)["run"]["complete"]
    assert len(studio.log()) == 6


def test_what_goes_wrong_in_passing_doesnt_show_in_the_result(sh: Shell, studio: Control) -> None:
    studio.set_faults("429=1,429-retry-after=0,times=4")
    assert sh.json("sync", SAMPLE)["run"]["complete"] is True
    assert nonzero(studio.fault_counts()) == {"429": 4}
    assert len(studio.log()) == 6


def test_a_write_whose_answer_is_lost_is_not_sent_twice(sh: Shell, studio: Control) -> None:
    studio.set_faults("lost=1,on=writes,times=1")
    run = sh.json("sync", SAMPLE)["run"]
    assert run["complete"] is True
    assert nonzero(studio.fault_counts()) == {"lost": 1}
    assert studio.counts()["roles"] == 1
    assert len(studio.log()) == 6


def test_one_dead_account_doesnt_hold_up_the_others(sh: Shell, studio: Control) -> None:
    with without(studio, GONE) as address:
        done = sh.run("sync", SAMPLE, "--format", "json", base_url=address, settle_seconds=1)
    assert done.returncode == 5
    run = json.loads(done.stdout)["run"]
    assert run["counts"] == {"done": 5, "failed": 1, "drifted": 0, "unknown": 0, "not_sent": 0}
    (failed,) = [outcome for outcome in run["outcomes"] if outcome["outcome"] == "failed"]
    assert failed["user_id"] == GONE
    assert "The user(s) was not found" in failed["detail"]
    report = sh.json("show", run["run"], base_url=address)
    outcomes = {outcome["user_id"]: (outcome["outcome"], outcome["detail"]) for outcome in run["outcomes"]}
    assert {outcome["user_id"]: outcome["outcome"] for outcome in report["outcomes"]} == {
        who: outcomes[who][0] for who in outcomes
    }
    (named,) = [outcome["detail"] for outcome in report["outcomes"] if outcome["outcome"] == "failed"]
    assert "The user(s) was not found" in named
    assert report["counts"] == run["counts"]
    assert GONE not in {change["user_id"] for change in studio.log()}
    assert len(studio.log()) == 5


@contextmanager
def without(studio: Control, user_id: int) -> Iterator[str]:
    """A server that answers as the sandbox does, but refuses every write that names this user."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on(b"")

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if user_id in {action["user_id"] for action in json.loads(body)["actions"]}:
                self._answer(404, b'{"error":"The user(s) was not found"}')
            else:
                self._pass_on(body)

        def log_message(self, *_: object) -> None:
            """Write nothing to standard error."""

        def _pass_on(self, body: bytes) -> None:
            to = urlsplit(studio.base_url)
            headers = {name: self.headers[name] for name in ("Authorization", "User-Agent", "Content-Type")}
            present = {name: value for name, value in headers.items() if value}
            connection = HTTPConnection(to.hostname or "", to.port, timeout=10)
            connection.request(self.command, self.path, body or None, present)
            answer = connection.getresponse()
            self._answer(answer.status, answer.read())
            connection.close()

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
