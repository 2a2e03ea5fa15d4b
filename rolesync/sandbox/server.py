"""Run a sandbox: in a background thread for tests, or in the foreground for the command.

It listens on loopback only, because its control endpoints need no token.
"""

import asyncio
import ipaddress
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from types import FrameType, TracebackType
from typing import Self

import uvicorn

from rolesync.sandbox.account import SandboxAccount
from rolesync.sandbox.api_routes import application
from rolesync.sandbox.app import SandboxApp
from rolesync.sandbox.control_client import Control
from rolesync.sandbox.generated_people import PeopleSource
from rolesync.sandbox.options import Options

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_STOP_SECONDS = 10


def serve(
    options: Options,
    *,
    host: str = "127.0.0.1",
    port: int,
    ready: Callable[[str], None],
    clock: Clock = time.time,
) -> None:
    """Run a sandbox until SIGINT or SIGTERM, then return; call it in the main thread.

    Args:
        options: how the sandbox behaves.
        host: a loopback address.
        port: the port; 0 for any free port.
        ready: called with the base address (`http://127.0.0.1:8765`) as soon as requests are answered.
        clock: seconds since 1970.

    Raises:
        ValueError: `host` is not loopback, or the database file has another number of users or seed.
        OSError: the port can't be opened.
    """
    with _listen(host, port) as listener:
        account = SandboxAccount(options, clock)
        try:
            server = _Server(account, asyncio.sleep, lambda: ready(_address(listener)))

            def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of a handler
                server.end()

            # uvicorn raises the signal again at its end; these handlers are still set then, and do no harm.
            handlers = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                server.run(sockets=[listener])
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        finally:
            account.store.close()


class Sandbox(Control):
    """A sandbox in a background thread, on a free loopback port, while the `with` block lasts.

    Args:
        options: how the sandbox behaves.
        clock: seconds since 1970.
        sleep: waits a number of seconds, for faults with latency.
        people: the people of the account; None for generated people.

    Raises:
        ValueError: on entering, if the database file has another number of users or seed, or `people` can't be stored.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
        people: PeopleSource | None = None,
    ) -> None:
        super().__init__("")
        self.options = options if options is not None else Options()
        self.token = self.options.token
        self._clock = clock
        self._sleep = sleep
        self._people = people
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        """Start the sandbox; returns when it answers requests."""
        with ExitStack() as stack:
            listener = stack.enter_context(_listen("127.0.0.1", 0))
            account = SandboxAccount(self.options, self._clock, self._people)
            stack.callback(account.store.close)
            started = threading.Event()
            self._server = _Server(account, self._sleep, started.set)
            self._thread = threading.Thread(target=self._run, args=(listener, started), name="rolesync-sandbox")
            stack.callback(self._stop)  # before the start, because Ctrl-C may interrupt at any time
            self._thread.start()
            started.wait()
            if self._failure is not None:
                raise RuntimeError("the sandbox could not start") from self._failure
            self.base_url = _address(listener)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the sandbox; returns when thread, sockets and database are closed."""
        self._stack.close()
        if self._failure is not None and error is None:
            raise RuntimeError("the sandbox ended unexpectedly") from self._failure

    def _run(self, listener: socket.socket, started: threading.Event) -> None:
        try:
            self._server.run(sockets=[listener])
        except BaseException as failure:  # noqa: BLE001  # raised again in the waiting thread
            self._failure = failure
        finally:
            listener.close()  # so that no client waits for an answer that never comes
            started.set()

    def _stop(self) -> None:
        self._server.end()
        with suppress(RuntimeError):  # the thread was never started
            self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the sandbox did not stop within {_STOP_SECONDS} seconds")


class _Server(uvicorn.Server):
    """uvicorn with the sandbox's application; reports when it has started.

    Args:
        account: the account to serve.
        sleep: waits a number of seconds.
        started: called as soon as requests are answered.
    """

    def __init__(self, account: SandboxAccount, sleep: Sleep, started: Callable[[], None]) -> None:
        app = SandboxApp(account, application(account), self._transport_of, sleep)
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._started = started
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def end(self) -> None:
        """End the server soon; from any thread, and from the handler of a signal."""
        self.should_exit = True
        if self._loop:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._ended.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.end()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._started()

    async def main_loop(self) -> None:
        """Wait for the end, and set the header `Date` each second; uvicorn would look for the end ten times a second.

        So a sandbox ends immediately, and those that tests keep take no time of a processor.
        """
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)

    def _transport_of(self, client: tuple[str, int]) -> asyncio.Transport | None:
        for connection in self.server_state.connections:
            # Only HTTP/2 connections have no client, and HTTP/2 is off.
            if getattr(connection, "client", None) == client:
                return connection.transport
        return None


def _listen(host: str, port: int) -> socket.socket:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(f"host {host!r} is not an address: use 127.0.0.1, ::1 or localhost") from None
    if not loopback.is_loopback:
        raise ValueError(f"host {host} is not loopback: the sandbox is for this machine only, use 127.0.0.1")
    family = socket.AF_INET6 if loopback.version == 6 else socket.AF_INET  # noqa: PLR2004  # IPv6
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        # Listening already now lets an early client wait in the queue instead of being refused.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"can't listen on {host} port {port}: {error.strerror}") from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
