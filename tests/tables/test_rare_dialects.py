import pytest

from rolesync.model.lists import ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.rare_dialects import aligned_starts, entries, is_entries, rare_delimiter
from rolesync.tables.table import Table, open_table
from tests.tables.opening import codes, read

COMPLETE = header_rules().complete


@pytest.mark.parametrize("sign", [":", "&", "/", "#", "%"])
def test_a_rare_delimiter_is_read_where_the_header_is_complete(sign: str) -> None:
    text = f"email{sign}role\na@x.edu{sign}Admin\n"
    assert read(text.encode()) == (("email", "role"), [(2, ["a@x.edu", "Admin"])], [])


@pytest.mark.parametrize("line", ["email => role", "email & role \\\\", "email.role", "e-mail", ""])
def test_no_other_sign_is_a_delimiter(line: str) -> None:
    assert rare_delimiter(line.encode(), COMPLETE) == ""


def test_a_usual_delimiter_wins() -> None:
    assert read(b"email,role:\na@x.edu,Admin\n")[0] == ("email", "role:")


def test_columns_that_blanks_align_are_read() -> None:
    lines = ["", "  email         role        note", "", "  a@x.edu       Admin"]
    text = "\n".join([*lines, "  b.long@x.edu  Media boss  left out", ""])
    assert read(text.encode()) == (
        ("email", "role", "note"),
        [(4, ["a@x.edu", "Admin", ""]), (5, ["b.long@x.edu", "Media boss", "left out"])],
        [],
    )


@pytest.mark.parametrize(
    "row",
    [
        "a.very.long@x.edu Admin",
        "a@x.edu          Admin",
        "a@x.edu       Admin  ok",
        "a@x.edu\tAdmin",
        "a@x.edu            Admin",
    ],
)
def test_a_row_that_is_not_below_the_header_is_refused(row: str) -> None:
    _, rows, findings = read(f"email         role\nb@x.edu       Admin\n{row}\n".encode())
    assert rows == [(2, ["b@x.edu", "Admin"])]
    assert [code for code, _, _ in codes(findings)] == ["cut_row"]


def test_a_row_before_the_first_column_is_refused() -> None:
    assert aligned_starts(b"  email  role\n", COMPLETE) == [2, 9]
    assert codes(read(b"  email    role\nab@x.edu  Admin\n")[2]) == [("cut_row", 2, None)]


@pytest.mark.parametrize(
    "line",
    [
        "- a@x.edu: Admin",
        "* a@x.edu Admin",
        "1. a@x.edu - Admin",
        "a@x.edu: Admin",
        "a@x.edu = Admin",
        "\u2022 a@x.edu \u2192 Admin",
        "  - <a@x.edu>  Admin",
        "a@x.edu Admin",
    ],
)
def test_a_line_has_an_address_and_what_follows_it(line: str) -> None:
    data = f"{line}\n".encode()
    assert is_entries(data)
    ((_, cells),) = entries(data)
    assert [str(cell).strip("<>") for cell in cells] == ["a@x.edu", "Admin"]


def test_a_bulleted_list_of_addresses_has_one_column_and_names_may_be_there() -> None:
    data = b"- Ann Lee <a@x.edu>\n- b@x.edu\n\n"
    assert list(entries(data)) == [(1, ["Ann Lee <a@x.edu>"]), (2, ["b@x.edu"])]


@pytest.mark.parametrize(
    "text",
    [
        "a@x.edu\n",
        "a@x.edu,Admin\n",
        "a@x.edu , Admin\n",
        "a@x.edu b@x.edu\n",
        "email\n- a@x.edu\n",
        "",
        "a@x.edu | Admin\n",
    ],
)
def test_other_texts_are_no_entries(text: str) -> None:
    assert not is_entries(text.encode())


def test_a_line_of_another_form_is_refused_and_not_lost() -> None:
    data = "".join(f"- u{number}@x.edu: Admin\n" for number in range(1200)) + "Bob\n- c@x.edu: Admin   since May\n"
    table = open_table(data.encode(), header_rules(), ListForm(no_header=True, email_column="1", role_column="2"))
    assert isinstance(table, Table)
    rows = list(table.rows)
    assert len(rows) == 1202
    assert [number for number, cells in rows if isinstance(cells, tuple)] == [1201, 1202]


def test_entries_are_a_list_without_a_header() -> None:
    table = open_table(b"- a@x.edu: Admin\n- b@x.edu: Admin\n", header_rules(), ListForm())
    assert isinstance(table, Table)
    assert (table.header, list(table.rows)) == (("a@x.edu", "Admin"), [(2, ["b@x.edu", "Admin"])])
