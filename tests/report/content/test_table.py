from operator import itemgetter

import pytest

from rolesync.report.content.table import Column, Kind, Table, cell_text

ROWS = [(("Ada", "ada@x.edu", 12), "owns 3 media", "Admin", "listed"), (("", "", 7), "", "Admin", "listed")]
COLUMNS = (
    Column("user", "user", Kind.USER, itemgetter(0)),
    Column("impact", "has in Studio", Kind.NOTE, itemgetter(1)),
    Column("role", "role", Kind.TEXT, itemgetter(2), wide=False),
    Column("code", "code", Kind.TEXT, itemgetter(3), wide=True),
)
TABLE = Table("changes", "Changes", COLUMNS, len(ROWS), lambda most: ROWS[:most])


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.TAG, "remove", "- remove"),
        (Kind.TAG, "block", "BLOCK"),
        (Kind.TAG, "not_sent", "not sent"),
        (Kind.USER, ("Ada", "ada@x.edu", 12), "Ada <ada@x.edu> #12"),
        (Kind.ROLES, ("Admin", "Admin, Teacher"), "Admin → Admin, Teacher"),
        (Kind.ROLES, ("Admin", ""), "Admin → no role"),
        (Kind.ROLES, ("", None), "no role"),
        (Kind.NUMBER, 0, ""),
        (Kind.COUNT, "+1,200", "+1,200"),
        (Kind.SENTENCE, "a sentence", "a sentence"),
    ],
)
def test_each_kind_of_cell_has_its_text(kind: Kind, value: object, text: str) -> None:
    assert cell_text(kind, value) == text


def test_a_narrow_form_puts_notes_below_users_and_leaves_out_wide_columns() -> None:
    def below(cell: str, note: str) -> str:
        return f"{cell}/{note}" if note else cell

    rows: list[list[str]] = list(TABLE.narrow_rows(cell_text, below))
    assert [column.title for column in TABLE.narrow_columns] == ["user", "role"]
    assert rows == [["Ada <ada@x.edu> #12/owns 3 media", "Admin"], ["#7", "Admin"]]
    assert len(list(TABLE.narrow_rows(cell_text, str.__add__, 1))) == 1


def test_a_wide_form_has_a_column_for_notes_and_none_of_the_narrow_ones() -> None:
    assert [column.key for column in TABLE.wide_columns] == ["user", "impact", "code"]
