from collections.abc import Callable

import pytest

from rolesync.model.findings import CellError, Code
from rolesync.model.vocabulary import Level
from rolesync.reader.roles import RoleReader

MANAGED = ("Admin", "Subaccount admin", "Captions, French")


def one(cell: str) -> tuple[str, ...]:
    return RoleReader(MANAGED, {}, several=False).read(cell).names


def several(cell: str) -> tuple[str, ...]:
    return RoleReader(MANAGED, {}, several=True).read(cell).names


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Admin", "Admin"),
        ("\u00a0Admin \t", "Admin"),
        ("Captions, French", "Captions, French"),
        ("Editor, Latin", "Editor, Latin"),
        ("Teacher; Student", "Teacher; Student"),
        ("Überprüfer", "Überprüfer"),
    ],
)
def test_one_role_is_the_whole_cell(cell: str, name: str) -> None:
    assert one(cell) == (name,)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Admin", ("Admin",)),
        ("Admin,Teacher", ("Admin", "Teacher")),
        (" Admin ; Teacher\u00a0", ("Admin", "Teacher")),
        ("Admin|Teacher", ("Admin", "Teacher")),
        ("Admin;;Teacher;", ("Admin", "Teacher")),
        ("Admin;Captions, French", ("Admin", "Captions, French")),
        ("Editor, Latin|Admin", ("Editor, Latin", "Admin")),
        ("Admin;Admin", ("Admin", "Admin")),
    ],
)
def test_several_roles(cell: str, names: tuple[str, ...]) -> None:
    assert several(cell) == names


@pytest.mark.parametrize("cell", ["Admin;Teacher|Student", "Admin, Teacher; Student", "Student; teacher,ADMIN"])
def test_mixed_separators_are_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        several(cell)
    assert caught.value.code is Code.ROLE_SEPARATORS_MIXED
    assert repr(cell) in caught.value.message


@pytest.mark.parametrize("cell", ["", "  ", "\u00a0"])
@pytest.mark.parametrize("read", [one, several])
def test_no_role_is_refused(cell: str, read: Callable[[str], tuple[str, ...]]) -> None:
    with pytest.raises(CellError) as caught:
        read(cell)
    assert caught.value.code is Code.ROLE_MISSING


def test_separators_alone_are_no_role() -> None:
    with pytest.raises(CellError) as caught:
        several(" ; ;")
    assert caught.value.code is Code.ROLE_MISSING


@pytest.mark.parametrize("cell", ["Ad\nmin", "Adm\tin", "Ad\x1bmin", "Ad\u2028min", "Teacher\x00x"])
def test_control_characters_are_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        one(cell)
    assert caught.value.code is Code.ROLE_CONTROL_CHARACTER


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("admin", "Admin"),
        ("ADMIN", "Admin"),
        ("Ad min", "Admin"),
        ("Adm\u200bin", "Admin"),
        ("subaccount  Admin", "Subaccount admin"),
        ("Subaccount\u00a0admin", "Subaccount admin"),
        ("Ａｄｍｉｎ", "Admin"),  # noqa: RUF001  # full-width letters are the point
        ("'Admin", "Admin"),
        ('"Admin"', "Admin"),
        ("“Admin”", "Admin"),
        ("*Admin.", "Admin"),
        ("\u0410dmin", "Admin"),  # Cyrillic A
        ("Subaccount Adm\u0456n", "Subaccount admin"),
    ],
)
def test_a_managed_role_but_for_how_it_is_written_is_refused(cell: str, meant: str) -> None:
    with pytest.raises(CellError, match=f"did you mean '{meant}'") as caught:
        one(cell)
    assert caught.value.code is Code.ROLE_NEAR_MISS


def test_a_role_that_is_managed_in_both_spellings_is_no_near_miss() -> None:
    reader = RoleReader(("Admin", "admin"), {}, several=False)
    assert reader.read("admin").names == ("admin",)
    assert reader.read("Admin").names == ("Admin",)


@pytest.mark.parametrize(
    ("cell", "suggestion"), [("Admn", "'Admin'"), ("admins", "'Admin'"), ("Sub-account admin", "'Subaccount admin'")]
)
def test_a_close_role_is_left_alone_with_a_suggestion(cell: str, suggestion: str) -> None:
    read = RoleReader(MANAGED, {}, several=False).read(cell)
    assert read.names == (cell,)
    assert f"did you mean {suggestion}?" in read.notes[0].message


def test_a_role_that_is_like_no_other_gets_no_suggestion() -> None:
    read = RoleReader(MANAGED, {}, several=False).read("Teacher")
    assert "'Teacher'" in read.notes[0].message
    assert "did you mean" not in read.notes[0].message


@pytest.mark.parametrize("cell", ["Admin, Teacher", "Teacher;admin", "Student | Subaccount admin"])
def test_a_managed_role_among_others_is_no_single_role(cell: str) -> None:
    with pytest.raises(CellError, match="call the column 'roles'") as caught:
        one(cell)
    assert caught.value.code is Code.SEVERAL_ROLES


