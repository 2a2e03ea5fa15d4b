"""Many sandboxes in one process: a port for each, but one event loop, so that those without requests take no CPU.

Run as `python -m tests.bench.many_sandboxes COUNT USERS FIRST_SEED`; it prints their addresses on one line, and serves
until it is ended.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Mapping, Sequence

import uvicorn
from starlette.types import Receive, Scope, Send

from rolesync.sandbox.account import SandboxAccount
from rolesync.sandbox.api_routes import application
from rolesync.sandbox.app import SandboxApp
from rolesync.sandbox.options import Options


class _Dispatcher:
    """Passes each request to the sandbox of its port."""

    def __init__(self, apps: Mapping[int, SandboxApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][1]](scope, receive, send)


def _no_transport(_client: tuple[str, int]) -> asyncio.Transport | None:
    return None  # only faults that break a connection need it


def listening(count: int) -> list[socket.socket]:
    """Open this many ports of the loopback."""
    listeners = []
    for _ in range(count):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        listeners.append(listener)
    return listeners


def serve(listeners: Sequence[socket.socket], users: int, first_seed: int) -> None:
    """Serve a sandbox with other people at each port."""
    apps = {}
    for number, listener in enumerate(listeners):
        account = SandboxAccount(Options(users=users, seed=first_seed + number), time.time)
        apps[listener.getsockname()[1]] = SandboxApp(account, application(account), _no_transport)
    sys.stdout.write(" ".join(f"http://127.0.0.1:{port}" for port in apps) + "\n")
    sys.stdout.flush()
    options = {"lifespan": "off", "ws": "none", "log_config": None, "access_log": False, "timeout_keep_alive": 60}
    uvicorn.Server(uvicorn.Config(_Dispatcher(apps), **options)).run(sockets=list(listeners))  # type: ignore[arg-type]


if __name__ == "__main__":
    _count, _users, _first_seed = map(int, sys.argv[1:])
    serve(listening(_count), _users, _first_seed)
