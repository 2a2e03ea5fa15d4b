import pytest

from rolesync.tables.column_letters import column_letters, column_number, column_place, named_header


@pytest.mark.parametrize(
    ("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (27, "AB"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_are_named_as_in_a_spreadsheet(place: int, letters: str) -> None:
    assert column_letters(place) == letters
    assert column_place(letters) == place


@pytest.mark.parametrize(
    ("name", "number"), [("A", "1"), ("z", "26"), (" AA ", "27"), ("AZ", "52"), ("3", "3"), ("E-Mail", "E-Mail")]
)
def test_the_letters_of_a_column_are_its_number(name: str, number: str) -> None:
    assert column_number(name) == number


def test_a_column_with_a_blank_header_has_a_name() -> None:
    assert named_header(["email", "", " ", "Rolle "]) == ("email", "column B", "column C", "Rolle ")
