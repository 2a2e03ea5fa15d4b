"""The web application of a review: which requests are allowed, and how they are answered.

The address that the terminal shows contains a key that opens the review once, in one browser. That browser gets a
secret path and a cookie for it. The path must be secret, because cookies ignore ports: otherwise every other server on
this machine would get the cookie. Requests from another origin or for another host name are always refused.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from rolesync.errors import RolesyncError

_COOKIE = "rolesync_review"
_CLOSED = "this review isn't open in this browser; open the address that the terminal shows"
_MAX_BYTES = 64_000_000  # of a request; enough for a reason for every change of a large plan
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the other directives are in the page itself
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Clock = Callable[[], float]
ShowAddress = Callable[[str], None]


class Site(Protocol):
    """What a review serves below its secret path: one plan, or the plans of a fleet. Paths have no leading slash."""

    @property
    def has_ended(self) -> bool:
        """Whether the server may stop."""

    def page_at(self, path: str) -> str | None:
        """Render the page at a path; None if there is none."""

    def post(self, path: str, content: bytes) -> dict[str, Any] | None:
        """Take what a page sends to a path; returns the answer, or None if nothing is at that path."""


class ReviewApp:
    """Answers the requests of one review.

    Args:
        site: what is reviewed.
        host: the only host, with its port, that requests may name.
        show_address: called with each address that opens the review.
        clock: a clock that only runs forwards, in seconds.

    Attributes:
        last_request: when the clock showed the last request of the reviewer, in seconds.
    """

    def __init__(self, site: Site, host: str, show_address: ShowAddress, clock: Clock) -> None:
        self.site = site
        self.clock = clock
        self.last_request = clock()
        self._host = host
        self._show_address = show_address
        self._path = f"/{secrets.token_urlsafe()}/"
        self._key = self._used_key = self._cookie = ""

    def make_key(self) -> None:
        """Make a new key, and show the address that contains it."""
        self._key = secrets.token_urlsafe()
        self._show_address(f"http://{self._host}/open/{self._key}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if request.headers.getlist("host") != [self._host]:
            return _refuse(421, "this review is not at the host that the request names")
        if path == "/favicon.ico":
            return Response(status_code=204)  # browsers request it without being told to
        if path.startswith("/open/") and request.method == "GET":
            return self._open(request, path.removeprefix("/open/"))
        if not path.startswith(self._path) or not any(_same(cookie, self._cookie) for cookie in _cookies(request)):
            return _refuse(403, _CLOSED)
        self.last_request = self.clock()
        return await self._answer_open(request, path.removeprefix(self._path))

    async def _answer_open(self, request: Request, name: str) -> Response:
        if request.method == "GET" and (page := self.site.page_at(name)) is not None:
            return HTMLResponse(page)
        if request.method == "POST":
            return await self._post(request, name)
        return _refuse(404, "there is nothing here")

    def _open(self, request: Request, key: str) -> Response:
        if _same(key, self._used_key):
            self.make_key()
            return _refuse(403, "this address was used already; the terminal shows a new one")
        if not _same(key, self._key) or "purpose" in request.headers or "sec-purpose" in request.headers:
            return _refuse(403, _CLOSED)  # also for a browser that only prefetches
        self._used_key, self._key, self._cookie = key, "", secrets.token_urlsafe()
        # A page that reloads itself, not a redirect: after a redirect from elsewhere browsers omit a strict cookie.
        response = HTMLResponse(
            '<!doctype html><html lang="en"><title>rolesync review</title>'
            f'<meta http-equiv="refresh" content="0; url={self._path}"><p><a href="{self._path}">Go on</a></p>'
        )
        response.set_cookie(_COOKIE, self._cookie, path=self._path, httponly=True, samesite="strict")
        return response

    async def _post(self, request: Request, name: str) -> Response:
        if refusal := self._refusal(request):
            return refusal
        try:
            content = await request.body()
        except ClientDisconnect:
            return _refuse(400, "the request was cut off")  # nobody reads this: the page was closed or reloaded
        if name.rpartition("/")[2] == "here":
            return Response(status_code=204)
        try:
            answer = self.site.post(name, content)
        except RolesyncError as error:
            return JSONResponse({"message": error.message, "hint": error.hint}, status_code=422)
        return _refuse(404, "there is nothing here") if answer is None else JSONResponse(answer)

    def _refusal(self, request: Request) -> Response | None:
        """Refuse a request that the page of the review can't have sent."""
        headers = request.headers
        same_origin = headers.getlist("origin") == [f"http://{self._host}"]
        if not same_origin or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _refuse(403, "only the page of this review may send this")
        if headers.get("content-type") != "application/json":
            return _refuse(415, "send JSON")
        # A chunked body may be of any size, whatever a content-length beside it says; no browser sends one.
        is_chunked = "transfer-encoding" in headers
        if is_chunked or not 0 <= _number(headers.get("content-length", "")) <= _MAX_BYTES:
            return _refuse(413, "the request is too large, or has no content-length")
        return None


def _refuse(status: int, reason: str) -> Response:
    return PlainTextResponse(f"rolesync: {reason}\n", status_code=status)


def _cookies(request: Request) -> Iterator[str]:
    """Yield every value of the cookie: another server on this host may have set a cookie of that name too."""
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == _COOKIE:
            yield value


def _same(secret: str, expected: str) -> bool:
    """Compare two secrets in constant time; an empty text equals no secret."""
    return bool(secret and expected) and secrets.compare_digest(secret.encode(), expected.encode())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1  # noqa: PLR2004  # digits, more than enough
