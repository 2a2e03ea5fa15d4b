"""The Swagger document is complete in itself, and tells the roles."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from rolesync.sandbox import Options, Sandbox

Call = Callable[..., requests.Response]


def refs(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)


def document(call: Call, studio: Sandbox) -> dict[str, Any]:
    answer = call(studio, "GET", "/api/public/apidocs", headers={})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_it_is_swagger_2_of_this_host(studio: Sandbox, call: Call) -> None:
    body = document(call, studio)
    assert (body["swagger"], body["basePath"]) == ("2.0", "/api/public/v1")
    assert body["host"] == urlsplit(studio.base_url).netloc
    assert {(path, verb) for path, verbs in body["paths"].items() for verb in verbs} == {
        ("/users/search", "get"),
        ("/users/{user_id}", "get"),
        ("/users/{user_id}/media", "get"),
        ("/users/roles", "put"),
        ("/ping", "get"),
    }


def test_every_reference_leads_somewhere_and_every_path_parameter_is_declared(studio: Sandbox, call: Call) -> None:
    body = document(call, studio)
    found = set(refs(body))
    assert found
    assert found <= {f"#/definitions/{name}" for name in body["definitions"]}
    for path, verbs in body["paths"].items():
        for operation in verbs.values():
            declared = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert declared == ({"user_id"} if "{user_id}" in path else set())
            assert all("description" in response for response in operation["responses"].values())


def test_it_lists_the_roles_of_the_account(start: Callable[..., Sandbox], call: Call) -> None:
    roles = (*Options().roles, "Captioner")
    body = document(call, start(Options(roles=roles)))
    role = next(one for one in body["paths"]["/users/search"]["get"]["parameters"] if one["name"] == "role")
    assert role["enum"] == body["definitions"]["RoleAction"]["properties"]["role"]["enum"] == list(roles)
