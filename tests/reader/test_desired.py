import csv
import hashlib
import io
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.errors import InputRefusedError
from rolesync.model import DESIRED, Desired, Level, email_key, require
from rolesync.reader import read_desired
from rolesync.reader.findings import Code
from tests.reader.books import xlsx

MANAGED = ("Admin", "Editor, French")


def read(folder: Path, content: str | bytes) -> Desired:
    path = folder / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    desired = read_desired(path, managed_roles=MANAGED, role_aliases={"Boss": "Admin"})
    require(desired.assignments, DESIRED)
    return desired


def pairs(desired: Desired) -> list[tuple[str | int, str]]:
    table = desired.assignments
    people = zip(table["user_id"].tolist(), table["email"].tolist(), table["role"].tolist(), strict=True)
    return [(user_id or email, role) for user_id, email, role in people]


class Case(NamedTuple):
    """A file, the pairs it holds, and (level, code, row, column) of what is to be noticed."""

    name: str
    content: str | bytes
    pairs: list[tuple[str | int, str]]
    findings: list[tuple[str, str, int | None, str | None]]


A = ("a@x.edu", "Admin")
CASES = [
    Case("plain", "email,role\na@x.edu,Admin\n", [A], []),
    Case("byte order mark", "\ufeffemail,role\na@x.edu,Admin\n", [A], []),
    Case("semicolon", "email;role\r\na@x.edu;Admin\r\n", [A], []),
    Case("old Mac", "email\trole\ra@x.edu\tAdmin", [A], []),
    Case(
        "latin-1",
        "email,role\na@x.edu,Admin\nb@x.edu,Prüfer\n".encode("latin-1"),
        [A],
        [("error", "not_utf8", 3, "role")],
    ),
    Case(
        "latin-1 header",
        "email,Büro,role\na@x.edu,1,Admin\n".encode("latin-1"),
        [A],
        [("warning", "not_utf8", 1, "B\ufffdro")],
    ),
    Case("NUL", b"email,role\na@x.edu,Admin\nb\0@x.edu,Admin\n", [A], [("error", "nul_byte", 3, "email")]),
    Case("NUL header", b"email,role,\0\na@x.edu,Admin,\n", [A], [("error", "nul_byte", 1, "\0")]),
    Case("latin-1", "email,role\né@x.edu,Admin\n".encode("latin-1"), [], [("error", "not_utf8", 2, "email")]),
    Case("picture", b"\x89PNG\r\n", [], [("error", "not_text", None, None)]),
    Case("cut workbook", b"PK\x03\x04abc", [], [("error", "damaged", None, None)]),
    Case("workbook", xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]]}), [A], []),
    Case(
        "hidden row",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]]}, hidden_rows=[2]),
        [A],
        [("warning", "hidden", 2, None)],
    ),
    Case(
        "merged cells",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"], ["b@x.edu", ""]]}, merged=["B2:B3"]),
        [A, ("b@x.edu", "Admin")],
        [("warning", "merged_cells", 3, None)],
    ),
    Case(
        "formula",
        xlsx({"A": [["email", "role"], ["a@x.edu", '=IF(B9,"Admin","")']]}),
        [],
        [("error", "role_no_name", 2, "role")],
    ),
    Case(
        "two lists in a workbook",
        xlsx({"A": [["email", "role"]], "B": [["email", "role"]]}),
        [],
        [("error", "sheet_unclear", None, None)],
    ),
    Case(
        "another sheet",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]], "B": [["note"]]}),
        [A],
        [("warning", "sheets_ignored", None, None)],
    ),
    Case("title", "Admins\nemail,role\na@x.edu,Admin\n", [A], [("warning", "title_ignored", 1, None)]),
    Case(
        "person above the header",
        "b@x.edu,Admin\nemail,role\na@x.edu,Admin\n",
        [A],
        [("error", "row_above_header", 1, None)],
    ),
    Case("unclosed", 'email,role\na@x.edu,Admin\n"b@x.edu,Admin\n', [A], [("error", "unclosed_quote", 3, None)]),
    Case("broken", 'email,role\n"b"c@x.edu,Admin\na@x.edu,Admin\n', [A], [("error", "broken_quoting", 2, None)]),
    Case("long row", "email,role\na@x.edu,Admin,x\n", [], [("error", "row_too_long", 2, None)]),
    Case("empty surplus", "email,role\na@x.edu,Admin,,\n", [A], []),
    Case("short row", "email,role\na@x.edu\n", [], [("error", "row_too_short", 2, None)]),
    Case("short in the ignored", "email,role,note\na@x.edu,Admin\n", [A], []),
    Case("short, unsure", "email,x,role,y\na@x.edu,Admin,y\n", [], [("error", "row_too_short", 2, None)]),
    Case(
        "blank rows",
        "email,role\n\n,\n \t,\u00a0\na@x.edu,Admin\nb,Admin\n",
        [A],
        [("error", "email_invalid", 6, "email")],
    ),
    Case("any order, others ignored", "note,Role, E-Mail \nx,Admin,a@x.edu\n", [A], []),
    Case("ids", "User ID,role\n7,Admin\n9223372036854775807,Admin\n", [(7, "Admin"), (2**63 - 1, "Admin")], []),
    Case("mended id", "User ID,role\n7.0,Admin\n", [(7, "Admin")], [("warning", "user_id_normalised", 2, "User ID")]),
    Case("bad id", "User ID,role\n7.5,Admin\n", [], [("error", "user_id_invalid", 2, "User ID")]),
    Case("both", "user_id,email,role\n7,a@x.edu,Admin\n,b@x.edu,Admin\n", [(7, "Admin"), ("b@x.edu", "Admin")], []),
    Case(
        "mended addresses",
        "email,role\nAnn <a@x.edu>,Admin\nmailto:a@x.edu,Admin\n",
        [A],
        [
            ("warning", "email_normalised", 2, "email"),
            ("warning", "email_normalised", 3, "email"),
            ("warning", "duplicate", 3, None),
        ],
    ),
    Case("lookalike", "email,role\n\u0430nn@x.edu,Admin\n", [], [("error", "email_lookalike", 2, "email")]),
    Case(
        "mended, but refused for its role",
        "email,role\nAnn <a@x.edu>,\nb@x.edu,Admin\n",
        [("b@x.edu", "Admin")],
        [("error", "role_missing", 2, "role")],
    ),
    Case("bad address", "E-Mail,role\nann,Admin\n", [], [("error", "email_invalid", 2, "E-Mail")]),
    Case("nobody", "email,role,note\n,Admin,x\n", [], [("error", "identity_missing", 2, "email")]),
    Case(
        "two identities", "email,E-Mail,role\na@x.edu,b@x.edu,Admin\n", [], [("error", "header_duplicate", 1, "E-Mail")]
    ),
    Case("no identity", "name,role\nann,Admin\n", [], [("error", "header_no_identity", 1, None)]),
    Case(
        "no header",
        "a@x.edu,Admin\n",
        [],
        [("error", "header_no_identity", 1, None), ("error", "header_no_role", 1, None)],
    ),
    Case("no role", "\nemail\na@x.edu\n", [], [("error", "header_no_role", 2, None)]),
    Case("two roles", "email,role,roles\na@x.edu,Admin,Admin\n", [], [("error", "header_two_roles", 1, "roles")]),
    Case("unclear", "email;x,role\na;b,c\n", [], [("error", "delimiter_unclear", 1, None)]),
    Case("several in role", 'email,role\na@x.edu,"Admin, X"\n', [], [("error", "several_roles", 2, "role")]),
    Case("comma in a role", 'email,role\na@x.edu,"Editor, French"\n', [("a@x.edu", "Editor, French")], []),
    Case("roles", 'email,roles\na@x.edu," Admin; Editor, French"\n', [A, ("a@x.edu", "Editor, French")], []),
    Case("roles by comma", 'email,roles\na@x.edu,"Admin,Admin"\n', [A], [("warning", "duplicate", 2, None)]),
    Case("roles mixed", "email,roles\na@x.edu,Admin;x|y\n", [], [("error", "role_separators_mixed", 2, "roles")]),
    Case("empty role", "email,Role\na@x.edu, \n", [], [("error", "role_missing", 2, "Role")]),
    Case("empty roles", "email,roles\na@x.edu,;\n", [], [("error", "role_missing", 2, "roles")]),
    Case("control", 'email,role\na@x.edu,"Ad\nmin"\n', [], [("error", "role_control_character", 2, "role")]),
    Case("near", "email,role\na@x.edu,admin\n", [], [("error", "role_near_miss", 2, "role")]),
    Case("near, one of several", "email,roles\na@x.edu,Teacher;ADMIN\n", [], [("error", "role_near_miss", 2, "roles")]),
    Case("no role name", "email,role\na@x.edu,#N/A\n", [], [("error", "role_no_name", 2, "role")]),
    Case("alias", "email,role\na@x.edu,Boss\n", [A], [("info", "role_alias", 2, "role")]),
    Case(
        "unmanaged",
        "email,role\na@x.edu,Teacher\n",
        [("a@x.edu", "Teacher")],
        [("warning", "unmanaged_role", 2, "role")],
    ),
    Case("again", "email,role\na@x.edu,Admin\nA@X.EDU,Admin\n", [A], [("warning", "duplicate", 3, None)]),
    Case(
        "conflict",
        "email,user_id,role\na@x.edu,7,Admin\nb@x.edu,7,Admin\n",
        [(7, "Admin")],
        [("error", "identity_conflict", 3, None)],
    ),
    Case(
        "swallowed",
        'email,role,note\na@x.edu,Admin,"x\nb@x.edu,Admin,y\nc@x.edu,Admin,"\n',
        [],
        [("error", "swallowed_row", 2, "note")],
    ),
    Case("empty", "", [], [("error", "no_rows", None, None)]),
    Case("header only", "email,role\n", [], [("error", "no_rows", None, None)]),
    Case("blank rows only", "email,role\n\n,,\n", [], [("error", "no_rows", None, None)]),
    Case("nothing but commas", ",,\n,,\n", [], [("error", "no_rows", None, None)]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_corpus(case: Case, tmp_path: Path) -> None:
    desired = read(tmp_path, case.content)
    assert pairs(desired) == case.pairs
    assert [(found.level, found.code, found.row, found.column) for found in desired.findings] == case.findings
    levels = {finding[0] for finding in case.findings}
    assert desired.status == ("reject" if "error" in levels else "warn" if "warning" in levels else "ok")
    for finding in desired.findings:
        finding.message.encode()


def test_the_corpus_has_every_code() -> None:
    assert {finding[1] for case in CASES for finding in case.findings} == {code.value for code in Code}


def test_source_tells_which_file_it_was(tmp_path: Path) -> None:
    content = b"email,role\na@x.edu,Admin\n\nb,Admin\n,,,\nc@x.edu,Teacher\n"
    desired = read(tmp_path, content)
    assert desired.source.path == str(tmp_path / "list.csv")
    assert desired.source.sha256 == hashlib.sha256(content).hexdigest()
    assert desired.source.rows == 3


def test_rows_are_counted_under_a_header_that_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, "name,role\nann,Admin\n\nbob,Admin\n").source.rows == 2


