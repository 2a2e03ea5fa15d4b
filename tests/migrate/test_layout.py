from pathlib import Path

import pytest

from rolesync.errors import InputRefusedError
from rolesync.migrate.recipe import Recipe
from tests.migrate.sources import run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


@pytest.mark.parametrize(
    ("text", "recipe", "message"),
    [
        ("who,role\nann,Admin\n", Recipe(), "identifies the user"),
        ("email,right\na@x.edu,Admin\n", Recipe(), "no column names the role"),
        ("email,email,role\na@x.edu,b@x.edu,Admin\n", Recipe(), "'email' and 'email' are columns for the same"),
        ("email,Mail,role\na@x.edu,b@x.edu,Admin\n", Recipe(), "'email' and 'Mail' are columns for the same"),
        ("email,role,action,status\na@x.edu,Admin,,inactive\n", Recipe(), "are columns for the same"),
        ("email,role\na@x.edu,Admin\n", Recipe(needed=("Nr",)), "no column 'Nr'"),
        ("email,x\na@x.edu,1\n", Recipe(matrix={"y": "Admin"}), "no column 'y'"),
        ("", Recipe(), "has no rows"),
        ("%PDF", Recipe(), "a PDF document"),
        (
            "staff,role\n1,Admin\n",
            Recipe(key=("staff",), join_key=(("no",),), join_email=("mail",)),
            "by 'staff' alone",
        ),
        ("staff,role\n1,Admin\n", Recipe(key=("staff",), join_key=(("no",),)), "by 'staff' alone"),
    ],
)
def test_missing_or_ambiguous_columns_are_refused(tmp_path: Path, text: str, recipe: Recipe, message: str) -> None:
    with pytest.raises(InputRefusedError, match=message) as caught:
        run(tmp_path, {"s.csv": text}, recipe)
    assert "s.csv" in caught.value.message


def test_an_id_beside_an_address_and_headers_of_other_programs_is_not_studios(tmp_path: Path) -> None:
    own = run(tmp_path, {"s.csv": "email,user_id,role,name\na@x.edu,7,Admin,Ann\n"}, Recipe())
    assert own.assignments[0].user_id == 7
    text = "email,user_id,role,last login\na@x.edu,7,Admin,today\n"
    assert run(tmp_path, {"s.csv": text}, Recipe()).assignments[0].user_id == 0
    named = Recipe(named=frozenset({"user_id"}))
    assert run(tmp_path, {"s.csv": text}, named).assignments[0].user_id == 7
