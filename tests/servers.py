"""A scripted Studio on loopback: it gives the answers of a test, however wrong, and keeps the requests it received.

It does what no sane server does; for everything else there is the sandbox.
"""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from rolesync.studio.auth.tokens import FixedToken, TokenSource
from rolesync.studio.client import Client
from rolesync.studio.transport import Connection

AGENT = "rolesync/0 (tests)"
DRIP = 0.05  # seconds
PATIENCE = 10.0  # seconds after which a connection is closed, so that a test that hangs ends


def free_port() -> int:
    """Find a port on loopback that no server uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def ended_soon() -> Iterator[None]:
    """Check that the block ends long before `PATIENCE`."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < PATIENCE / 2


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as received; `connection` numbers the connections from 1."""

    method: str
    target: str
    headers: Message
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:  # JSON
        return json.loads(self.body)


@dataclass(frozen=True)
class ScriptedAnswer:
    """One answer. A `body` that is not bytes is sent as JSON.

    `end` is how the answer ends: `whole`; `cut`, the connection is closed in the middle of the body; `stall`, it stays
    open there; `mute`, it stays open without a byte; `gone`, it is closed without a byte; `reset`, it is reset. `drip`
    sends a byte every `DRIP` seconds, of the body or of all.
    """

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    end: Literal["whole", "cut", "stall", "mute", "gone", "reset"] = "whole"
    drip: Literal["", "body", "all"] = ""

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


RequestHandler = Callable[[ReceivedRequest], ScriptedAnswer]


def in_turn(*answers: ScriptedAnswer) -> RequestHandler:
    """Give these answers one after the other, and then the last one again and again."""
    lock, left = threading.Lock(), list(answers)

    def answer(_request: ReceivedRequest) -> ScriptedAnswer:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


class ScriptedStudio:
    """Serves from entering to leaving its `with` block, on a free loopback port.

    Args:
        answer: called for each request, by several threads; its errors are raised again at the end of the block.
        listening: without it, connections are refused until `listen` is called.
        tls: a PEM file of key and certificate.
    """

    def __init__(self, answer: RequestHandler, *, listening: bool = True, tls: str = "") -> None:
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self._answer = answer
        self._listening = listening
        self._lock = threading.Lock()
        self._failures: list[BaseException] = []
        self._open: list[socket.socket] = []
        self._server = _Server(self)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        if self._listening:
            self.listen()
        return self

    def listen(self) -> None:
        self._server.server_activate()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="scripted-studio")
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(self, "_thread"):
            self._server.shutdown()
            self._thread.join(PATIENCE)
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client may have hung up by itself just now
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        if self._failures and error is None:
            raise self._failures[0]

    def opened(self, connection: socket.socket) -> int:
        with self._lock:
            self._open.append(connection)
            self.connections += 1
            return self.connections

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.remove(connection)

    def answer(self, request: ReceivedRequest) -> ScriptedAnswer:
        with self._lock:
            self.requests.append(request)
        try:
            return self._answer(request)
        except Exception as failure:  # noqa: BLE001  # raised again by the test's own thread
            self._failures.append(failure)
            return ScriptedAnswer(599, {"error": "the script failed"})


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, studio: ScriptedStudio) -> None:
        self.studio = studio
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.server_bind()

    def shutdown_request(self, request: Any) -> None:
        """Close without the polite end that the library sends first: a reset must not look like it."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave it to the test: a client that hangs up in the middle is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number = self.server.studio.opened(self.connection)

    def finish(self) -> None:
        self.server.studio.closed(self.connection)
        super().finish()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.studio.answer(ReceivedRequest(self.command, self.path, self.headers, body, self.number))
        if answer.end == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if answer.end in {"whole", "cut", "stall"}:
            self._write(answer)
        if answer.end in {"stall", "mute"}:
            self.connection.recv(1)  # comes back when the client has hung up
        self.close_connection = self.close_connection or answer.end != "whole"

    def _write(self, answer: ScriptedAnswer) -> None:
        data = answer.data
        names = {name.lower() for name in answer.headers}
        lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{name}: {value}" for name, value in answer.headers.items())]
        if "content-length" not in names:
            lines.append(f"content-length: {len(data)}")
        sent = data if answer.end == "whole" else data[: len(data) // 2]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        at_once = {"": len(head) + len(sent), "body": len(head), "all": 0}[answer.drip]
        self.wfile.write((head + sent)[:at_once])
        for byte in (head + sent)[at_once:]:
            time.sleep(DRIP)
            self.wfile.write(bytes([byte]))

    do_GET = do_PUT = do_POST = do_PATCH = _respond  # noqa: N815  # the library's names


class FakeSleep:
    """Sleeps without waiting: keeps the seconds of each sleep, and its clock moves on by them."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.during_first: Callable[[], object] = lambda: None  # called by the first sleep

    def sleep(self, seconds: float) -> None:
        if not self.seconds:
            self.during_first()
        self.seconds.append(seconds)

    def clock(self) -> float:
        return time.monotonic() + sum(self.seconds)


def longest(_low: float, high: float) -> float:
    """Always choose the longest jitter."""
    return high


def client_of(
    base_url: str,
    fake_sleep: FakeSleep,
    *,
    tokens: TokenSource | None = None,
    **connection: Any,
) -> Client:
    """Make a client for tests, with short timeouts and a fake sleep."""
    settings = {"user_agent": AGENT, "timeout": 5.0, "connect_timeout": 5.0, "concurrency": 4, **connection}
    tokens = tokens or FixedToken(SecretStr("sandbox-token"))
    return Client(
        Connection(base_url, **settings), tokens, sleep=fake_sleep.sleep, clock=fake_sleep.clock, jitter=longest
    )
