from collections.abc import Callable

import pytest

from rolesync.model.findings import CellError, Code
from rolesync.model.vocabulary import Level
from rolesync.reader.roles import RoleReader

MANAGED = ("Admin", "Subaccount admin", "Captions, French")


def read_single(cell: str) -> tuple[str, ...]:
    return RoleReader(MANAGED, {}, allows_many=False).read(cell).names


def read_many(cell: str) -> tuple[str, ...]:
    return RoleReader(MANAGED, {}, allows_many=True).read(cell).names


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
def test_a_role_cell_is_a_single_role(cell: str, name: str) -> None:
    assert read_single(cell) == (name,)


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
def test_a_roles_cell_is_split(cell: str, names: tuple[str, ...]) -> None:
    assert read_many(cell) == names


@pytest.mark.parametrize("cell", ["Admin;Teacher|Student", "Admin, Teacher; Student", "Student; teacher,ADMIN"])
def test_mixed_separators_are_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_many(cell)
    assert caught.value.code is Code.ROLE_SEPARATORS_MIXED
    assert repr(cell) in caught.value.message


@pytest.mark.parametrize("cell", ["", "  ", "\u00a0"])
@pytest.mark.parametrize("read", [read_single, read_many])
def test_a_blank_cell_is_refused(cell: str, read: Callable[[str], tuple[str, ...]]) -> None:
    with pytest.raises(CellError) as caught:
        read(cell)
    assert caught.value.code is Code.ROLE_MISSING


def test_separators_without_roles_are_refused() -> None:
    with pytest.raises(CellError) as caught:
        read_many(" ; ;")
    assert caught.value.code is Code.ROLE_MISSING


@pytest.mark.parametrize("cell", ["Ad\nmin", "Adm\tin", "Ad\x1bmin", "Ad\u2028min", "Teacher\x00x"])
def test_control_characters_are_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_single(cell)
    assert caught.value.code is Code.ROLE_CONTROL_CHARACTER


