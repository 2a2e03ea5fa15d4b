from rolesync.tables.record_grid import HEADER_ROW, record_grid


def test_a_record_is_a_row_and_a_missing_field_is_blank() -> None:
    grid = record_grid([[{"a": ["1"], "b": ["x", "y"]}], [{"c": ["3"]}, {"a": ["4"]}]])
    assert list(grid.rows) == [
        (HEADER_ROW, ["a", "b", "c"]),
        (1, ["1", "x\ny", ""]),
        (2, ["", "", "3"]),
        (3, ["4", "", ""]),
    ]


def test_no_record_is_no_row() -> None:
    assert list(record_grid([]).rows) == []
