"""How the list is written, as the settings describe it."""

import pytest
from pydantic import ValidationError

from rolesync.configuration.list_settings import ListSettings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"role_aliases": {"Boss ": "Admin"}}, "without blanks around them"),
        ({"role_aliases": {"Admin": "Teacher"}}, "another meaning"),
        ({"role_aliases": {"Boss": "Chief", "Chief": "Admin"}}, "which is an alias itself"),
        ({"managed_roles": '["Admin"'}, "is not valid JSON"),
        ({"encoding": "klingon"}, "encoding"),
    ],
)
def test_settings_that_describe_no_list_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ListSettings.model_validate(values)


def test_collections_may_be_json() -> None:
    settings = ListSettings.model_validate({"managed_roles": '["Admin", "Teacher"]', "keep": '{"Status": ["on"]}'})
    assert (settings.managed_roles, settings.keep) == (("Admin", "Teacher"), {"Status": ("on",)})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"list_hosts": ["https://example.edu"]}, "names hosts only"),
        ({"list_sha256": "abc"}, "must be 64 hexadecimal digits, or beside"),
        ({"list_as_of": "2026-09-01T05:30"}, "must be a time with its zone"),
        ({"list_as_of": "yesterday"}, "must be a time with its zone"),
        ({"list_fallback": "removals"}, "list_fallback"),
        ({"list_timeout": 0}, "list_timeout"),
    ],
)
def test_settings_that_fetch_nothing_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ListSettings.model_validate(values)


def test_how_a_list_is_fetched() -> None:
    values = {"list_hosts": '["Files.Example.edu", "10.0.0.7"]', "list_sha256": "A" * 64, "list_as_of": "now"}
    settings = ListSettings.model_validate(values)
    assert settings.list_hosts == ("files.example.edu", "10.0.0.7")
    assert ListSettings.model_validate({"list_as_of": "2026-09-01T05:30+02:00"}).list_as_of