@pytest.mark.parametrize(
    ("cell", "known"),
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
def test_a_near_miss_of_a_managed_role_is_refused(cell: str, known: str) -> None:
    with pytest.raises(CellError, match=f"did you mean '{known}'") as caught:
        read_single(cell)
    assert caught.value.code is Code.ROLE_NEAR_MISS
    assert "Else correct the setting managed_roles" in caught.value.message


def test_a_near_miss_may_be_a_mistake_of_the_setting() -> None:
    with pytest.raises(CellError, match=r"did you mean 'admin'\? Else correct the setting managed_roles$"):
        RoleReader(("admin",), {}, allows_many=False).read("Admin")
    with pytest.raises(CellError, match=r"Else correct the setting role_aliases$"):
        RoleReader(("Admin",), {"boss": "Admin"}, allows_many=False).read("Boss")
    with pytest.raises(CellError, match="Else correct the setting managed_roles; if it really is another role"):
        RoleReader(("Admin",), {}, allows_many=False).read("Admn")


def test_managed_roles_that_differ_only_in_case_are_both_read() -> None:
    reader = RoleReader(("Admin", "admin"), {}, allows_many=False)
    assert reader.read("admin").names == ("admin",)
    assert reader.read("Admin").names == ("Admin",)


@pytest.mark.parametrize(
    ("cell", "known"),
    [
        ("Admn", "Admin"),
        ("admins", "Admin"),
        ("Administrator", "Admin"),
        ("adminstrator", "Admin"),
        ("Sub-account admin", "Subaccount admin"),
    ],
)
def test_a_similar_role_is_refused_unless_it_is_said_to_be_another_one(cell: str, known: str) -> None:
    with pytest.raises(CellError, match=f"but similar; did you mean '{known}'") as caught:
        read_single(cell)
    assert caught.value.code is Code.ROLE_NEAR_MISS
    assert f'role_aliases = {{"{cell}" = "{cell}"}}' in caught.value.message
    role_cell = RoleReader(MANAGED, {cell: cell}, allows_many=False).read(cell)
    assert (role_cell.names, role_cell.notes[0].code) == ((cell,), Code.UNMANAGED_ROLE)


@pytest.mark.parametrize("cell", ["Subaccount admin", "subaccount Admin", "Teacher", "Studio caption editor"])
def test_another_role_is_left_alone(cell: str) -> None:
    role_cell = RoleReader(("Admin",), {}, allows_many=False).read(cell)
    assert (role_cell.names, role_cell.notes[0].code) == ((cell,), Code.UNMANAGED_ROLE)


def test_a_role_without_similar_names_gets_no_suggestion() -> None:
    role_cell = RoleReader(MANAGED, {}, allows_many=False).read("Teacher")
    assert "'Teacher'" in role_cell.notes[0].message
    assert "did you mean" not in role_cell.notes[0].message


@pytest.mark.parametrize("cell", ["Admin, Teacher", "Teacher;admin", "Student | Subaccount admin"])
def test_a_role_cell_with_a_managed_role_among_others_is_refused(cell: str) -> None:
    with pytest.raises(CellError, match="call the column 'roles'") as caught:
        read_single(cell)
    assert caught.value.code is Code.SEVERAL_ROLES


def test_managed_roles_get_no_warning() -> None:
    assert RoleReader(MANAGED, {}, allows_many=True).read("Admin; Captions, French").notes == ()


def test_each_distinct_cell_and_role_is_checked_once() -> None:
    reader = RoleReader(MANAGED, {}, allows_many=True)
    first, second = reader.read("Teacher"), reader.read("Student,Teacher")
    assert first.notes[0] is second.notes[1]
    assert reader.read("Teacher") is first


def test_a_role_twice_in_a_cell_gets_a_single_note() -> None:
    assert len(RoleReader(MANAGED, {}, allows_many=True).read("Teacher,Teacher").notes) == 1


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
def test_an_alias_is_read_as_its_role_with_a_note(cell: str, names: tuple[str, ...]) -> None:
    role_cell = RoleReader(MANAGED, ALIASES, allows_many=";" in cell).read(cell)
    assert role_cell.names == names
    alias_notes = [note for note in role_cell.notes if note.code is Code.ROLE_ALIAS]
    assert len(alias_notes) == (cell != "Admin")
    assert all(note.level is Level.INFO and names[0] in note.message for note in alias_notes)


def test_an_alias_of_an_unmanaged_role_gets_two_notes() -> None:
    role_cell = RoleReader(MANAGED, ALIASES, allows_many=False).read("Tutor")
    assert role_cell.names == ("Teacher",)
    assert [note.code for note in role_cell.notes] == [Code.ROLE_ALIAS, Code.UNMANAGED_ROLE]


@pytest.mark.parametrize("cell", ["media boss", "MediaBoss", "Media  boss"])
def test_a_near_miss_of_an_alias_is_refused(cell: str) -> None:
    with pytest.raises(CellError, match="did you mean 'Media boss'") as caught:
        RoleReader(MANAGED, ALIASES, allows_many=False).read(cell)
    assert caught.value.code is Code.ROLE_NEAR_MISS
    assert "the alias 'Media boss' of the role 'Admin'" in caught.value.message


def test_a_role_similar_to_an_alias_is_refused() -> None:
    with pytest.raises(CellError, match="did you mean 'Media boss'"):
        RoleReader(MANAGED, ALIASES, allows_many=False).read("Media bos")


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


@pytest.mark.parametrize(
    ("cell", "description"), [(cell, description) for description, cells in NO_NAMES.items() for cell in cells]
)
@pytest.mark.parametrize("read", [read_single, read_many])
def test_a_text_that_can_not_be_a_role_is_refused(
    cell: str, description: str, read: Callable[[str], tuple[str, ...]]
) -> None:
    if read is read_many and "," in cell:
        cell = f"{cell};"
    with pytest.raises(CellError, match=f"is {description}") as caught:
        read(cell)
    assert caught.value.code is Code.ROLE_NO_NAME


@pytest.mark.parametrize(
    "cell", ["Non-editing teacher", "#1 fans", "Year 2026", "C++", "Nobody's aide", "May 2026 cohort", "Tutor+"]
)
def test_unusual_role_names_are_read(cell: str) -> None:
    assert read_single(cell) == (cell,)


def test_a_role_with_a_lost_letter_is_refused() -> None:
    with pytest.raises(CellError, match="could not read") as caught:
        read_single("Pr\ufffdfer")
    assert caught.value.code is Code.ROLE_NO_NAME


def test_managed_roles_and_aliases_may_have_any_name() -> None:
    assert RoleReader(("True", "7"), {"n/a": "7"}, allows_many=True).read("True;7;n/a").names == ("True", "7", "7")


def test_a_managed_role_read_in_the_wrong_encoding_is_refused() -> None:
    mangled = "\u00dcberpr\u00fcfer".encode().decode("cp1252")
    with pytest.raises(CellError, match="read its UTF-8 as Windows-1252") as caught:
        RoleReader(["\u00dcberpr\u00fcfer"], {}, allows_many=False).read(mangled)
    assert caught.value.code is Code.ROLE_NEAR_MISS
    assert read_single(mangled) == (mangled,)


@pytest.mark.parametrize(
    "name",
    [
        "Admin (until May)",
        "Admin [old]",
        "Admin* see Ann",
        "Admin: since May",
        "Admin - interim",
        "Teacher/Admin",
        "Admin + Teacher",
        "Teacher and Admin",
        "Teacher und Admin",
    ],
)
def test_a_managed_role_beside_another_text_is_refused_in_each_column(name: str) -> None:
    for allows_many in (True, False):
        with pytest.raises(CellError, match="'Admin'") as refused:
            RoleReader(("Admin",), {}, allows_many=allows_many).read(name)
        assert refused.value.code is Code.ROLE_NEAR_MISS
        aliased = RoleReader(("Admin",), {name: name}, allows_many=allows_many).read(name)
        assert aliased.names == (name,)


@pytest.mark.parametrize("name", ["Sub-admin", "Admin-Assistant", "Media admin team", "Teacher/Student", "R&D"])
def test_other_names_are_other_roles(name: str) -> None:
    assert RoleReader(("Admin",), {}, allows_many=False).read(name).names == (name,)
