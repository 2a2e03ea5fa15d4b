import pytest

from rolesync.migrate.recipe import Recipe
from rolesync.migrate.role_columns import (
    MAX_ROLE_WORDS,
    find_hints,
    find_role_column,
    find_ticked_roles,
    words_for_answers,
)
from tests.migrate.sources import MANAGED

YES, NO = Recipe().yes, Recipe().no


@pytest.mark.parametrize("header", ["Admin?", "Studio admin", "Is Admin", "isAdmin", "ADMIN", "Admin rights", "admins"])
def test_a_tick_below_the_name_of_a_role_gives_it(header: str) -> None:
    for yes, no in (("yes", "no"), ("x", ""), ("1", "0"), ("ja", "nein")):
        assert find_ticked_roles(["email", header], [["a", yes], ["b", no]], MANAGED, yes=YES) == {1: "Admin"}


@pytest.mark.parametrize(
    "header", ["Former admin", "No admin", "Admin 2025", "Media admin", "Administration", "Laptop"]
)
def test_any_other_word_in_the_header_may_change_what_a_tick_means(header: str) -> None:
    assert not find_ticked_roles(["email", header], [["a", "yes"], ["b", "no"]], MANAGED, yes=YES)


def test_words_that_are_no_ticks_give_no_role() -> None:
    for words in (("yes", "maybe"), ("no", "no"), ("", "")):
        assert not find_ticked_roles(["Admin?"], [[word] for word in words], MANAGED, yes=YES)


def test_a_column_about_roles_needs_a_word_like_a_role() -> None:
    header = ["email", "Studio access"]
    assert find_role_column(header, [["a", "Administrator"], ["b", "none"]], MANAGED) == 1
    assert find_role_column(header, [["a", "full"], ["b", "none"]], MANAGED) is None
    assert find_role_column(["email", "Access"], [["a", "full"], ["b", "none"]], MANAGED) == 1


@pytest.mark.parametrize(
    ("header", "words", "is_hint"),
    [
        ("Studio access", ["full", "none"], True),
        ("Media admin", ["yes", "no"], True),
        ("Level", ["Super admin", "Viewer"], True),
        ("Laptop", ["yes", "no"], False),
        ("Last access", ["2026-01-02", "2026-01-03"], False),
        ("Studio access", [f"code {number}" for number in range(MAX_ROLE_WORDS + 1)], False),
        ("Studio access", ["", ""], False),
    ],
)
def test_a_column_may_say_who_has_a_role(header: str, words: list[str], *, is_hint: bool) -> None:
    rows = [[word] for word in words]
    assert list(find_hints([header], rows, MANAGED, yes=YES, has_header=True)) == [0] * is_hint


def test_without_a_header_ticks_may_say_who_has_a_role() -> None:
    rows = [["Ann", "yes", "1"], ["Bob", "no", ""]]
    assert list(find_hints(["1", "2", "3"], rows, MANAGED, yes=YES, has_header=False)) == [1]


def test_words_for_yes_and_no_are_named_unless_they_are_the_usual_ones() -> None:
    rows = [["ja", "yes"], ["nein", "NO"], ["", "x"]]
    assert words_for_answers(rows, [1], YES, NO) == []
    assert words_for_answers(rows, [0], YES, NO) == ["--yes", "ja", "--no", "nein"]
