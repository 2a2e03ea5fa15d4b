"""The fast path for plain rows gives the same result as reading row by row."""

import re
import tempfile
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from rolesync.model.desired import Desired
from rolesync.model.lists import ListForm
from rolesync.reader.assignments import RowColumns
from rolesync.reader.header import Layout, lay_out
from rolesync.reader.identity import read_email, read_user_id
from rolesync.reader.plain_rows import PlainReader
from rolesync.reader.read import read_desired
from rolesync.reader.roles import RoleReader
from rolesync.reader.unknown_columns import UnreadColumns
from rolesync.tables import csv_records
from rolesync.tables.grid import Block
from tests.reader.corpus import CASES, MANAGED, TODAY, Case

ROW_BY_ROW = 2**40  # bytes of the first block, which is always read row by row
FOLDER = tempfile.TemporaryDirectory()
FORMS = (ListForm(role_aliases={"Boss": "Admin"}), ListForm(hold_bad_rows=True))


def read(data: bytes, block: int, form: ListForm = FORMS[0]) -> Desired:
    first = 1 if block < ROW_BY_ROW else block
    path = Path(FOLDER.name) / "list.csv"  # always the same, because findings name it
    path.write_bytes(data)
    with patch.object(csv_records, "FIRST", first), patch.object(csv_records, "BLOCK", block):
        return read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)


@lru_cache(maxsize=8)
def read_row_by_row(data: bytes, form: int) -> Desired:
    """Read a list as every size of blocks must, once for all of them."""
    return read(data, ROW_BY_ROW, FORMS[form])


def assert_same(data: bytes, block: int) -> None:
    for number, form in enumerate(FORMS):
        fast, slow = read(data, block, form), read_row_by_row(data, number)
        assert fast.findings == slow.findings
        pd.testing.assert_frame_equal(fast.assignments, slow.assignments)
        pd.testing.assert_frame_equal(fast.not_in_force, slow.not_in_force)
        assert (fast.source.rows, fast.source.listed) == (slow.source.rows, slow.source.listed)


# Random lists: plain and odd rows mixed.

PLAIN = st.sampled_from(["ann", "Bob", "c.d", "o'brien", "e_f+g", "h-i", "j2", "2k"])
DOMAINS = st.sampled_from(["x.edu", "Y.EDU", "a-b.x2.org", "mail.school.example"])
EMAILS = st.builds("{}@{}".format, PLAIN, DOMAINS)
ODD_EMAILS = st.sampled_from(
    [
        *("", " ", "ann", "a@b@x.edu", " ann@x.edu", "ann@x.edu ", "Ann <ann@x.edu>", ".ann@x.edu", "a..b@x.edu"),
        *("ann.@x.edu", "ann@", "@x.edu", "ann@x", "ann@localhost", "ann@x.e", "ann@x.c0m", "ann@-x.edu", "ann@x-.edu"),
        *(
            "ann@x--y.edu",
            "-ann@x.edu",
            "ann-@x.edu",
            "an n@x.edu",
            "ann@x_y.edu",
            "ann@.edu",
            "ann@x.edu.",
            "ünn@x.edu",
        ),
        *("ann@x.éd", "#ann@x.edu", "# note", "email", "total", "25 users", "mailto:ann@x.edu", "a" * 60 + "@x.edu"),
        *("'ann@x.edu", "*ann@x.edu", "=ann@x.edu", "Ã¼@x.edu"),
        *("\u0430nn@x.edu", "a\u200bb@x.edu", "a\x00@x.edu", '"ann"@x.edu', "NA", "=A1", "ann@x.edu;bob@x.edu"),
    ]
)
IDS = st.integers(1, 30).map(str) | st.sampled_from(["", "999999999999999999", "9223372036854775807"])
ODD_IDS = st.sampled_from(
    ["0", "01", "7.0", "'7", "-7", " 7", "1e3", "1,234", "9" * 19, "9" * 30, "x", "\uff17", "user_id"]
)
ROLES = st.sampled_from(["Admin", "Admin", "Teacher", "Boss", "Prüfer", "Admin|Teacher"])
ODD_ROLES = st.sampled_from(
    ["", "admin", " Admin", "TBD", "role", "Admin;Teacher", "Admin|Teacher", "Admi", "A;A", "#N/A"]
)
NOTES = st.sampled_from(["", "x", "Zoë", "#1", "ann@x.edu", "1", " "]) | st.sampled_from(
    ["no", "Yes", "Suspended", " gelöscht", "to be deleted", "退職", "désactivé(e)", "susp", "left"]
)
LINES = st.sampled_from(
    ["", " ", ",", ";;", "total", "25 users", "# a comment", "#", "a@x.edu", "email,role", "x,y,z,1,2,3"]
)
COLUMNS = {"email": (EMAILS, ODD_EMAILS), "user_id": (IDS, ODD_IDS), "role": (ROLES, ODD_ROLES), "note": (NOTES, NOTES)}


