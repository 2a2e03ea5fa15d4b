"""The server of a review's page: on loopback, until the review is over."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from h11 import LocalProtocolError
from uvicorn.protocols.http.h11_impl import H11Protocol

from rolesync.errors import UsageError
from rolesync.review.page.app import Clock, ReviewApp, Say
from rolesync.review.page.session import ReviewSession

IDLE_SECONDS = 3600.0
"""Seconds without a request after which a review ends; the page makes one whenever something is done on it."""

GRACE_SECONDS = 1.0
"""Seconds in which what is under way at the end may still come in and go out."""


def serve(desk: ReviewSession, *, port: int, say: Say, clock: Clock = time.monotonic) -> None:
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
        room = ReviewApp(desk, f"127.0.0.1:{listener.getsockname()[1]}", say, clock)
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


class _Server(uvicorn.Server):
    """uvicorn with the room, until the review has ended; what is being answered then still is, if that takes no time.

    Args:
        room: the application.
    """

    def __init__(self, room: ReviewApp) -> None:
        # The same parser whatever else is installed. Without a log of requests, which would hold the key, and without
        # warnings, by which any stranger could write on the reviewer's terminal.
        super().__init__(
            uvicorn.Config(
                room,
                interface="asgi3",
                lifespan="off",
                ws="none",
                http=_Protocol,
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


class _Protocol(H11Protocol):
    """uvicorn's, without a traceback where what can't be read comes after the answer."""

    def send_400_response(self, msg: str) -> None:
        """Say that this is no request, unless something was answered already."""
        with suppress(LocalProtocolError):
            super().send_400_response(msg)
        self.transport.close()
