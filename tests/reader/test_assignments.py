import numpy as np

from rolesync.model.packed.texts import pack
from rolesync.reader.assignments import RowColumns, UserColumns
from rolesync.reader.roles import RoleCell

CELLS = [RoleCell(("Admin",), ()), RoleCell(("Teacher", "Admin"), ())]


def block(first: int, roles: list[int]) -> RowColumns:
    numbers = np.arange(first, first + len(roles))
    return RowColumns(numbers, pack([f"u{number}@x.edu" for number in numbers]), numbers * 0, np.array(roles))


def test_single_rows_and_blocks_are_listed_in_the_order_of_their_numbers() -> None:
    columns = UserColumns()
    columns.add(9, "late@x.edu", 0, CELLS[0])
    columns.extend(block(2, [0, 1]), CELLS, 0.0)
    columns.add(5, "", 7, CELLS[1])
    listed = columns.listed().frame()
    assert list(zip(listed["row"], listed["email"], listed["user_id"], listed["role"], strict=True)) == [
        (2, "u2@x.edu", 0, "Admin"),
        (3, "u3@x.edu", 0, "Teacher"),
        (3, "u3@x.edu", 0, "Admin"),
        (5, "", 7, "Teacher"),
        (5, "", 7, "Admin"),
        (9, "late@x.edu", 0, "Admin"),
    ]


def test_without_rows_there_is_nothing() -> None:
    columns = UserColumns()
    columns.extend(block(2, []), CELLS, 0.0)
    assert len(columns.listed()) == 0
