"""The server of a review's page: on loopback, until the review ends."""

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
from rolesync.review.page.app import Clock, ReviewApp, ShowAddress, Site

IDLE_SECONDS = 3600.0
"""A review ends after so many seconds without a request; the page sends a request on every activity."""

_GRACE_SECONDS = 1.0
"""Seconds for open requests to finish when the review ends."""


def serve(site: Site, *, port: int, show_address: ShowAddress, clock: Clock = time.monotonic) -> None:
    """Serve a review until it ends, an hour passes without activity, or a signal arrives.

    Args:
        site: what is reviewed.
        port: port on 127.0.0.1; 0 takes a free port.
        show_address: called with the address to open, and with a new one whenever a used address is opened again.
        clock: a clock that only runs forwards, in seconds.

    Raises:
        UsageError: the port can't be opened.
        KeyboardInterrupt: a signal arrived.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise UsageError(f"can't listen on port {port}: {error.strerror}", hint="choose another --port") from error
    with listener:
        app = ReviewApp(site, f"127.0.0.1:{listener.getsockname()[1]}", show_address, clock)
        app.make_key()
        server = _Server(app)
        with _ended_by_hang_up(server):
            server.run(sockets=[listener])


@contextmanager
def _ended_by_hang_up(server: uvicorn.Server) -> Iterator[None]:
    """Let SIGHUP (the terminal was closed) end the server as Ctrl-C does, after open requests are answered.

    Raises:
        KeyboardInterrupt: SIGHUP arrived.
    """
    hang_up: int | None = getattr(signal, "SIGHUP", None)  # not on Windows
    in_main_thread = threading.current_thread() is threading.main_thread()
    if hang_up is None or not in_main_thread or signal.getsignal(hang_up) is signal.SIG_IGN:  # as under nohup
        yield
        return
    signals = []

    def end(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        server.should_exit = True

    handler = signal.signal(hang_up, end)
    try:
        yield
    finally:
        signal.signal(hang_up, handler)
    if signals:
        raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """uvicorn with the review's application; it stops when the review ends, after open requests are answered.

    Args:
        app: the application.
    """

    def __init__(self, app: ReviewApp) -> None:
        # `http` fixes the parser, even if another is installed. There is no log of requests: it would contain the key.
        # There are no warnings, because through them any client could write to the reviewer's terminal.
        super().__init__(
            uvicorn.Config(
                app,
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
        self._app = app

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; uvicorn calls it ten times a second."""
        idle = self._app.clock() - self._app.last_request > IDLE_SECONDS
        return await super().on_tick(counter) or self._app.site.has_ended or idle

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop without waiting for stalled clients; uvicorn would wait, or cancel them with a traceback."""
        cut = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._cut)
        await super().shutdown(sockets)
        cut.cancel()
        self._cut()  # after a second Ctrl-C some connections are still open
        await asyncio.gather(*self.server_state.tasks)

    def _cut(self) -> None:
        """Abort every connection, which wakes the tasks that wait for it."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class _Protocol(H11Protocol):
    """uvicorn's protocol, without a traceback if an unreadable request follows an answer."""

    def send_400_response(self, msg: str) -> None:
        """Answer 400, unless the connection has sent an answer already."""
        with suppress(LocalProtocolError):
            super().send_400_response(msg)
        self.transport.close()
