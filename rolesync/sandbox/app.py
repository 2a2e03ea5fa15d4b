"""The ASGI application that every request passes: it counts, injects faults, and checks User-Agent and token.

It wraps the Starlette application. It answers searches itself, which is faster, because a sync sends
thousands of them. Faults that break the connection write to the transport directly, since HTTP can't express them.
"""

import asyncio
import math
import os
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rolesync.sandbox.account import SandboxAccount
from rolesync.sandbox.api_routes import API, DRAW, REQUEST_ID, SEARCH
from rolesync.sandbox.control_routes import CONTROL
from rolesync.sandbox.dice import Draw
from rolesync.sandbox.faults import APPLIED, ODD_STATUSES, Fault
from rolesync.sandbox.responses import Answer, ApiError, error_answer, json_answer, text_answer

TransportOf = Callable[[tuple[str, int]], asyncio.Transport | None]
"""Finds the connection of a client by its (host, port)."""

_KINDS = {
    SEARCH: "search",
    f"{API}/users/roles": "roles",
    f"{API}/ping": "ping",
    "/api/public/apidocs": "apidocs",
    "/api/public/oauth/authorize": "authorize",
    "/api/public/oauth/token": "token",
}
_NEEDS_TOKEN = frozenset({"search", "user", "media", "roles", "ping"})
_SLASHES = re.compile("//+")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,64}")
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_HTML_PAGES = {
    Fault.HTML: (502, "502 Bad Gateway"),
    Fault.HTML_200: (200, "Log in to Studio"),
    Fault.NO_ROUTE: (404, "404 Not Found"),
}
_DROPPED = frozenset({Fault.CUT, Fault.LOST})
_DRIP_SECONDS = 0.5
_PHRASES = {499: "Client Closed Request"}  # the status of nginx, which Python doesn't know


