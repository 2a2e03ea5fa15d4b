from pathlib import Path

from rolesync.migrate.overview import describe_file
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm
from tests.migrate.sources import MANAGED, TODAY

A, B = "a@x.edu", "b@x.edu"


def uses(folder: Path, text: str) -> dict[str, tuple[str, int, tuple[str, ...]]]:
    (folder / "s.csv").write_text(text, encoding="utf-8")
    overview = describe_file(folder / "s.csv", Recipe(), managed=MANAGED, today=TODAY, form=ListForm())
    return {column.header: (column.use, column.filled, column.examples) for column in overview.columns}


def test_the_columns_of_an_export_have_a_use(tmp_path: Path) -> None:
    text = (
        "username,email,status,billing-active,has-2fa,has-sso,userid,fullname,displayname,expiration-timestamp\n"
        f"a,{A},Admin,1,1,0,U1,Ann,ann,\nb,{B},Deactivated,0,0,0,U2,Bob,bob,\n"
    )
    columns = uses(tmp_path, text)
    assert columns["email"] == ("address", 2, (A, B))
    assert columns["status"][0] == "role and whether the row counts"
    assert columns["expiration-timestamp"] == ("last day", 0, ())
    assert columns["userid"][0] == ""


def test_a_table_of_unknown_meaning_is_described_under_its_delimiter(tmp_path: Path) -> None:
    columns = uses(tmp_path, f"Name;Kontakt;Stelle\nAnn;{A};Admin\nBob;{B};\n")
    assert columns == {
        "Name": ("", 2, ("Ann", "Bob")),
        "Kontakt": ("address", 2, (A, B)),
        "Stelle": ("role", 1, ("Admin",)),
    }


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    columns = uses(tmp_path, f"email,Password,user_pass\n{A},geheim,hash\n")
    assert columns["Password"][2] == columns["user_pass"][2] == ("(not shown)",)
