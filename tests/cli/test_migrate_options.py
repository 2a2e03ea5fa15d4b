"""Options of migrate, before any file is read."""

import pytest

from rolesync.cli.migrate_options import MigrateOptions, build_recipe, parse_pairs, parse_words
from rolesync.errors import UsageError
from rolesync.settings import load


def test_a_name_may_contain_an_equals_sign() -> None:
    assert parse_pairs("--map", ["a=b = Admin", "Boss=Teacher"]) == {"a=b": "Admin", "Boss": "Teacher"}


@pytest.mark.parametrize("texts", [["Boss"], ["=Admin"], ["Boss="], ["a=Admin", " a =Teacher"]])
def test_a_pair_that_is_incomplete_or_repeated_is_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--map"):
        parse_pairs("--map", texts)


def test_words_of_a_column_may_be_blank_and_several() -> None:
    texts = ["Status=Active", "Status=", "a=b=c"]
    assert parse_words("--keep", texts) == {"Status": ["Active", ""], "a=b": ["c"]}
    with pytest.raises(UsageError, match="not COLUMN=WORD"):
        parse_words("--keep", ["Status"])


def test_options_override_the_preset_and_mappings_the_aliases_of_the_settings() -> None:
    settings = load(role_aliases={"Boss": "Admin", "Prof": "Teacher"}, email_column="Mail")
    recipe = build_recipe(MigrateOptions(preset="okta", mapping={"Boss": "Teacher"}, separator="/"), settings)
    assert (recipe.email, recipe.separator) == (("Mail",), "/")
    assert recipe.mapping == {"Boss": "Teacher", "Prof": "Teacher"}


@pytest.mark.parametrize(
    "options", [{"preset": "none"}, {"key": "id"}, {"role": "Admin", "role_column": "R"}, {"yes": ("x",)}]
)
def test_options_without_effect_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        build_recipe(MigrateOptions(**options), load())  # type: ignore[arg-type]  # any option
