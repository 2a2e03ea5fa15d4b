"""The application of a review's page: who may come in, and what they may ask for.

The address holds a key that opens the review once. What it opens is a path that nobody can guess and a cookie for it:
cookies know no ports, so that without such a path every other server on this machine could ask the browser for it. A
page of another origin, or of a name that somebody has pointed here, is refused whatever it knows.
"""

import secrets
from collections.abc import Callable, Iterator

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from rolesync.errors import RolesyncError
from rolesync.review.page.session import ReviewSession

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


class ReviewApp:
    """Answers the requests of one review.

    Args:
        desk: what is reviewed.
        host: the one host, with its port, by which it may be asked.
        say: is told each address.
        clock: seconds, from any beginning.
    """

    def __init__(self, desk: ReviewSession, host: str, say: Say, clock: Clock) -> None:
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
