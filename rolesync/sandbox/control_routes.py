"""The control endpoints: by them, tests and demos see and change what the API hides. They need no token."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rolesync.sandbox.account import SandboxAccount
from rolesync.sandbox.faults import Faults
from rolesync.sandbox.responses import ApiError, encode, json_response, parse_json

CONTROL = "/_sandbox"


def control_routes(account: SandboxAccount) -> list[Route]:
    """Make the control endpoints of an account."""
    control = _Control(account)
    return [
        Route(f"{CONTROL}/log", control.log, methods=["GET"]),
        Route(f"{CONTROL}/counts", control.counts, methods=["GET", "DELETE"]),
        Route(f"{CONTROL}/faults", control.faults, methods=["GET", "PUT"]),
        Route(f"{CONTROL}/people", control.people, methods=["GET", "POST"]),
        Route(f"{CONTROL}/people/{{user_id:int}}", control.person, methods=["GET", "PATCH"]),
        Route(f"{CONTROL}/reset", control.reset, methods=["POST"]),
    ]


class _Control:
    def __init__(self, account: SandboxAccount) -> None:
        self._account = account

    async def log(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's signature
        return json_response(encode({"changes": self._account.store.log()}))

    async def counts(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._account.reset_counts()
        return json_response(encode(self._account.counts()))

    async def faults(self, request: Request) -> Response:
        if request.method == "PUT":
            text = _object(parse_json(await request.body())).get("faults")
            if not isinstance(text, str):
                raise ApiError(422, "faults is not a text")
            try:
                self._account.set_faults(Faults.parse(text))
            except ValueError as error:
                raise ApiError(422, str(error)) from error
        return json_response(encode({"faults": self._account.dice.faults.text()}))

    async def people(self, request: Request) -> Response:
        store = self._account.store
        if request.method == "POST":
            return self._person_answer(self._account.add(_object(parse_json(await request.body()))), status=201)
        role, email = request.query_params.get("role", ""), request.query_params.get("email", "")
        if email:
            ids = store.with_email(email, match="exact", case="insensitive", role=role)
        else:
            ids = list(store.holders(role)) if role else store.all_ids()
        return json_response(b'{"users":[%b]}' % b",".join(store.encoded(ids)))

    async def person(self, request: Request) -> Response:
        user_id: int = request.path_params["user_id"]
        if request.method == "PATCH":
            self._account.edit(user_id, _object(parse_json(await request.body())))
        return self._person_answer(user_id)

    async def reset(self, request: Request) -> Response:  # noqa: ARG002  # Starlette's signature
        self._account.reset()
        return json_response(encode(self._account.counts()))

    def _person_answer(self, user_id: int, status: int = 200) -> Response:
        return json_response(b'{"user":%b}' % self._account.users.find(user_id, self._account.store), status)


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ApiError(422, "The body is not a JSON object")
    return value
