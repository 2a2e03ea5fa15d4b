import pytest

from rolesync.errors import UsageError
from rolesync.migrate.recipe import Recipe
from rolesync.reader.fields import KNOWN_HEADERS, Field
from rolesync.tables.header_text import fold_header
from tests.migrate.sources import MANAGED


def test_date_fields_accept_every_header_of_a_list() -> None:
    fields = {Field.STARTS: Recipe().starts, Field.EXPIRES: Recipe().expires}
    for text, field in KNOWN_HEADERS.items():
        assert field not in fields or text in set(map(fold_header, fields[field]))


@pytest.mark.parametrize(
    ("recipe", "sheets", "message"),
    [
        (Recipe(yes=("x",), no=("X",)), (), "means both yes and no"),
        (Recipe(fixed="Boss"), (), "'Boss' is not a managed role"),
        (Recipe(matrix={"m": "Boss"}), (), "'Boss' is not a managed role"),
        (Recipe(), ("Boss",), "'Boss' is not a managed role"),
        (Recipe(mapped_only=True), (), "no option names the role"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(recipe: Recipe, sheets: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        recipe.check(MANAGED, sheets)
