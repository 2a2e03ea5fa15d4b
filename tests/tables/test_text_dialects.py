import pytest
from hypothesis import given, strategies as st

from rolesync.tables.text_dialects import has_rule, is_recipients
from tests.tables.opening import codes, read

HEADER = ("email", "role")
ROWS = [["ann@x.edu", "Admin"], ["bo@x.edu", ""]]

PSQL = """   email   | role
-----------+-------
 ann@x.edu | Admin
 bo@x.edu  |
(2 rows)
"""
MYSQL = """+-----------+-------+
| email     | role  |
+-----------+-------+
| ann@x.edu | Admin |
| bo@x.edu  |       |
+-----------+-------+
2 rows in set (0.00 sec)
"""
MARKDOWN = "| email | role |\r\n|:------|-----:|\r\n| ann@x.edu | Admin |\r\n|bo@x.edu||\r\n"
SQLITE = """┌───────────┬───────┐
│   email   │ role  │
├───────────┼───────┤
│ ann@x.edu │ Admin │
│ bo@x.edu  │       │
└───────────┴───────┘
"""
ORACLE = "EMAIL          |ROLE\n---------------|-----\nann@x.edu      |Admin\nbo@x.edu       |     \n"
RST_GRID = """+-----------+-------+
| email     | role  |
+===========+=======+
| ann@x.edu | Admin |
+-----------+-------+
| bo@x.edu  |       |
+-----------+-------+
"""
RST = """=========  =====
email      role
=========  =====
ann@x.edu  Admin
bo@x.edu
=========  =====
"""
WIKI = "||email||role||\n|ann@x.edu|Admin|\n|bo@x.edu| |\n"
SQLCMD = "email    ,role \n---------,-----\nann@x.edu,Admin\nbo@x.edu ,     \n"


@pytest.mark.parametrize(
    "text", [PSQL, MYSQL, SQLITE, SQLITE.replace("│", "║"), MARKDOWN, WIKI, ORACLE, SQLCMD, RST_GRID]
)
def test_tables_of_database_programs_and_markdown_are_read(text: str) -> None:
    header, rows, _ = read(text.encode())
    assert tuple(map(str.casefold, header)) == HEADER
    assert [cells for _, cells in rows if any("@" in cell for cell in cells)] == ROWS
    others = [cells for _, cells in rows if not any("@" in cell for cell in cells)]
    assert all(not cells[0].strip("-=:|+") or "rows" in cells[0] for cells in others)


def test_rows_of_a_box_keep_the_numbers_of_their_lines() -> None:
    assert [number for number, _ in read(MYSQL.encode())[1]] == [3, 4, 5, 6, 7]


def test_a_bar_inside_a_cell_of_markdown_is_escaped() -> None:
    text = "| email | role |\n|---|---|\n| ann@x.edu | Admin \\| boss |\n"
    assert read(text.encode())[1][1:] == [(3, ["ann@x.edu", "Admin | boss"])]


def test_a_cell_of_a_box_that_goes_on_in_the_next_line_refuses_its_row() -> None:
    text = " email     | role\n-----------+-------\n ann@x.edu | Ad   +\n           | min\n"
    assert codes(read(text.encode())[2]) == [("broken_quoting", 3, None)]


def test_a_box_may_hold_quotes_that_are_text() -> None:
    text = '| email | role |\n|---|---|\n|"ann@x.edu|Ad"min|\n'
    assert read(text.encode())[1][1:] == [(3, ['"ann@x.edu', 'Ad"min'])]


@given(st.text("-=+|:x,;", max_size=40))
def test_only_a_line_of_nothing_but_dashes_is_a_rule(line: str) -> None:
    expected = "x" not in line and ("--" in line or "==" in line)
    assert has_rule(f"email|role\n{line}\n".encode()) == expected


@pytest.mark.parametrize(
    "line", [b'="ann@x.edu","=""Admin"""', b'"=""ann@x.edu""",="Admin"', b'="ann@x.edu" ,="Admin"']
)
def test_texts_in_the_form_of_excel_are_read_as_their_text(line: bytes) -> None:
    assert read(b"email,role\n" + line + b"\n")[1] == [(2, ["ann@x.edu", "Admin"])]


