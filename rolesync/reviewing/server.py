"""The server of a review's page: on loopback, for whoever has its address, until the review is over.

The address holds a key that opens the review once. What it opens is a path that nobody can guess and a cookie for it:
cookies know no ports, so that without such a path every other server on this machine could ask the browser for it. A
page of another origin, or of a name that somebody has pointed here, is refused whatever it knows.
"""

import asyncio
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from rolesync.errors import RolesyncError, UsageError
from rolesync.reviewing.desk import Desk

IDLE_SECONDS = 3600.0
"""Seconds without a request after which a review ends; the page makes one whenever something is done on it."""

GRACE_SECONDS = 1.0
"""Seconds in which what is under way at the end may still come in and go out."""

_COOKIE = "rolesync_review"
_CLOSED = "this review isn't open in this browser; open the address that the terminal shows"
_LARGEST = 64_000_000  # bytes of a request: reasons for every change of a large plan
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the page itself says the rest
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Clock = Callable[[], float]
Say = Callable[[str], None]


def serve(desk: Desk, *, port: int, say: Say, clock: Clock = time.monotonic) -> None:
    """Serve a review until it has ended, or nobody has done anything for an hour, or a signal comes.

    Args:
        desk: what is reviewed.
        port: where to listen on 127.0.0.1; 0 takes a free one.
        say: is told the address to open, and again a new one whenever an address is opened that was opened already.
        clock: seconds, from any beginning.

    Raises:
        UsageError: the port can't be had.
        KeyboardInterrupt: a signal came.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise UsageError(f"can't listen on port {port}: {error.strerror}", hint="choose another --port") from error
    with listener:
        room = _Room(desk, f"127.0.0.1:{listener.getsockname()[1]}", say, clock)
        room.invite()
        server = _Server(room)
        with _ended_by_closing_the_terminal(server):
            server.run(sockets=[listener])


@contextmanager
def _ended_by_closing_the_terminal(server: uvicorn.Server) -> Iterator[None]:
    """Let SIGHUP end the server as uvicorn lets Ctrl-C: whatever is being answered still is.

    Raises:
        KeyboardInterrupt: it came.
    """
    hang_up: int | None = getattr(signal, "SIGHUP", None)  # not on Windows
    main = threading.current_thread() is threading.main_thread()
    if hang_up is None or not main or signal.getsignal(hang_up) is signal.SIG_IGN:  # as under nohup
        yield
        return
    came = []

    def end(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        server.should_exit = True

    before = signal.signal(hang_up, end)
    try:
        yield
    finally:
        signal.signal(hang_up, before)
    if came:
        raise KeyboardInterrupt


class _Room:
    """The application: who may come in, and what they may ask for.

    Args:
        desk: what is reviewed.
        host: the one host, with its port, by which it may be asked.
        say: is told each address.
        clock: seconds, from any beginning.
    """

    def __init__(self, desk: Desk, host: str, say: Say, clock: Clock) -> None:
        self.desk = desk
        self.clock = clock
        self.asked = clock()
        self._host = host
        self._say = say
        self._path = f"/{secrets.token_urlsafe()}/"
        self._key = self._used = self._session = ""
        self._answers = {"decisions": desk.decide, "approve": desk.approve, "leave": desk.leave}

    def invite(self) -> None:
        """Make a new key, and tell the address that holds it."""
        self._key = secrets.token_urlsafe()
        self._say(f"http://{self._host}/open/{self._key}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if request.headers.getlist("host") != [self._host]:
            return _no(421, "this review is asked for by another name than its own")
        if path == "/favicon.ico":
            return Response(status_code=204)  # browsers ask for it on their own
        if path.startswith("/open/") and request.method == "GET":
            return self._open(request, path.removeprefix("/open/"))
        if not path.startswith(self._path) or not any(_same(one, self._session) for one in _sessions(request)):
            return _no(403, _CLOSED)
        self.asked = self.clock()
        return await self._inside(request, path.removeprefix(self._path))

    async def _inside(self, request: Request, what: str) -> Response:
        if request.method == "GET" and not what:
            return HTMLResponse(self.desk.page())
        if request.method == "POST":
            return await self._post(request, what)
        return _no(404, "there is nothing here")

    def _open(self, request: Request, key: str) -> Response:
        if _same(key, self._used):
            self.invite()
            return _no(403, "this address was opened already; the terminal shows a new one")
        if not _same(key, self._key) or "purpose" in request.headers or "sec-purpose" in request.headers:
            return _no(403, _CLOSED)  # or a browser only wants to be early
        self._used, self._key, self._session = key, "", secrets.token_urlsafe()
        # A page that goes on by itself, and no redirect: after one from elsewhere a strict cookie isn't sent.
        response = HTMLResponse(
            '<!doctype html><html lang="en"><title>rolesync review</title>'
            f'<meta http-equiv="refresh" content="0; url={self._path}"><p><a href="{self._path}">Go on</a></p>'
        )
        response.set_cookie(_COOKIE, self._session, path=self._path, httponly=True, samesite="strict")
        return response

    async def _post(self, request: Request, what: str) -> Response:
        if refusal := self._refusal(request):
            return refusal
        try:
            content = await request.body()
        except ClientDisconnect:
            return _no(400, "this was broken off")  # said to nobody: the page was closed or reloaded meanwhile
        if what == "here":
            return Response(status_code=204)
        if what not in self._answers or self.desk.end:
            return _no(404, "there is nothing here")
        try:
            said = self._answers[what](content)
        except RolesyncError as error:
            return JSONResponse({"message": error.message, "hint": error.hint}, status_code=422)
        return JSONResponse(said)

    def _refusal(self, request: Request) -> Response | None:
        """Refuse what the review's own page can't have sent."""
        headers = request.headers
        own = headers.getlist("origin") == [f"http://{self._host}"]
        if not own or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _no(403, "only the review's own page may ask for that")
        if headers.get("content-type") != "application/json":
            return _no(415, "only JSON is read here")
        if not 0 <= _number(headers.get("content-length", "")) <= _LARGEST:
            return _no(413, "this is too much, or nobody says how much it is")
        return None


class _Server(uvicorn.Server):
    """uvicorn with the room, until the review has ended; what is being answered then still is, if that takes no time.

    Args:
        room: the application.
    """

    def __init__(self, room: _Room) -> None:
        # The same parser whatever else is installed. Without a log of requests, which would hold the key, and without
        # warnings, by which any stranger could write on the reviewer's terminal.
        super().__init__(
            uvicorn.Config(
                room,
                interface="asgi3",
                lifespan="off",
                ws="none",
                http="h11",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
            )
        )
        self._room = room

    async def on_tick(self, counter: int) -> bool:
        """Say whether to end; uvicorn asks ten times a second."""
        idle = self._room.clock() - self._room.asked > IDLE_SECONDS
        return await super().on_tick(counter) or self._room.desk.end is not None or idle

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and don't wait for whoever sends or reads no further: uvicorn would, or cancel with a traceback."""
        cut = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._cut)
        await super().shutdown(sockets)
        cut.cancel()
        self._cut()  # some are left after a second Ctrl-C
        await asyncio.gather(*self.server_state.tasks)

    def _cut(self) -> None:
        """Drop every connection; what waits for one then learns that nobody is there."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _no(status: int, why: str) -> Response:
    return PlainTextResponse(f"rolesync: {why}\n", status_code=status)


def _sessions(request: Request) -> Iterator[str]:
    """Every value of the cookie: another server on this host may have set one more of that name."""
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == _COOKIE:
            yield value


def _same(one: str, other: str) -> bool:
    """Compare secrets in a time that tells nothing of them; "" is like nothing."""
    return bool(one and other) and secrets.compare_digest(one.encode(), other.encode())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1  # noqa: PLR2004  # digits
