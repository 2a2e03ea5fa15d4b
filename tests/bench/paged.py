"""A Studio for benchmarks: it answers only role searches, with prepared pages, after a delay or with a rate limit.

Run as `python -m tests.bench.paged PAGES DELAY PER_SECOND RETRY_AFTER`; it prints its port. It is one asyncio process
that does almost nothing for an answer, so that the client is the bottleneck.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import SelectSelector
from time import monotonic

PER_PAGE = 50
ROLE = "Student"
PATH = "/api/public/v1/users/search"

_NUMBER = re.compile(rb"[?&]page=(\d+)")
_HEAD = "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nServer: paged\r\n{}\r\n"


def page(number: int, pages: int) -> bytes:
    """Make one page of people, as the reference describes it; every fifth person holds two roles."""
    first = (number - 1) * PER_PAGE + 1
    users = [
        {
            "id": user_id,
            "full_name": f"Person Number {user_id}",
            "display_name": f"Person {user_id}",
            "email": f"person.number.{user_id}@example.edu",
            "role_names": [ROLE] if user_id % 5 else [ROLE, "Teacher"],
        }
        for user_id in range(first, first + PER_PAGE)
    ]
    meta = {"current_page": number, "last_page": pages, "total_count": pages * PER_PAGE}
    return _answer("200 OK", json.dumps({"users": users, "meta": meta}))


@contextmanager
def served(pages: int, delay: float, per_second: float = 0, retry_after: str = "") -> Iterator[str]:
    """Run the server in a separate process; returns its address."""
    command = [sys.executable, "-m", "tests.bench.paged", str(pages), str(delay), str(per_second), retry_after]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            yield f"http://127.0.0.1:{int(port)}"
        finally:
            server.terminate()


class Bucket:
    """A token bucket: refilled evenly, and as large as one second's worth."""

    def __init__(self, per_second: float) -> None:
        self.per_second = self.tokens = per_second
        self.at = monotonic()

    def take(self) -> bool:
        now = monotonic()
        self.tokens = min(self.per_second, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken


class _Connection(asyncio.Protocol):
    def __init__(self, answers: list[bytes], delay: float, bucket: Bucket | None, refusal: bytes) -> None:
        self._answers, self._delay, self._bucket, self._refusal = answers, delay, bucket, refusal
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"\r\n\r\n"):
            return
        number = _NUMBER.search(self._received)
        self._received = b""
        refused = self._bucket is not None and not self._bucket.take()
        answer = self._refusal if refused else self._answers[int(number[1] if number else 1) - 1]
        asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)


def _answer(status: str, body: str, more: str = "") -> bytes:
    return (_HEAD.format(status, len(body), more) + body).encode("ascii")


async def _serve(pages: int, delay: float, per_second: float, retry_after: str) -> None:
    answers = [page(number, pages) for number in range(1, pages + 1)]
    bucket = Bucket(per_second) if per_second else None
    header = f"Retry-After: {retry_after}\r\n" if retry_after else ""
    refusal = _answer("429 Too Many Requests", '{"error": "Too Many Requests"}', header)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers, delay, bucket, refusal), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    _pages, _delay, _per_second, _retry_after = sys.argv[1:]
    # `select` waits to the microsecond; the usual selector rounds up to the next millisecond, and each answer with it.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(SelectSelector())) as runner:
        runner.run(_serve(int(_pages), float(_delay), float(_per_second), _retry_after))