def test_a_formula_is_not_read_as_a_text() -> None:
    assert read(b'email,role\n="a"&B1,Admin\n')[1] == [(2, ['="a"&B1', "Admin"])]


@pytest.mark.parametrize("header", [["'email'", "'role'", "'n'"], ["email", "role", "n"]])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_in_single_quotes_are_read(header: list[str], delimiter: str) -> None:
    lines = [header, ["'ann@x.edu'", "'O''Brien, Dean'", "7"], ["'bo@x.edu'", "''", ""]]
    text = "\n".join(map(delimiter.join, lines)) + "\n"
    rows = read(text.encode())[1]
    assert rows == [(2, ["ann@x.edu", "O'Brien, Dean", "7"]), (3, ["bo@x.edu", "", ""])]


def test_an_apostrophe_before_a_number_is_no_quote() -> None:
    assert read(b"user_id,role\n'101,Admin\n'102,Admin\n")[1] == [(2, ["'101", "Admin"]), (3, ["'102", "Admin"])]


@pytest.mark.parametrize(
    "text",
    [
        "To: Ann Lee <ann@x.edu>; Bo <bo@x.edu>\n",
        "To: Ann Lee <ann@x.edu>,\n    Bo <bo@x.edu>",
        "An: Ann Lee <ann@x.edu>\r\nCc: Bo <bo@x.edu>\r\n",
    ],
)
def test_the_recipients_of_a_message_are_rows(text: str) -> None:
    assert read(text.encode())[:2] == (("email",), [(1, ["Ann Lee <ann@x.edu>"]), (2, ["Bo <bo@x.edu>"])])


@pytest.mark.parametrize(
    "text", ["ann@x.edu; bo@x.edu\n", "ann@x.edu, bo@x.edu", " Ann <ann@x.edu>;\tBo <bo@x.edu>;\r\n"]
)
def test_the_addresses_of_a_single_line_are_rows(text: str) -> None:
    header, rows, _ = read(text.encode())
    assert header == ("email",)
    assert [cells[0].rpartition("<")[2].strip(">") for _, cells in rows] == ["ann@x.edu", "bo@x.edu"]


@pytest.mark.parametrize("text", ["ann@x.edu\n", "ann@x.edu,Admin\n", "ann@x.edu,bo@x.edu\ncy@x.edu,di@x.edu\n"])
def test_other_lines_with_addresses_are_a_table(text: str) -> None:
    assert not is_recipients(text.encode())


def test_bars_in_names_draw_no_box() -> None:
    text = "email,role\nann@x.edu,A│B─C\n"
    assert read(text.encode())[1] == [(2, ["ann@x.edu", "A│B─C"])]


def test_a_comma_in_a_quoted_name_separates_no_recipients() -> None:
    rows = read(b'To: "Lee, Ann" <ann@x.edu>, bo@x.edu\n')[1]
    assert rows == [(1, ['"Lee, Ann" <ann@x.edu>']), (2, ["bo@x.edu"])]
    assert read(b"To: Lee, Ann <ann@x.edu>; bo@x.edu\n")[1][0] == (1, ["Lee, Ann <ann@x.edu>"])


@pytest.mark.parametrize("line", ["From: boss@x.edu", "Reply-To: Boss <boss@x.edu>", "Gesendet von: boss@x.edu"])
def test_another_line_of_a_message_is_refused(line: str) -> None:
    _, rows, findings = read(f"To: ann@x.edu\n{line},\n  mailto:dean@x.edu\nCc: bo@x.edu\n".encode())
    assert [cells for _, cells in rows] == [["ann@x.edu"], ["bo@x.edu"]]
    assert codes(findings) == [("email_invalid", 2, None), ("email_invalid", 3, None)]
    assert f"the line '{line.split(':', maxsplit=1)[0]}:' of a message names no recipients" in findings[0].message


def test_an_address_may_be_a_link() -> None:
    assert read(b"To: ann@x.edu,\nmailto:bo@x.edu\n")[1] == [(1, ["ann@x.edu"]), (2, ["mailto:bo@x.edu"])]


