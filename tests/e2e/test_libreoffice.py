"""Round trips through LibreOffice: it saves what was opened, and what was edited in it."""

from pathlib import Path

import openpyxl
import pytest

from tests.cli.reviewing import GONE, decide, planned, review
from tests.command import ADMINS, Shell
from tests.e2e.libreoffice import (
    COMMA_UTF8,
    MISSING,
    SEMICOLON_CP1252,
    SEMICOLON_UTF8,
    SOFFICE,
    TAB_UTF16,
    LibreOffice,
)

pytestmark = pytest.mark.skipif(SOFFICE is None, reason=MISSING)

SAVED = {
    "comma.csv": COMMA_UTF8,
    "semicolon.csv": SEMICOLON_UTF8,
    "windows.csv": SEMICOLON_CP1252,
    "tab.csv": TAB_UTF16,
    "book.xlsx": "",
    "book.ods": "",
    "book.xls": "",
}
NEW = "omar.haddad@example.edu"


def test_an_export_that_it_has_saved_again_changes_nothing(sh: Shell, office: LibreOffice) -> None:
    assert sh.run("export", "-o", "today.csv").returncode == 0
    office.save_as(sh.folder / "today.csv", {sh.folder / name: options for name, options in SAVED.items()})
    for name in SAVED:
        validation = sh.json("validate", name)
        assert sorted(assignment["email"] for assignment in validation["assignments"]) == sorted(ADMINS), name
        codes = {finding["code"] for finding in validation["findings"]}
        assert codes == ({"not_utf8"} if name == "windows.csv" else set()), name
        assert sh.json("plan", name, "--detailed-exitcode")["status"] == "empty", name


def test_what_is_edited_in_it_is_what_changes(sh: Shell, office: LibreOffice) -> None:
    assert sh.run("export", "-o", "today.csv").returncode == 0
    lines = (sh.folder / "today.csv").read_text(encoding="utf-8").splitlines()
    gone = 1 + next(at for at, line in enumerate(lines) if line.startswith('"greg.stone'))
    last = len(lines)  # where the first free row is, once one is deleted
    typed = {f"A{last}": NEW, f"B{last}": "1052", f"C{last}": "Admin"}
    targets = {sh.folder / name: options for name, options in SAVED.items()}
    office.save_as(sh.folder / "today.csv", targets, removed=[gone], typed=typed)
    for name in SAVED:
        changes = sh.json("plan", name)["changes"]
        assert [(change["action"], change["email"]) for change in changes] == [
            ("add", NEW),
            ("remove", "greg.stone@example.edu"),
        ], name


def test_it_opens_names_and_addresses_as_they_are_and_a_wrong_encoding_is_refused(
    sh: Shell, office: LibreOffice
) -> None:
    path = sh.folder / "list.csv"
    path.write_text("\ufeffemail,role\njürgen@example.edu,Admin\n", encoding="utf-8")
    office.save_as(path, {sh.folder / "right.csv": SEMICOLON_UTF8})
    office.save_as(path, {sh.folder / "wrong.csv": SEMICOLON_UTF8, sh.folder / "wrong.xlsx": ""}, options="44,34,1,1")
    assert [assignment["email"] for assignment in sh.json("validate", "right.csv")["assignments"]] == [
        "jürgen@example.edu"
    ]
    for name in ("wrong.csv", "wrong.xlsx"):
        validation = sh.json("validate", name, exit_code=3)
        assert [(finding["row"], finding["code"]) for finding in validation["findings"]] == [
            (1, "not_utf8"),
            (2, "email_invalid"),
        ]
        assert "jürgen@example.edu" in validation["findings"][-1]["message"]


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook as people keep one: a title, a formula, a merged cell, an error value, a hidden row."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["Staff"],
        [],
        ["", "E-Mail", "Role", "Until", "Boss"],
        ["", '=LOWER("ADMIN@Example.EDU")', "Admin", "", "x"],
        ["", "omar.haddad@example.edu", "", "", ""],
        ["", "hannah.koch@example.edu", "Admin", "", "no"],
        ["", "sam@example.edu", "=NA()", "", ""],
    ):
        sheet.append(row)
    sheet.merge_cells("C4:C5")
    sheet.row_dimensions[6].hidden = True
    path = tmp_path_factory.mktemp("staff") / "staff.xlsx"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def saved(staff: Path, office: LibreOffice) -> Path:
    """The folder of the workbook as LibreOffice has saved it in each form."""
    office.save_as(staff, {staff.with_name(f"saved.{kind}"): "" for kind in ("xlsx", "ods", "xls")})
    return staff.parent


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_what_it_calculates_merges_and_hides_is_read_or_said(sh: Shell, staff: Path, saved: Path, kind: str) -> None:
    uncalculated = sh.json("validate", staff, exit_code=3)
    assert (4, "email_invalid") in {(finding["row"], finding["code"]) for finding in uncalculated["findings"]}
    validation = sh.json("validate", saved / f"saved.{kind}", "--bad-rows", "hold")
    assert [assignment["email"] for assignment in validation["assignments"]] == [
        "admin@example.edu",
        "omar.haddad@example.edu",
        "hannah.koch@example.edu",
    ]
    assert [(finding["level"], finding["row"], finding["code"]) for finding in validation["findings"]] == [
        ("warning", 1, "title_ignored"),
        ("info", 3, "column_ignored"),
        ("warning", 5, "merged_cells"),
        ("warning", 6, "hidden"),
        ("held", 7, "role_no_name"),
    ]
    assert "#N/A" in validation["findings"][-1]["message"]


def test_a_migrated_list_survives_it(sh: Shell, office: LibreOffice, saved: Path) -> None:
    done = sh.run(
        "migrate", saved / "saved.ods", "-o", "list.csv", "--matrix", "Boss=Admin", "--account", "account.xlsx"
    )
    assert done.returncode == 0, done.stdout
    office.save_as(sh.folder / "list.csv", {sh.folder / "list.xlsx": ""})
    office.save_as(sh.folder / "account.xlsx", {sh.folder / "account.ods": ""})
    for name in ("list.csv", "list.xlsx"):
        validation = sh.json("validate", name)
        assert (validation["status"], [assignment["email"] for assignment in validation["assignments"]]) == (
            "ok",
            ["admin@example.edu"],
        )


def test_decisions_that_it_has_saved_are_read_back(sh: Shell, office: LibreOffice) -> None:
    planned(sh)
    decide(sh, "exclude", GONE[1], "on leave")
    saved = [sh.folder / name for name in ("saved.xlsx", "saved.ods")]
    office.save_as(sh.folder / "plan.xlsx", dict.fromkeys(saved, ""))
    office.save_as(sh.folder / "plan.csv", {sh.folder / "saved.csv": "44,34,76,1"})
    for path in saved:
        done = sh.json(*review("remove 1, add 1", "--decisions", str(path), "--force"))
        assert [held["email"] for held in done["held"]] == [GONE[1]], path
    assert sh.run(*review("remove 2, add 1", "--decisions", "saved.csv", "--force")).returncode == 0
