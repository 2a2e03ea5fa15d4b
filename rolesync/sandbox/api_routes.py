"""The endpoints of the API as a Starlette application: from paths and parameters to answers.

`app` in front of it checks tokens and draws faults. It also answers searches, except those with a wrong method.
"""

from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rolesync.sandbox.account import SandboxAccount
from rolesync.sandbox.apidocs import swagger
from rolesync.sandbox.control_routes import control_routes
from rolesync.sandbox.responses import ApiError, encode, error_answer, json_response, parse_json
from rolesync.sandbox.stale_reads import View

API = "/api/public/v1"
SEARCH = f"{API}/users/search"
REQUEST_ID = "rolesync.request_id"
"""The key of the ASGI scope that holds the id of the request."""
DRAW = "rolesync.draw"
"""The key of the ASGI scope that holds what was drawn for the request."""


def application(account: SandboxAccount) -> Starlette:
    """Make the application of an account."""
    routes = [*_api_routes(_Api(account)), *(control_routes(account) if account.options.control else [])]
    return Starlette(routes=routes, exception_handlers={ApiError: _api_error, HTTPException: _http_error})


def _api_routes(api: "_Api") -> list[Route]:
    return [
        Route(SEARCH, api.search, methods=["GET"]),
        Route(f"{API}/users/roles", api.put_roles, methods=["PUT"]),
        Route(f"{API}/users/{{user_id}}", api.get, methods=["GET"]),
        Route(f"{API}/users/{{user_id}}/media", api.media, methods=["GET"]),
        Route(f"{API}/ping", api.ping, methods=["GET"]),
        Route("/api/public/apidocs", api.apidocs, methods=["GET"]),
        Route("/api/public/oauth/authorize", api.authorize, methods=["GET"]),
        Route("/api/public/oauth/token", api.token, methods=["POST"]),
    ]


class _Api:
    def __init__(self, account: SandboxAccount) -> None:
        self._account = account
        self._users = account.users

    async def search(self, request: Request) -> Response:
        return json_response(self._users.search(request.query_params, self._view(request), self._account.excess()))

    async def get(self, request: Request) -> Response:
        return json_response(self._users.get(request.path_params["user_id"], self._view(request)))

    async def media(self, request: Request) -> Response:
        return json_response(self._users.media(request.path_params["user_id"], request.query_params))

    async def put_roles(self, request: Request) -> Response:
        body = parse_json(await request.body())
        put = self._account.role_changes.put
        return json_response(put(body, request.scope[REQUEST_ID], lambda: self._view(request)))

    async def ping(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's signature
        return Response("pong", media_type="text/plain")

    async def apidocs(self, request: Request) -> Response:
        return json_response(encode(swagger(self._account.options.roles, request.url.netloc)))

    async def authorize(self, request: Request) -> Response:
        return Response(status_code=302, headers={"location": self._account.tokens.issue_code(request.query_params)})

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace"), keep_blank_values=True))
        return json_response(encode(self._account.tokens.exchange(form, request.headers.get("authorization"))))

    def _view(self, request: Request) -> View:
        return self._account.view(request.scope[DRAW])


def _api_error(request: Request, error: Exception) -> Response:  # noqa: ARG001  # Starlette's signature
    if not isinstance(error, ApiError):
        raise TypeError("only ApiError is registered for this handler") from error
    answer = error_answer(error.status, error.text)
    return json_response(answer.body, answer.status)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError("only HTTPException is registered for this handler") from error
    answer = error_answer(error.status_code, f"{error.detail}: {request.method} {request.url.path}")
    return Response(answer.body, answer.status, headers=error.headers, media_type="application/json; charset=utf-8")