@pytest.mark.parametrize("text", [b"to,email\na@x.edu,b@x.edu\n", b"Total: 5\na@x.edu\n", b"To: all\n"])
def test_other_texts_are_no_recipients(text: bytes) -> None:
    assert not is_recipients(text)


FIXED = """email           role
--------------- ----------
ann@x.edu       Admin
bo@x.edu

(2 rows affected)
"""


def test_columns_without_a_delimiter_are_read_by_their_line_of_dashes() -> None:
    header, rows, findings = read(FIXED.encode())
    assert (header, findings) == (HEADER, [])
    assert rows[1:] == [(3, ["ann@x.edu", "Admin"]), (4, ["bo@x.edu"]), (6, ["(2 rows affected)"])]


@pytest.mark.parametrize("row", ["a-long-name@example.edu Admin", "ann@x.edu       Adm...", "a-long-name@x...  Admin"])
def test_a_row_that_is_not_in_its_columns_is_refused(row: str) -> None:
    _, rows, findings = read(FIXED.replace("ann@x.edu       Admin", row).encode())
    assert codes(findings) == [("cut_row", 3, None)]
    assert "export the list as CSV" in findings[0].message
    assert [number for number, _ in rows] == [2, 4, 6]


def test_columns_below_and_above_double_lines_are_read() -> None:
    header, rows, _ = read(RST.encode())
    assert header == HEADER
    assert [cells for _, cells in rows if "@" in cells[0]] == [["ann@x.edu", "Admin"], ["bo@x.edu"]]


@pytest.mark.parametrize("quotes", ["“”", "„“", "””", "«»", "»«", "\u2018\u2019", "\u201a\u2018", "\u2039\u203a"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_in_curly_quotes_are_read(quotes: str, delimiter: str) -> None:
    def line(*cells: str) -> str:
        return delimiter.join(f"{quotes[0]}{cell}{quotes[1]}" for cell in cells)

    header, rows, _ = read(f"{line('email', 'role')}\n{line('ann@x.edu', f'Ad{delimiter}min')}\n".encode())
    assert header == HEADER
    assert rows == [(2, ["ann@x.edu", f"Ad{delimiter}min"])]


def test_curly_quotes_in_windows_1252_are_read() -> None:
    assert read("“email”,“role”\n“ann@x.edu”,“Admin”\n".encode("cp1252"))[1] == [(2, ["ann@x.edu", "Admin"])]


def test_curly_quotes_inside_a_cell_and_beside_straight_ones_are_text() -> None:
    assert read("email,role,n\na@x.edu,Admin,“x” y\n".encode())[1] == [(2, ["a@x.edu", "Admin", "“x” y"])]
    assert read('email,role,n\n"a@x.edu",Admin,“x”\n'.encode())[1] == [(2, ["a@x.edu", "Admin", "“x”"])]


def test_quoted_cells_with_blanks_between_are_read() -> None:
    text = '"email" "name" "role" "age"\n"ann@x.edu" "Ann, \\"A\\" Lee" "Admin" 7\n"bo@x.edu" NA "Admin" NA\n'
    header, rows, _ = read(text.encode())
    assert header == ("email", "name", "role", "age")
    assert rows == [(2, ["ann@x.edu", 'Ann, "A" Lee', "Admin", "7"]), (3, ["bo@x.edu", "NA", "Admin", "NA"])]


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_blanks_before_quoted_cells_are_read(delimiter: str) -> None:
    text = f'"email"{delimiter} "role"\n"ann@x.edu"{delimiter}  "Ad{delimiter}min"\n"bo@x.edu"{delimiter} Admin\n'
    header, rows, _ = read(text.encode())
    assert header == HEADER
    assert rows == [(2, ["ann@x.edu", f"Ad{delimiter}min"]), (3, ["bo@x.edu", "Admin"])]


def test_a_quote_after_a_blank_is_text_where_the_header_has_none() -> None:
    assert read(b'email,role,name\na@x.edu,Admin, "B" Lee\n')[1] == [(2, ["a@x.edu", "Admin", ' "B" Lee'])]