@st.composite
def lists(draw: st.DrawFn) -> bytes:
    header = draw(st.permutations(draw(st.sampled_from([
        ("email", "role"), ("user_id", "role"), ("email", "user_id", "role"), ("email", "user_id", "role", "note"),
    ]))))  # fmt: skip
    kinds = draw(st.lists(st.sampled_from(["plain"] * 6 + ["odd", "line"]), min_size=1, max_size=30))
    delimiter, newline = draw(st.sampled_from([",", ";", "\t"])), draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    several = draw(st.booleans())
    lines = [delimiter.join("roles" if several and name == "role" else name for name in header)]
    for kind in kinds:
        if kind == "line":
            lines.append(draw(LINES))
            continue
        odd = draw(st.sampled_from(header)) if kind == "odd" else ""
        cells = [draw(COLUMNS[name][name == odd]) for name in header]
        lines.append(delimiter.join(cells[: len(cells) - (odd == "note")]))
    return (newline.join(lines) + draw(st.sampled_from([newline, newline, ""]))).encode()


@settings(max_examples=200, deadline=None, database=None)
@given(lists(), st.sampled_from([1, 30, 100, 2**18]))
@example(b"email,role\na@x.edu,Admin\nb@x.edu,Admin\n \n", 2**18)
@example(b"email,role\ntotal,\na@x.edu,Admin\nb@x.edu,Admin\n", 2**18)
@example(b"email,role\na@x.edu,Admin\nb@x.edu,Admin\n\n\ntotal,\n", 2**18)
@example(b"email,role\na@x.edu,Admin\nb@x.edu,Admi\n  ", 2**18)
@example(b"email,role\na@x.edu,Admin\nb@x.edu,Admi", 2**18)
@example(b"email,roles\na@x.edu,Admin;Teacher\nb@x.edu,Boss\nc@x.edu,A;B;Admin\nd@x.edu,Admin\n", 2**18)
def test_random_lists_are_read_the_same(data: bytes, block: int) -> None:
    assert_same(data, block)


@pytest.mark.parametrize("block", [1, 40, 2**18])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_corpus_is_read_the_same(case: Case, block: int) -> None:
    assert_same(case.content.encode() if isinstance(case.content, str) else case.content, block)


# Which rows count as plain.


def layout(*header: str) -> Layout:
    result = lay_out(header, 1)
    assert isinstance(result, Layout)
    return result


def plain(header: str, *lines: str) -> list[tuple[int, str, int, tuple[str, ...]]]:
    """The plain rows of these lines; the last line is repeated, because the last row is never taken."""
    columns = layout(*header.split(","))
    roles = RoleReader(MANAGED, {}, allows_many=columns.allows_many)
    reader = PlainReader(columns, roles, frozenset(MANAGED), UnreadColumns(columns))
    text = "".join(f"{line}\n" for line in [*lines, lines[-1]])
    rows = [
        part.take(slice(place, place + 1))
        for part in reader.read(Block(2, text.encode(), b","))
        if isinstance(part, RowColumns)
        for place in range(len(part.row))
    ]
    return [
        (int(row.row[0]), row.email.texts()[0], int(row.user_id[0]), reader.cells[int(row.role[0])].names)
        for row in rows
    ]


def test_common_forms_are_plain() -> None:
    assert plain("email,role", "Ann.O'Brien+x_1@Mail.X-y.edu,Admin", "b@x.edu,Teacher") == [
        (2, "ann.o'brien+x_1@mail.x-y.edu", 0, ("Admin",)),
        (3, "b@x.edu", 0, ("Teacher",)),
    ]
    assert plain("note,user_id,roles", "Zoë,7,Admin;Teacher", ",999999999999999999,Admin") == [
        (2, "", 7, ("Admin", "Teacher")),
        (3, "", 999999999999999999, ("Admin",)),
    ]
    assert plain("email,user_id,role", "a@x.edu,,Admin", ",7,Admin", "b@x.edu,8,Admin") == [
        (2, "a@x.edu", 0, ("Admin",)),
        (3, "", 7, ("Admin",)),
        (4, "b@x.edu", 8, ("Admin",)),
    ]


def test_any_number_of_role_cells_is_read() -> None:
    names = [f"Role of kind {number}" for number in range(30)]
    assert [row[3] for row in plain("email,role", *(f"a@x.edu,{name}" for name in names))] == [
        (name,) for name in names
    ]


def no_note(note: object) -> None:
    raise AssertionError(note)


@settings(max_examples=1_000, deadline=None, database=None)
@given(st.from_regex(r"[a-zA-Z0-9_'+.@ \-ü]{1,12}@[a-zA-Z0-9.\-_]{1,14}", fullmatch=True) | EMAILS | ODD_EMAILS)
def test_a_plain_address_is_valid(text: str) -> None:
    if re.search(r'[\n\r,"]', text):
        return
    for _, email, _, _ in plain("email,role", f"{text},Admin"):
        assert read_email(text, no_note) == email


@settings(max_examples=500, deadline=None, database=None)
@given(IDS | ODD_IDS | st.integers().map(str) | st.from_regex(r"[0-9/:]{1,22}", fullmatch=True))
def test_a_plain_id_is_valid(text: str) -> None:
    if "," in text:
        return
    for _, _, user_id, _ in plain("user_id,role", f"{text},Admin"):
        assert read_user_id(text, no_note) == user_id
