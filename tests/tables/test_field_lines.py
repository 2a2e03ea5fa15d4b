import pytest

from rolesync.tables.field_lines import read_field_lines
from tests.tables.opening import codes, read

HEADER = ("email", "role")
ROWS = [["ann@x.edu", "Admin"], ["bo@x.edu", ""]]

PSQL = "-[ RECORD 1 ]----\nemail | ann@x.edu\nrole  | Admin\n-[ RECORD 2 ]----\nemail | bo@x.edu\nrole  | \n\n"
PSQL_BOX = (
    "+-[ DATENSATZ 1 ]---+\n| email | ann@x.edu |\n| role  | Admin     |\n"
    "+-[ DATENSATZ 2 ]---+\n| email | bo@x.edu  |\n| role  |           |\n+-------+-----------+\n\n"
)
PSQL_DRAWN = PSQL.replace("|", "│").replace("-", "─")
TITLED = f"Expanded display is on.\n{PSQL}"
MYSQL = (
    "*************************** 1. row ***************************\nemail: ann@x.edu\n role: Admin\n"
    "*************************** 2. row ***************************\nemail: bo@x.edu\n role: \n"
)
POWERSHELL = "\r\n\r\nemail : ann@x.edu\r\nrole  : Admin\r\n\r\nemail : bo@x.edu\r\nrole  : \r\n\r\n\r\n"
COLONS = "email: ann@x.edu\nrole: Admin\n\nemail: bo@x.edu\n"


YAML = "---\nemail: ann@x.edu\nrole: Admin\n---\nemail: bo@x.edu\n"


@pytest.mark.parametrize("text", [PSQL, PSQL_BOX, PSQL_DRAWN, TITLED, MYSQL, POWERSHELL, COLONS, YAML])
def test_a_line_for_each_field_is_read(text: str) -> None:
    header, rows, findings = read(text.encode())
    assert header == HEADER
    assert [cells for _, cells in rows] == ROWS
    assert not findings


def test_rows_have_the_number_of_their_first_line() -> None:
    assert [number for number, _ in read(TITLED.encode())[1]] == [3, 6]
    assert [number for number, _ in read(POWERSHELL.encode())[1]] == [3, 6]


def test_lines_of_no_record_are_rows() -> None:
    assert read(f"{MYSQL}2 rows in set (0.00 sec)\n".encode())[1][2:] == [(7, ["2 rows in set (0.00 sec)"])]
    assert read(f"{PSQL}Time: 3 ms\n".encode())[1][2:] == [(8, ["Time: 3 ms"])]


def test_a_field_that_only_another_record_has_is_blank() -> None:
    header, rows, _ = read(b"email : a@x.edu\nrole : Admin\n\nrole : Admin\nemail : b@x.edu\nphone : 1\n")
    assert header == (*HEADER, "phone")
    assert [cells for _, cells in rows] == [["a@x.edu", "Admin", ""], ["b@x.edu", "Admin", "1"]]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (PSQL.replace("role  | Admin", "role  | Ad +\n      | min"), "\\copy"),
        (MYSQL.replace("role: Admin", "role: Ad\nmin"), "CSV"),
        (POWERSHELL.replace(": Admin", ": Ad\r\n        min"), "Export-Csv"),
        (POWERSHELL.replace(": Admin", ": {Admin, Staff...}"), "Export-Csv"),
        (POWERSHELL.replace(": Admin", ": Admin\r\nrole  : Staff"), "Export-Csv"),
    ],
)
def test_a_record_that_is_not_certain_is_refused_with_the_command_that_works(text: str, command: str) -> None:
    _, rows, findings = read(text.encode())
    assert [cells for _, cells in rows] == ROWS[1:]
    assert [code for code, _, _ in codes(findings)] == ["cut_row"]
    assert command in findings[0].message


@pytest.mark.parametrize(
    "text", ["Report: staff\nDate: today\n\nemail,role\na@x.edu,Admin\n", "email,role\nTime: 3,x\n", "note: x\n", "",
     "From: boss@x.edu\nTo: a@x.edu\n"]
)  # fmt: skip
def test_other_texts_are_tables(text: str) -> None:
    assert "Report" not in read(text.encode())[0]
    assert "note" not in read(text.encode())[0]
    assert "From" not in read(text.encode())[0]


def test_a_single_name_with_lines_below_it_is_no_record() -> None:
    assert read_field_lines(b"admins:\n  - a@x.edu\n  - b@x.edu\n") is None
