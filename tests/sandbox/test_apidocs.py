"""The Swagger document is complete in itself, shows the roles, and describes what the sandbox answers."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from rolesync.sandbox import Options, Sandbox

Call = Callable[..., requests.Response]

IDS = [1002, 1090, 1097, 20_005, 2**40 + 17, 0]


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
    references = set(refs(body))
    assert references
    assert references <= {f"#/definitions/{name}" for name in body["definitions"]}
    for path, verbs in body["paths"].items():
        for operation in verbs.values():
            declared = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
            assert declared == ({"user_id"} if "{user_id}" in path else set())
            assert all("description" in response for response in operation["responses"].values())


def test_every_operation_and_parameter_is_described(studio: Sandbox, call: Call) -> None:
    for verbs in document(call, studio)["paths"].values():
        for operation in verbs.values():
            assert operation["summary"]
            assert operation["description"]
            assert all(parameter["summary"] and parameter["description"] for parameter in operation["parameters"])


def test_what_may_be_null_is_nullable_and_no_status_is_named_that_the_reference_lacks(
    studio: Sandbox, call: Call
) -> None:
    body = document(call, studio)
    definitions = body["definitions"]
    assert definitions["User"]["properties"]["email"]["x-nullable"] is True
    nullable = {name for name, schema in definitions["Media"]["properties"].items() if schema.get("x-nullable")}
    assert {"size", "last_viewed", "last_viewed_by_student", "archived_at"} < nullable
    statuses = {status for verbs in body["paths"].values() for call in verbs.values() for status in call["responses"]}
    assert statuses == {"200", "400", "401", "403", "404", "422"}


def test_it_lists_the_roles_of_the_account(start: Callable[..., Sandbox], call: Call) -> None:
    roles = (*Options().roles, "Captioner")
    body = document(call, start(Options(roles=roles)))
    role = next(
        parameter for parameter in body["paths"]["/users/search"]["get"]["parameters"] if parameter["name"] == "role"
    )
    assert role["enum"] == body["definitions"]["RoleAction"]["properties"]["role"]["enum"] == list(roles)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/users/search", "get"),
        ("/users/{user_id}", "get"),
        ("/users/{user_id}/media", "get"),
        ("/users/roles", "put"),
    ],
)
def test_every_answer_is_as_the_document_describes_it(
    start: Callable[..., Sandbox], call: Call, path: str, method: str, mode: GenerationMode
) -> None:
    studio = start(Options(users=200))
    config = {
        "base-url": f"{studio.base_url}/api/public/v1",
        "checks": {
            # Swagger can't express that a search needs a role or an address.
            "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 404]},
            # An unknown parameter is ignored.
            "negative_data_rejection": {"enabled": False},
        },
    }
    schema: Any = schemathesis.openapi.from_dict(document(call, studio), config=SchemathesisConfig.from_dict(config))
    statuses = set()

    @settings(max_examples=25, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy(generation_mode=mode), user_id=st.sampled_from(IDS))
    def drive(case: Any, user_id: int) -> None:
        if mode is GenerationMode.POSITIVE:  # ids of people, which no schema shows
            actions = case.body["actions"] if method == "put" else []
            for values in (case.path_parameters, *actions):
                if "user_id" in values:
                    values["user_id"] = user_id
        statuses.add(case.call_and_validate(headers={"Authorization": f"Bearer {studio.token}"}).status_code)

    drive()
    assert statuses & ({200} if mode is GenerationMode.POSITIVE else {400, 422})
