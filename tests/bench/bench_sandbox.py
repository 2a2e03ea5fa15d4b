"""Measure the sandbox: searches per second that its one process answers to another process over loopback.

Run as `python -m tests.bench.bench_sandbox`. The asking side writes prepared requests to its connections and only
counts the answers, since any client library would be slower than the server. The goal is 5,000.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from itertools import cycle
from time import perf_counter
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.table import Table

from rolesync.sandbox import Control

USERS = 100_000
CONNECTIONS = 16
SECONDS = 3.0
GOAL = 5_000


def ask(address: str, paths: list[str]) -> float:
    """Request the paths in turn over several connections; returns the answers per second."""
    parts = urlsplit(address)
    head = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: bench\r\nAuthorization: Bearer sandbox-token\r\n\r\n"
    requests = cycle([f"GET {path}{head}".encode("ascii") for path in paths])
    lines = [socket.create_connection((parts.hostname or "", parts.port or 80)) for _ in range(CONNECTIONS)]
    answered, started = 0, perf_counter()
    while perf_counter() - started < SECONDS:
        for line in lines:
            line.sendall(next(requests))
        for line in lines:
            _read_answer(line)
        answered += len(lines)
    seconds = perf_counter() - started
    for line in lines:
        line.close()
    return answered / seconds


def _read_answer(line: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += line.recv(65536) or _broken(received)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        _broken(received)
    length = re.search(rb"(?i)content-length: (\d+)", head)
    missing = int(length[1] if length else 0) - len(body)
    while missing > 0:
        missing -= len(line.recv(65536) or _broken(received))


def _broken(received: bytes) -> bytes:
    raise RuntimeError(f"not the answer that was expected: {received[:200]!r}")


def main() -> None:
    """Start a sandbox in a process of its own, measure each kind of search, and print the table."""
    command = [sys.executable, "-m", "rolesync", "sandbox", "--port", "0", "--users", str(USERS)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        match = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
        if match is None:
            raise RuntimeError("the sandbox did not say where it is")
        address = match[0]
        emails = [email for person in Control(address).people() if "@" in (email := person.get("email") or "")]
        search = "/api/public/v1/users/search"
        paths = {
            "role search, 50 a page": [f"{search}?role=Student&per_page=50&page={page}" for page in range(1, 1000)],
            "e-mail search": [f"{search}?email={quote(email)}" for email in emails[::7]],
        }
        table = Table("what", "answers a second", "goal", "ratio", title=f"The sandbox with {USERS:,} people")
        for what, targets in paths.items():
            rate = ask(address, targets)
            table.add_row(what, f"{rate:,.0f}", f"{GOAL:,}", f"{rate / GOAL:.2f}")
        Console(width=120).print(table)
    finally:
        os.kill(server.pid, signal.SIGTERM)
        server.communicate(timeout=30)


if __name__ == "__main__":
    main()