def test_managed_roles_get_no_warning() -> None:
    assert RoleReader(MANAGED, {}, several=True).read("Admin; Captions, French").notes == ()


def test_a_role_has_one_message_however_many_rows_have_it() -> None:
    reader = RoleReader(MANAGED, {}, several=True)
    first, second = reader.read("Teacher"), reader.read("Student,Teacher")
    assert first.notes[0] is second.notes[1]
    assert reader.read("Teacher") is first


def test_a_role_twice_in_a_cell_is_warned_of_once() -> None:
    assert len(RoleReader(MANAGED, {}, several=True).read("Teacher,Teacher").notes) == 1


ALIASES = {"Media boss": "Admin", "Helper, French": "Captions, French", "Tutor": "Teacher"}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Media boss", ("Admin",)),
        ("\u00a0Media boss ", ("Admin",)),
        ("Admin", ("Admin",)),
        ("Helper, French", ("Captions, French",)),
        ("Media boss; Admin;Student", ("Admin", "Admin", "Student")),
    ],
)
def test_an_alias_is_read_as_its_role_and_told(cell: str, names: tuple[str, ...]) -> None:
    read = RoleReader(MANAGED, ALIASES, several=";" in cell).read(cell)
    assert read.names == names
    told = [note for note in read.notes if note.code is Code.ROLE_ALIAS]
    assert len(told) == (cell != "Admin")
    assert all(note.level is Level.INFO and names[0] in note.message for note in told)


def test_an_alias_of_a_role_that_is_not_managed_says_both() -> None:
    read = RoleReader(MANAGED, ALIASES, several=False).read("Tutor")
    assert read.names == ("Teacher",)
    assert [note.code for note in read.notes] == [Code.ROLE_ALIAS, Code.UNMANAGED_ROLE]


@pytest.mark.parametrize("cell", ["media boss", "MediaBoss", "Media  boss"])
def test_an_alias_but_for_case_or_blanks_is_refused(cell: str) -> None:
    with pytest.raises(CellError, match="did you mean 'Media boss'") as caught:
        RoleReader(MANAGED, ALIASES, several=False).read(cell)
    assert caught.value.code is Code.ROLE_NEAR_MISS
    assert "the alias 'Media boss' of the role 'Admin'" in caught.value.message


def test_a_role_close_to_an_alias_is_only_suggested() -> None:
    read = RoleReader(MANAGED, ALIASES, several=False).read("Media bos")
    assert read.names == ("Media bos",)
    assert "did you mean 'Media boss'?" in read.notes[0].message


NO_NAMES = {
    "a spreadsheet's error value": ["#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#NULL!", "#NV", "#BEZUG!"],
    "a formula": ["=VLOOKUP(A2,Roles!A:B,2)", "=A1\u00a0"],
    "a yes or no": ["TRUE", "false", "Yes", "n", "WAHR", "FAUX", "VERDADERO"],
    "a number": ["1", "0", "46203", "1.5", "1,5", "1E+05", "50%"],
    "a date": [
        "2026-06-30",
        "30.06.2026",
        "6/30/26",
        "2026-06-30 00:00:00",
        "30-Jun-2026",
        "30 June 2026",
        "Jun 30, 2026",
    ],
    "a placeholder": ["TBD", "n/a", "N.A.", "?", "???", "-", "\u2013", "...", "none", "NULL", "nan", "unknown"],
}


@pytest.mark.parametrize(("cell", "what"), [(cell, what) for what, cells in NO_NAMES.items() for cell in cells])
@pytest.mark.parametrize("read", [one, several])
def test_what_can_be_no_role_is_refused(cell: str, what: str, read: Callable[[str], tuple[str, ...]]) -> None:
    if read is several and "," in cell:
        cell = f"{cell};"
    with pytest.raises(CellError, match=f"is {what}") as caught:
        read(cell)
    assert caught.value.code is Code.ROLE_NO_NAME


@pytest.mark.parametrize(
    "cell", ["Non-editing teacher", "#1 fans", "Year 2026", "C++", "Nobody's aide", "May 2026 cohort", "Admin+"]
)
def test_an_odd_role_is_one(cell: str) -> None:
    assert one(cell) == (cell,)


def test_a_role_of_which_a_letter_was_lost_is_refused() -> None:
    with pytest.raises(CellError, match="could not read") as caught:
        one("Pr\ufffdfer")
    assert caught.value.code is Code.ROLE_NO_NAME


def test_a_managed_role_may_be_called_anything() -> None:
    assert RoleReader(("True", "7"), {"n/a": "7"}, several=True).read("True;7;n/a").names == ("True", "7", "7")


def test_a_managed_role_whose_letters_a_program_has_mangled_is_refused() -> None:
    mangled = "\u00dcberpr\u00fcfer".encode().decode("cp1252")
    with pytest.raises(CellError, match="took its UTF-8 for Windows-1252") as caught:
        RoleReader(["\u00dcberpr\u00fcfer"], {}, several=False).read(mangled)
    assert caught.value.code is Code.ROLE_NEAR_MISS
    assert one(mangled) == (mangled,)
