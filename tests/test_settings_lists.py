"""How the list is written, as the settings describe it."""

import pytest
from pydantic import ValidationError

from rolesync.settings_lists import ListSettings


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
