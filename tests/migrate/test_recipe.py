import pytest

from rolesync.errors import UsageError
from rolesync.migrate.recipe import Recipe
from tests.migrate.sources import MANAGED


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