class SandboxApp:
    """The ASGI application of the sandbox.

    Args:
        account: the state of the sandbox.
        endpoints: the Starlette application.
        transport_of: finds the connection that a fault breaks.
        sleep: waits the given number of seconds.
    """

    def __init__(
        self,
        account: SandboxAccount,
        endpoints: ASGIApp,
        transport_of: TransportOf,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._account = account
        self._endpoints = endpoints
        self._transport_of = transport_of
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path.startswith(CONTROL):
            await self._endpoints(scope, receive, send)
            return
        if "//" in path:  # from clients that join `/api/public/v1/` and `/users`
            path = _SLASHES.sub("/", path)
            scope = {**scope, "path": path}
        kind = _KINDS.get(path) or _kind(path)
        self._account.requests[kind] += 1
        draw = self._account.dice.draw(kind)
        if draw.delay:
            await self._sleep(draw.delay)
        if draw.fault is not None or draw.wait is not None:
            self._account.fault_hits["rate" if draw.fault is None else draw.fault.value] += 1
        if draw.lag:
            self._account.fault_hits["lag"] += 1
        answer = None
        if draw.fault is not Fault.RESET:
            answer = self._fault_answer(draw) or await self._answer(kind, draw, scope, receive)
        if answer is None or draw.fault in _DROPPED:
            self._drop(scope["client"], answer if draw.fault is Fault.CUT else None, reset=draw.fault is Fault.RESET)
            await _wait_until_closed(receive)
            return
        if draw.fault is not None:
            answer = _disguised(answer, draw.fault, path)
        if draw.fault is Fault.DRIP:
            await self._drip(answer, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _fault_answer(self, draw: Draw) -> Answer | None:
        """Return the answer of a fault or of the rate limit; None if the request is processed."""
        fault, faults = draw.fault, self._account.dice.faults
        if draw.wait is not None:
            return self._limited(draw.wait)
        if fault is None or fault in APPLIED:
            return None
        if fault in {Fault.LIMITED, Fault.LIMITED_BARE}:
            return self._limited(faults.retry_after if fault is Fault.LIMITED else None)
        if fault is Fault.LIMITED_403:
            return error_answer(403, "Rate Limit Exceeded")
        if fault in _HTML_PAGES:
            status, title = _HTML_PAGES[fault]
            return text_answer(status, _HTML.format(title), b"text/html")
        return error_answer(int(fault), HTTPStatus(int(fault)).phrase)

    def _limited(self, wait: float | None) -> Answer:
        answer = error_answer(429, "Too Many Requests")
        if wait is None:
            return answer
        seconds = math.ceil(wait)
        by_date = self._account.dice.faults.retry_after_form == "date"
        text = formatdate(self._account.clock() + seconds, usegmt=True) if by_date else str(seconds)
        return answer._replace(headers=[*answer.headers, (b"retry-after", text.encode())])

    async def _drip(self, answer: Answer, receive: Receive, send: Send) -> None:
        """Send the headers, and then the body byte by byte, until the client closes the connection."""
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        closed = asyncio.ensure_future(_wait_until_closed(receive))
        try:
            for at in range(len(answer.body)):
                pause = asyncio.ensure_future(self._sleep(_DRIP_SECONDS))
                await asyncio.wait({closed, pause}, return_when=asyncio.FIRST_COMPLETED)
                if not pause.done():
                    pause.cancel()
                    return
                await send({"type": "http.response.body", "body": answer.body[at : at + 1], "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            closed.cancel()

    async def _answer(self, kind: str, draw: Draw, scope: Scope, receive: Receive) -> Answer:
        agent = authorization = request_id = None
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name == b"authorization":
                authorization = value
            elif name == b"x-request-id":
                request_id = value.decode("latin-1")
        if request_id is None or not _REQUEST_ID.fullmatch(request_id):
            request_id = self._account.request_id()
        try:
            self._admit(agent, authorization, kind, scope["method"])
            if kind == "search" and scope["method"] == "GET":
                query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
                account = self._account
                answer = json_answer(account.users.search(query, account.view(draw), account.excess()))
            else:
                scope[REQUEST_ID], scope[DRAW] = request_id, draw
                answer = await _captured(self._endpoints, scope, receive)
        except ApiError as error:
            answer = error_answer(error.status, error.text)
        answer.headers.append((b"x-request-id", request_id.encode()))
        return answer

    def _admit(self, agent: bytes | None, authorization: bytes | None, kind: str, method: str) -> None:
        if not agent:
            raise ApiError(403, "A User-Agent header is required")
        if kind in _NEEDS_TOKEN:
            header = None if authorization is None else authorization.decode("latin-1")
            self._account.tokens.authorise(header, write=kind == "roles" and method == "PUT")

    def _drop(self, client: tuple[str, int], half_of: Answer | None, *, reset: bool) -> None:
        transport = self._transport_of(client)
        if transport is None:  # the client has already closed the connection
            return
        if reset:
            _reset(transport)
            return
        if half_of is not None:
            transport.write(_head(half_of.status, half_of.headers) + half_of.body[: len(half_of.body) // 2])
        transport.close()


def _kind(path: str) -> str:
    head, _, user_path = path.partition(f"{API}/users/")
    if head or not user_path:
        return "other"
    user_id, slash, tail = user_path.partition("/")
    if not slash and user_id:
        return "user"
    return "media" if tail == "media" else "other"


async def _captured(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Let an application answer, and return the answer instead of sending it."""
    start: dict[str, Any] = {}
    body = bytearray()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(start["status"], list(start["headers"]), bytes(body))


def _disguised(answer: Answer, fault: Fault, path: str) -> Answer:
    """Return the answer that a fault puts in place of the answer of a write that was applied."""
    if fault is Fault.LOST_5XX:
        return error_answer(502, "Bad Gateway")
    status = ODD_STATUSES.get(fault)
    if status is None or answer.status != HTTPStatus.OK:
        return answer
    if status == HTTPStatus.NO_CONTENT:
        return Answer(status, [], b"")
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return answer._replace(status=status)
    odd = error_answer(status, _PHRASES.get(status) or HTTPStatus(status).phrase)
    location = [(b"location", path.encode())] if status < HTTPStatus.BAD_REQUEST else []
    return odd._replace(headers=[*odd.headers, *location])


def _head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", b""])


def _reset(transport: asyncio.Transport) -> None:
    """Close a connection with RST: with a linger time of zero, unsent data is discarded and the peer is informed."""
    transport_socket = transport.get_extra_info("socket")
    # The socket object of the loop accepts no options; a duplicate of its file descriptor is the same connection.
    with socket.socket(fileno=os.dup(transport_socket.fileno())) as duplicate:
        duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _wait_until_closed(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is closed, so that it expects no answer."""
    while (await receive())["type"] != "http.disconnect":
        pass