def test_row_numbers_reach_the_frame(tmp_path: Path) -> None:
    desired = read(tmp_path, 'email,roles,note\n\na@x.edu,Admin;Teacher,"1\n2"\nb@x.edu,Admin,\n')
    assert desired.assignments["row"].tolist() == [3, 3, 4]


def test_findings_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    desired = read(tmp_path, "email,role\na@x.edu,Admin\na@x.edu,Admin\nb,Admin\nc@x.edu,Teacher\nc@x.edu,Teacher\n")
    assert [finding.row for finding in desired.findings] == [3, 4, 5, 6, 6]


def test_a_list_in_which_all_rows_are_wrong_has_rows(tmp_path: Path) -> None:
    desired = read(tmp_path, "email,role\nann,Admin\n")
    assert [finding.code for finding in desired.findings] == ["email_invalid"]
    assert desired.assignments.empty


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError):
        read_desired(tmp_path / "none.csv", managed_roles=MANAGED)


# Random lists in random dialects.

NAMES = st.sampled_from(["Admin", "Editor, French", "Teacher", "Prüfer", 'the "boss"', "a;b|c", "日本"])
EMAILS = st.from_regex(r"[a-z0-9.'+]{1,8}@[a-z]{1,8}\.(edu|test)", fullmatch=True).filter(
    lambda address: not re.search(r"\.\.|\.@|^\.", address)
)
IDENTITIES = st.one_of(
    EMAILS.map(lambda email: (email, "")), st.integers(1, 2**63 - 1).map(lambda number: ("", str(number)))
)
NOTES = st.sampled_from(["", "x", "a, b; c|d\te", 'say "hi"', "two{}lines", "\u00a0"])


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[tuple[str | int, str]]]:
    """The text of a file, and the distinct pairs in it, in its order."""
    rows = draw(st.lists(st.tuples(IDENTITIES, NAMES, NOTES), min_size=1, max_size=12))
    columns = draw(st.permutations(["email", "user_id", "role", "note"]))
    spelled = {
        "email": ["email", "E-Mail", " EMAIL ADDRESS"],
        "user_id": ["user_id", "User ID"],
        "role": ["role", "Role "],
    }
    header = [draw(st.sampled_from(spelled.get(column, ["note", "Büro"]))) for column in columns]
    buffer = io.StringIO(newline="")
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    writer = csv.writer(
        buffer,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=newline,
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerow(header)
    for (email, user_id), role, note in rows:
        shown = email.upper() if draw(st.booleans()) else email
        cells = {
            "email": shown,
            "user_id": f" {user_id}" if user_id else "",
            "role": role,
            "note": note.format(newline),
        }
        if draw(st.booleans()):
            writer.writerow([])
        writer.writerow([cells[column] for column in columns])
    expected = [(int(user_id) if user_id else email_key(email), role) for (email, user_id), role, _ in rows]
    return draw(st.sampled_from(["", "\ufeff"])) + buffer.getvalue(), list(dict.fromkeys(expected))


@settings(max_examples=60, deadline=None, database=None)
@given(lists())
def test_any_dialect_reads_back_the_same_pairs(listed: tuple[str, list[tuple[str | int, str]]]) -> None:
    text, expected = listed
    with tempfile.TemporaryDirectory() as folder:
        desired = read(Path(folder), text)
    assert pairs(desired) == expected
    assert desired.status != "reject"


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.sampled_from(["set", "cut", "put"]),
        st.integers(0, 255) | st.sampled_from(b'",;\n\r\0@'),
    ),
    min_size=1,
    max_size=6,
)


