"""The answer of `GET /api/public/apidocs`: the user calls as Swagger 2.0, with the account's role names."""

from collections.abc import Mapping, Sequence
from typing import Any

from rolesync.sandbox.users import DEFAULT_PER_PAGE, MAX_PER_PAGE, MISSING, NOT_FOUND

_ERRORS = {
    400: MISSING,
    401: "Unauthorized",
    403: "Forbidden",
    404: NOT_FOUND,
    413: "Too many actions",
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
    user_id = {"name": "user_id", "in": "path", "required": True, "type": "integer", "format": "int64"}
    page = {"name": "page", "in": "query", "type": "integer", "default": 1, "minimum": 1}
    per_page = {
        "name": "per_page",
        "in": "query",
        "type": "integer",
        "default": DEFAULT_PER_PAGE,
        "minimum": 1,
        "maximum": MAX_PER_PAGE,
    }
    role = {"name": "role", "in": "query", "type": "string", "enum": list(roles)}
    email = {"name": "email", "in": "query", "type": "string"}
    body = {"name": "body", "in": "body", "required": True, "schema": _ref("RoleActions")}
    users = {"users": _list("User")}
    ping = {"200": {"description": "pong"}}
    return {
        "/users/search": {
            "get": _call("searchUsers", [role, email, page, per_page], {**users, "meta": _ref("Meta")}, 400, 422)
        },
        "/users/{user_id}": {"get": _call("getUser", [user_id], {"user": _ref("User")}, 404, 422)},
        "/users/{user_id}/media": {
            "get": _call(
                "getUserMedia", [user_id, page, per_page], {"media": _list("Media"), "meta": _ref("Meta")}, 404, 422
            )
        },
        "/users/roles": {"put": _call("updateUserRoles", [body], users, 400, 404, 413, 422)},
        "/ping": {"get": {"operationId": "ping", "produces": ["text/plain"], "security": [], "responses": ping}},
    }


def _definitions(roles: Sequence[str]) -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    int64 = {"type": "integer", "format": "int64"}
    person = {"id": int64, "full_name": text, "display_name": text, "email": text}
    return {
        "User": _object({**person, "role_names": {"type": "array", "items": text}}),
        "Meta": _object({"current_page": number, "last_page": number, "total_count": number}),
        "Media": _object(
            {
                "id": int64,
                "title": text,
                "description": text,
                "duration": {"type": "number"},
                "created_at": {"type": "string", "format": "date-time"},
                "thumbnail_url": text,
                "transcoding_status": text,
                "owner": _object(person),
                "size": int64,
                "source": text,
                "embed_id": text,
                "lti_launch_id": text,
                "permission": text,
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


def _call(name: str, parameters: list[dict[str, Any]], answer: Mapping[str, Any], *errors: int) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "OK", "schema": _object(answer)}}
    for status in sorted({401, 403, *errors}):
        responses[str(status)] = {"description": _ERRORS[status], "schema": _ref("Error")}
    return {"operationId": name, "parameters": parameters, "responses": responses}


def _object(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": list(required)} if required else schema


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}
