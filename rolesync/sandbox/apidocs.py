"""The answer of `GET /api/public/apidocs`: the user calls as Swagger 2.0, with the account's role names."""

from collections.abc import Mapping, Sequence
from typing import Any

from rolesync.sandbox.users import DEFAULT_PER_PAGE, MAX_PAGE, MAX_PER_PAGE, MISSING, NOT_FOUND

_ERRORS = {
    400: MISSING,
    401: "Unauthorized",
    403: "Forbidden",
    404: NOT_FOUND,
    422: "Invalid value",
}


def swagger(roles: Sequence[str], host: str) -> dict[str, Any]:
    """Build the document as JSON values; `host` is the name and port that the request was sent to."""
    return {
        "swagger": "2.0",
        "info": {"title": "Studio public API (sandbox)", "version": "v1"},
        "host": host,
        "basePath": "/api/public/v1",
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"api_key": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        "security": [{"api_key": []}],
        "paths": _paths(roles),
        "definitions": _definitions(roles),
    }


def _paths(roles: Sequence[str]) -> dict[str, Any]:
    user_id = _parameter(
        "user_id", "path", "The id of the user.", {"type": "integer", "format": "int64"}, required=True
    )
    page = _parameter(
        "page", "query", "The page, from 1.", {"type": "integer", "default": 1, "minimum": 1, "maximum": MAX_PAGE}
    )
    per_page = _parameter(
        "per_page",
        "query",
        f"The number of items on a page, at most {MAX_PER_PAGE}.",
        {"type": "integer", "default": DEFAULT_PER_PAGE, "minimum": 1, "maximum": MAX_PER_PAGE},
    )
    role = _parameter("role", "query", "Only users with this role.", {"type": "string", "enum": list(roles)})
    email = _parameter("email", "query", "Only users with this address.", {"type": "string"})
    body = _parameter("body", "body", "The changes to make.", {"schema": _ref("RoleActions")}, required=True)
    users = {"users": _list("User")}
    media = {"media": _list("Media"), "meta": _ref("Meta")}
    search, user_media = [role, email, page, per_page], [user_id, page, per_page]
    ping = _call("ping", "Check that the API answers", [], {})
    ping["produces"] = ["text/plain"]
    ping["responses"]["200"] = {"description": "pong"}
    return {
        "/users/search": {
            "get": _call(
                "searchUsers", "Search users by role or address", search, {**users, "meta": _ref("Meta")}, 400, 422
            )
        },
        "/users/{user_id}": {"get": _call("getUser", "Show a user", [user_id], {"user": _ref("User")}, 404, 422)},
        "/users/{user_id}/media": {
            "get": _call("getUserMedia", "List the media that a user can open", user_media, media, 404, 422)
        },
        "/users/roles": {
            "put": _call("updateUserRoles", "Add and remove roles of users", [body], users, 400, 404, 422)
        },
        "/ping": {"get": ping},
    }


def _definitions(roles: Sequence[str]) -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    time = {"type": "string", "format": "date-time"}
    int64 = {"type": "integer", "format": "int64"}
    person = {"id": int64, "full_name": text, "display_name": text, "email": _nullable(text)}
    return {
        "User": _object({**person, "role_names": {"type": "array", "items": text}}),
        "Meta": _object({"current_page": number, "last_page": number, "total_count": number}),
        "Media": _object(
            {
                "id": int64,
                "title": text,
                "description": _nullable(text),
                "duration": _nullable({"type": "number"}),
                "created_at": time,
                "thumbnail_url": _nullable(text),
                "transcoding_status": text,
                "owner": _object(person),
                "size": _nullable(int64),
                "source": text,
                "embed_id": text,
                "lti_launch_id": text,
                "permission": text,
                "last_viewed": _nullable(time),
                "last_viewed_by_student": _nullable(time),
                "archived_at": _nullable(time),
            }
        ),
        "RoleAction": _object(
            {
                "user_id": int64,
                "action": {"type": "string", "enum": ["add", "remove"]},
                "role": {"type": "string", "enum": list(roles)},
            },
            required=["user_id", "action", "role"],
        ),
        "RoleActions": _object({"actions": _list("RoleAction")}, required=["actions"]),
        "Error": _object({"error": text}),
    }


def _call(
    name: str, summary: str, parameters: list[dict[str, Any]], answer: Mapping[str, Any], *errors: int
) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "OK", "schema": _object(answer)}}
    for status in sorted({401, 403, *errors}):
        responses[str(status)] = {"description": _ERRORS[status], "schema": _ref("Error")}
    texts = {"operationId": name, "summary": summary, "description": f"{summary}."}
    return {**texts, "parameters": parameters, "responses": responses}


def _parameter(
    name: str, place: str, description: str, schema: Mapping[str, Any], *, required: bool = False
) -> dict[str, Any]:
    texts = {"summary": description.partition(".")[0], "description": description}
    return {"name": name, "in": place, **texts, "required": required, **schema}


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Allow null, in the way that Swagger 2.0 leaves to extensions."""
    return {**schema, "x-nullable": True}


def _object(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": list(required)} if required else schema


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}