def mutate(data: bytes, mutations: list[tuple[int, str, int]]) -> bytes:
    changed = bytearray(data)
    for place, kind, byte in mutations:
        at = place % (len(changed) + 1)
        changed[at : at + (kind != "put")] = b"" if kind == "cut" else bytes([byte])
    return bytes(changed)


@settings(max_examples=100, deadline=None, database=None)
@given(lists(), MUTATIONS)
def test_no_damage_raises_or_invents(
    listed: tuple[str, list[tuple[str | int, str]]], mutations: list[tuple[int, str, int]]
) -> None:
    """Whatever happens to a file's bytes: every pair stands in it, no row has a pair and an error, no row vanishes."""
    data = mutate(listed[0].encode(), mutations)
    with tempfile.TemporaryDirectory() as folder:
        desired = read(Path(folder), data)
    text = data.decode("utf-8", "replace").replace('"', "")  # quotes may mark a cell or belong to it
    for person, role in pairs(desired):
        assert email_key(str(person)) in email_key(text)
        assert role.replace('"', "") in text
    refused = {finding.row for finding in desired.findings if finding.level is Level.ERROR}
    assigned = set(desired.assignments["row"])
    repeated = {finding.row for finding in desired.findings if finding.code == Code.DUPLICATE}
    assert not refused & assigned
    if desired.status != "reject":
        assert len(assigned | repeated) == desired.source.rows


def test_the_source_tells_how_long_the_list_is_and_when_it_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,role\na@x.edu,Admin\nb@x.edu,Admin\na@x.edu,Admin\nc@x.edu,Teacher\n", encoding="utf-8")
    os.utime(path, (0, 1_772_330_400.5))
    source = read_desired(path, managed_roles=MANAGED).source
    assert source.modified_at == datetime(2026, 3, 1, 2, 0, 0, 500_000, tzinfo=UTC)
    assert source.rows == 4
    assert source.listed == {"Admin": 2, "Editor, French": 0}
