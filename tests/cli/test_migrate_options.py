"""Options of migrate, before any file is read."""

import pytest

from rolesync.cli.migrate_options import MigrateOptions, build_recipe, parse_pairs
from rolesync.errors import UsageError
from rolesync.settings import load


def test_a_name_may_contain_an_equals_sign() -> None:
    assert parse_pairs("--map", ["a=b = Admin", "Boss=Teacher"]) == {"a=b": "Admin", "Boss": "Teacher"}


@pytest.mark.parametrize("texts", [["Boss"], ["=Admin"], ["Boss="], ["a=Admin", " a =Teacher"]])
def test_a_pair_that_is_incomplete_or_repeated_is_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--map"):
        parse_pairs("--map", texts)


def test_columns_of_a_table_without_a_header_are_numbers_or_letters() -> None:
    settings = load(no_header=True, no_user_id=True, email_column="B", keep={"c": ("x",)}, ignore_columns=("4",))
    recipe = build_recipe(MigrateOptions(role="Admin"), settings)
    assert (recipe.email, recipe.user_id, recipe.keep_words) == (("2",), (), {"3": ("x",)})
    assert recipe.ignored_columns == ("4",)


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
