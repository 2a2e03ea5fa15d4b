"""A Studio with nothing but latency: it takes role changes and lists holders, each answer after the same time.

Run as `python -m tests.bench.latent PEOPLE LATENCY`; it prints its address and serves until it is ended. Users with
even ids hold the only role, `Admin`. It is as fast as a single process without a database can be, so that a benchmark
measures the time of the client beside the latency.
"""

import asyncio
import json
import re
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

PER_PAGE = 50
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Latent:
    """The state, and the answer to each request."""

    def __init__(self, people: int) -> None:
        self.held = {number: number % 2 == 0 for number in range(1, people + 1)}
        self.holders: list[int] | None = None  # in order, until somebody changes something

    def answer(self, method: bytes, target: str, body: bytes) -> dict[str, Any]:
        """Answer one request."""
        if method == b"PUT":
            actions = json.loads(body)["actions"]
            for action in actions:
                self.held[action["user_id"]] = action["action"] == "add"
            self.holders = None
            return {
                "users": [self._person(number) for number in dict.fromkeys(action["user_id"] for action in actions)]
            }
        if self.holders is None:
            self.holders = [number for number, holds in self.held.items() if holds]
        page = int(parse_qs(urlsplit(target).query)["page"][0])
        numbers = self.holders[(page - 1) * PER_PAGE : page * PER_PAGE]
        total = len(self.holders)
        meta = {"current_page": page, "last_page": max(1, -(-total // PER_PAGE)), "total_count": total}
        return {"users": [self._person(number) for number in numbers], "meta": meta}

    def _person(self, number: int) -> dict[str, Any]:
        roles = ["Admin", "Teacher"] if self.held[number] else ["Teacher"]
        return {"id": number, "full_name": f"Person {number}", "email": address(number), "role_names": roles}


def address(number: int) -> str:
    """Return the e-mail address of a user."""
    return f"person{number}@example.edu"


async def serve(people: int, latency: float) -> None:
    """Listen, print the address, and serve."""
    studio = Latent(people)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                due = asyncio.get_running_loop().time() + latency
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                method, target = head.split(b" ", 2)[:2]
                answer = json.dumps(studio.answer(method, target.decode("ascii"), body)).encode("ascii")
                await asyncio.sleep(due - asyncio.get_running_loop().time())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
        except (asyncio.IncompleteReadError, ConnectionError):  # the client has hung up
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
