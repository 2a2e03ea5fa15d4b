"""The HTTP endpoints as a Starlette application: from paths and parameters to answers.

`app` in front of it checks tokens and draws faults. It also answers searches, except those with a wrong method.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rolesync.sandbox.account import SandboxAccount
from rolesync.sandbox.apidocs import swagger
from rolesync.sandbox.faults import Faults
from rolesync.sandbox.responses import ApiError, encode, error_answer
from rolesync.sandbox.stale_reads import View

API = "/api/public/v1"
SEARCH = f"{API}/users/search"
CONTROL = "/_sandbox"
REQUEST_ID = "rolesync.request_id"
"""The key of the ASGI scope that holds the id of the request."""
DRAW = "rolesync.draw"
"""The key of the ASGI scope that holds what was drawn for the request."""


def application(account: SandboxAccount) -> Starlette:
    """Make the application of an account."""
    routes = [*_api_routes(_Api(account)), *(_control_routes(_Control(account)) if account.options.control else [])]
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


def _control_routes(control: "_Control") -> list[Route]:
    return [
        Route(f"{CONTROL}/log", control.log, methods=["GET"]),
        Route(f"{CONTROL}/counts", control.counts, methods=["GET", "DELETE"]),
        Route(f"{CONTROL}/faults", control.faults, methods=["GET", "PUT"]),
        Route(f"{CONTROL}/people", control.people, methods=["GET", "POST"]),
        Route(f"{CONTROL}/people/{{user_id:int}}", control.person, methods=["GET", "PATCH"]),
        Route(f"{CONTROL}/reset", control.reset, methods=["POST"]),
    ]


class _Api:
    def __init__(self, account: SandboxAccount) -> None:
        self._account = account
        self._users = account.users

    async def search(self, request: Request) -> Response:
        return _json(self._users.search(request.query_params, self._view(request), self._account.excess()))

    async def get(self, request: Request) -> Response:
        return _json(self._users.get(request.path_params["user_id"], self._view(request)))

    async def media(self, request: Request) -> Response:
        return _json(self._users.media(request.path_params["user_id"], request.query_params))

    async def put_roles(self, request: Request) -> Response:
        body = _loads(await request.body())
        put = self._account.role_changes.put
        return _json(put(body, request.scope[REQUEST_ID], lambda: self._view(request)))

    async def ping(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's signature
        return Response("pong", media_type="text/plain")

    async def apidocs(self, request: Request) -> Response:
        return _json(encode(swagger(self._account.options.roles, request.url.netloc)))

    async def authorize(self, request: Request) -> Response:
        return Response(status_code=302, headers={"location": self._account.tokens.issue_code(request.query_params)})

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace"), keep_blank_values=True))
        return _json(encode(self._account.tokens.exchange(form, request.headers.get("authorization"))))

    def _view(self, request: Request) -> View:
        return self._account.view(request.scope[DRAW])


class _Control:
    def __init__(self, account: SandboxAccount) -> None:
        self._account = account

    async def log(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's signature
        return _json(encode({"changes": self._account.store.log()}))

    async def counts(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._account.reset_counts()
        return _json(encode(self._account.counts()))

    async def faults(self, request: Request) -> Response:
        if request.method == "PUT":
            text = _object(_loads(await request.body())).get("faults")
            if not isinstance(text, str):
                raise ApiError(422, "faults is not a text")
            try:
                self._account.set_faults(Faults.parse(text))
            except ValueError as error:
                raise ApiError(422, str(error)) from error
        return _json(encode({"faults": self._account.dice.faults.text()}))

    async def people(self, request: Request) -> Response:
        store = self._account.store
        if request.method == "POST":
            return self._person_answer(self._account.add(_object(_loads(await request.body()))), status=201)
        role, email = request.query_params.get("role", ""), request.query_params.get("email", "")
        if email:
            ids = store.with_email(email, match="exact", case="insensitive", role=role)
        else:
            ids = list(store.holders(role)) if role else store.all_ids()
        return _json(b'{"users":[%b]}' % b",".join(store.encoded(ids)))

    async def person(self, request: Request) -> Response:
        user_id: int = request.path_params["user_id"]
        if request.method == "PATCH":
            self._account.edit(user_id, _object(_loads(await request.body())))
        return self._person_answer(user_id)

    async def reset(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's signature
        self._account.reset()
        return _json(encode(self._account.counts()))

    def _person_answer(self, user_id: int, status: int = 200) -> Response:
        return _json(b'{"user":%b}' % self._account.users.find(user_id, self._account.store), status)


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type="application/json; charset=utf-8")


def _loads(body: bytes) -> object:
    try:
        value: object = json.loads(body)
    except ValueError as error:
        raise ApiError(400, "Malformed request: the body is not JSON") from error
    return value


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ApiError(422, "The body is not a JSON object")
    return value


def _api_error(request: Request, error: Exception) -> Response:  # noqa: ARG001  # Starlette's signature
    if not isinstance(error, ApiError):
        raise TypeError("only ApiError is registered for this handler") from error
    answer = error_answer(error.status, error.text)
    return _json(answer.body, answer.status)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError("only HTTPException is registered for this handler") from error
    answer = error_answer(error.status_code, f"{error.detail}: {request.method} {request.url.path}")
    return Response(answer.body, answer.status, headers=error.headers, media_type="application/json; charset=utf-8")
