import csv
import faulthandler
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rolesync.errors import InputRefusedError
from rolesync.model.desired import Desired
from rolesync.model.findings import Code
from rolesync.model.frames import DESIRED, require
from rolesync.model.keys import email_key
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.read import read_desired
from tests.reader.corpus import CASES, MANAGED, TODAY, Case
from tests.reader.damage import PAIRS, ROWS, TEXT, WHOLE_FILES, damaged
from tests.reader.dialects import NOTE, NOTE_IN_TEXT, PACKINGS, DrawnList, books, dialect_lists, texts
from tests.tables.books import xls


def read(folder: Path, content: str | bytes) -> Desired:
    path = folder / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY, form=ListForm(role_aliases={"Boss": "Admin"}))
    require(desired.assignments, DESIRED)
    return desired


def pairs(desired: Desired) -> list[tuple[str | int, str]]:
    table = desired.assignments
    people = zip(table["user_id"].tolist(), table["email"].tolist(), table["role"].tolist(), strict=True)
    return [(user_id or email, role) for user_id, email, role in people]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_corpus_gives_the_expected_assignments_and_findings(case: Case, tmp_path: Path) -> None:
    desired = read(tmp_path, case.content)
    assert pairs(desired) == case.pairs
    assert [(finding.level, finding.code, finding.row, finding.column) for finding in desired.findings] == case.findings
    levels = {finding[0] for finding in case.findings}
    assert desired.status == ("reject" if "error" in levels else "warn" if "warning" in levels else "ok")
    for finding in desired.findings:
        finding.message.encode()


def test_the_corpus_has_every_code() -> None:
    assert {finding[1] for case in CASES for finding in case.findings} == {code.value for code in Code} - {
        "not_fetched",
        "header_not_found",
        "kept_word_missing",
        "rows_left_out",
        "word_unknown",
    }


def test_a_column_that_the_settings_name_is_used(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,Work mail,Right\nx@x.edu,a@x.edu,Admin\n", encoding="utf-8")
    form = ListForm(email_column="work_mail", role_column="right")
    assert pairs(read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)) == [("a@x.edu", "Admin")]
    form = ListForm(email_column="mail")
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)
    assert [(finding.code, finding.row) for finding in desired.findings] == [("header_not_found", 1)]


def test_an_export_is_a_list_if_the_settings_name_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("user_id,account_id,role,email\n7,,Admin,a@x.edu\n", encoding="utf-8")
    form = ListForm(email_column="email", role_column="role")
    assert pairs(read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)) == [("a@x.edu", "Admin")]
    form = ListForm(email_column="email")
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)
    assert [(finding.code, finding.row) for finding in desired.findings] == [("header_no_role", 1)]


HOLDING = ListForm(hold_bad_rows=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_unreadable_rows_can_be_held(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(case.content.encode() if isinstance(case.content, str) else case.content)
    form = replace(HOLDING, role_aliases={"Boss": "Admin"})
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)
    assert pairs(desired) == case.pairs
    assert [(finding.code, finding.row) for finding in desired.findings] == [
        (code, row) for _, code, row, _ in case.findings
    ]
    refused = [finding for finding in desired.findings if finding.level in {Level.ERROR, Level.HELD}]
    assert bool(desired.holds_removals) == any(finding.level is Level.HELD for finding in refused)
    whole_list_codes = {"unclosed_quote", "broken_quoting", "row_above_header", "identity_conflict"}
    for finding in refused:
        refuses_list = (
            finding.row is None
            or finding.code in whole_list_codes
            or finding.code.startswith(("header", "no_header", "column", "delimiter", "foreign"))
        )
        nul_in_header = finding.code == "nul_byte" and finding.row == 1
        assert finding.level is (Level.ERROR if refuses_list or nul_in_header else Level.HELD)
    assert (desired.status == "reject") == any(finding.level is Level.ERROR for finding in refused)


def test_the_source_identifies_the_file(tmp_path: Path) -> None:
    content = b"email,role\na@x.edu,Admin\n\nb,Admin\n,,,\nc@x.edu,Teacher\n"
    desired = read(tmp_path, content)
    assert desired.source.path == str(tmp_path / "list.csv")
    assert desired.source.sha256 == hashlib.sha256(content).hexdigest()
    assert desired.source.rows == 3


def test_rows_below_a_refused_header_are_counted(tmp_path: Path) -> None:
    assert read(tmp_path, "name,role\nann,Admin\n\nbob,Admin\n").source.rows == 2


def test_row_numbers_reach_the_frame(tmp_path: Path) -> None:
    desired = read(tmp_path, 'email,roles,note\n\na@x.edu,Admin;Teacher,"1\n2"\nb@x.edu,Admin,\n')
    assert desired.assignments["row"].tolist() == [3, 3, 4]


def test_findings_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    desired = read(tmp_path, "email,role\na@x.edu,Admin\na@x.edu,Admin\nb,Admin\nc@x.edu,Teacher\nc@x.edu,Teacher\n")
    assert [finding.row for finding in desired.findings] == [3, 4, 5, 6, 6]


def test_a_list_of_only_unreadable_rows_is_not_empty(tmp_path: Path) -> None:
    desired = read(tmp_path, "email,role\nann,Admin\n")
    assert [finding.code for finding in desired.findings] == ["email_invalid"]
    assert desired.assignments.empty


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError):
        read_desired(tmp_path / "none.csv", managed_roles=MANAGED, today=TODAY)


# Random lists in random dialects.

NAMES = st.sampled_from(["Admin", "Editor, French", "Teacher", "Prüfer", 'the "boss"', "a;b|c", "日本"])
EMAILS = st.from_regex(r"[a-z0-9.'+]{1,8}@[a-z]{1,8}\.(edu|test)", fullmatch=True).filter(
    lambda address: not re.search(r"\.\.|\.@|^[.']", address)
)
IDENTITIES = st.one_of(
    EMAILS.map(lambda email: (email, "")), st.integers(1, 2**63 - 1).map(lambda number: ("", str(number)))
)
NOTES = st.sampled_from(["", "x", "a, b; c|d\te", 'say "hi"', "two{}lines", "\u00a0"])


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[tuple[str | int, str]]]:
    """Draw the text of a file and its distinct assignments, in its order."""
    rows = draw(st.lists(st.tuples(IDENTITIES, NAMES, NOTES), min_size=1, max_size=12))
    columns = draw(st.permutations(["email", "user_id", "role", "note"]))
    header_forms = {
        "email": ["email", "E-Mail", " EMAIL ADDRESS"],
        "user_id": ["user_id", "User ID"],
        "role": ["role", "Role "],
    }
    header = [draw(st.sampled_from(header_forms.get(column, ["note", "Büro"]))) for column in columns]
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
def test_random_lists_are_read_back(listed: tuple[str, list[tuple[str | int, str]]]) -> None:
    text, expected = listed
    with tempfile.TemporaryDirectory() as folder:
        desired = read(Path(folder), text)
    assert pairs(desired) == expected
    gives_managed = any(role in MANAGED for _, role in expected)
    assert [finding.code for finding in desired.findings if finding.level is Level.ERROR] == (
        [] if gives_managed or not expected else ["no_managed_role"]
    )


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
def test_damage_never_raises_or_invents_an_assignment(
    listed: tuple[str, list[tuple[str | int, str]]], mutations: list[tuple[int, str, int]]
) -> None:
    """Every assignment is in the file, no row has both an assignment and an error, and no row vanishes."""
    data = mutate(listed[0].encode(), mutations)
    with tempfile.TemporaryDirectory() as folder:
        desired = read(Path(folder), data)
    text = data.decode("utf-8", "replace").replace('"', "")  # a quote may delimit a cell or belong to it
    for person, role in pairs(desired):
        assert email_key(str(person)) in email_key(text)
        assert role.replace('"', "") in text
    refused = {finding.row for finding in desired.findings if finding.level is Level.ERROR}
    assigned = set(desired.assignments["row"])
    repeated = {finding.row for finding in desired.findings if finding.code == Code.DUPLICATE}
    assert not refused & assigned
    if desired.status != "reject":
        assert len(assigned | repeated) == desired.source.rows


def test_the_source_has_the_length_of_the_list_and_its_time_of_change(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,role\na@x.edu,Admin\nb@x.edu,Admin\na@x.edu,Admin\nc@x.edu,Teacher\n", encoding="utf-8")
    os.utime(path, (0, 1_772_330_400.5))
    source = read_desired(path, managed_roles=MANAGED, today=TODAY).source
    assert source.modified_at == datetime(2026, 3, 1, 2, 0, 0, 500_000, tzinfo=UTC)
    assert source.rows == 4
    assert source.listed == {"Admin": 2, "Editor, French": 0}


# The same list in every dialect.

DIALECTS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def _read_back(folder: Path, drawn: DrawnList, data: bytes) -> None:
    path = folder / "list"
    path.write_bytes(data)
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY)
    gives_managed = any(row.role in MANAGED for row in drawn.rows)
    errors = [finding.code for finding in desired.findings if finding.level is Level.ERROR]
    assert errors == ([] if gives_managed else ["no_managed_role"])
    codes = {finding.code for finding in desired.findings} - {"no_managed_role"}
    assert codes <= {"unmanaged_role", "email_lookalike", "column_ignored"}  # the last for a note that says `n`
    table = desired.assignments
    people = zip(table["user_id"].tolist(), table["email"].tolist(), table["role"].tolist(), strict=True)
    assert [(user_id or email, role) for user_id, email, role in people] == drawn.pairs
    assert desired.source.rows == len(drawn.rows)


@DIALECTS
@given(st.data())
def test_a_list_reads_the_same_in_every_dialect_of_csv(tmp_path: Path, data: st.DataObject) -> None:
    drawn = data.draw(dialect_lists(NOTE_IN_TEXT))
    pack = data.draw(st.sampled_from(PACKINGS))
    _read_back(tmp_path, drawn, pack(data.draw(texts(drawn.table))))


@DIALECTS
@given(st.data())
def test_a_list_reads_the_same_in_every_kind_of_workbook(tmp_path: Path, data: st.DataObject) -> None:
    drawn = data.draw(dialect_lists(NOTE))
    _read_back(tmp_path, drawn, data.draw(books(drawn.table)))


# Damaged files: never a crash, never a hang, never an assignment that is not in the file.

MAX_SECONDS = 120  # of a test; a longer one counts as a hang, however slow the machine


@pytest.fixture
def no_hang() -> Iterator[None]:
    """Abort the test run with a traceback if a read hangs."""
    faulthandler.dump_traceback_later(MAX_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def _read_damaged(folder: Path, data: bytes, form: ListForm) -> set[tuple[str, int, str]]:
    """Read a file, check what must hold for every file, and return its assignments."""
    path = folder / "list"
    path.write_bytes(data)
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)
    for table in (desired.assignments, desired.not_in_force):
        require(table, DESIRED)
        assert ((table["email"] != "") | (table["user_id"] > 0)).all()
        assert (table["row"] >= 1).all()
    for finding in desired.findings:
        finding.message.encode()
    errors = {finding.row for finding in desired.findings if finding.level is Level.ERROR}
    assert bool(errors) == (desired.status == "reject")
    assert len(desired.assignments) + len(desired.not_in_force) > 0 or errors or desired.holds_removals
    table = desired.assignments
    return set(zip(table["email"].tolist(), table["user_id"].tolist(), table["role"].tolist(), strict=True))


LIST_FORMS = (ListForm(), ListForm(hold_bad_rows=True), ListForm(email_column="email", role_column="role"))


FUZZ = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.usefixtures("no_hang")
@FUZZ
@given(
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]).flatmap(lambda name: damaged(TEXT.encode(name))),
    st.sampled_from(LIST_FORMS),
)
def test_damaged_text_gives_no_invented_assignment(tmp_path: Path, data: bytes, form: ListForm) -> None:
    encodings = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")
    text = _without_quotes("\n".join(data.decode(encoding, "replace") for encoding in encodings))
    for email, user_id, role in _read_damaged(tmp_path, data, form):
        assert _without_quotes(email) in text
        assert not user_id or str(user_id) in text
        assert _without_quotes(role) in text


def _without_quotes(text: str) -> str:
    """A text without what the reader removes, and without quotes, which CSV doubles."""
    return email_key(text).replace('"', "")


@pytest.mark.usefixtures("no_hang")
@pytest.mark.parametrize("kind", WHOLE_FILES)
@FUZZ
@given(data=st.data())
def test_damaged_archives_and_workbooks_give_no_invented_assignment(
    tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    """These files have checksums, so no assignment may change."""
    pairs_read = _read_damaged(tmp_path, data.draw(damaged(WHOLE_FILES[kind])), data.draw(st.sampled_from(LIST_FORMS)))
    assert pairs_read <= PAIRS


@pytest.mark.usefixtures("no_hang")
@FUZZ
@given(damaged(xls({"Sheet": ROWS})), st.sampled_from(LIST_FORMS))
def test_damaged_xls_workbooks_give_no_invented_address(tmp_path: Path, data: bytes, form: ListForm) -> None:
    """These files have no checksums, but every address and role must at least be in the file."""
    pairs = _read_damaged(tmp_path, data, form)
    read_as = [(data, "latin-1"), (data, "utf-16-le"), (data[1:], "utf-16-le")] if pairs else []
    texts = [email_key(part.decode(encoding, "replace")) for part, encoding in read_as]
    for email, _, role in pairs:
        assert any(email in text for text in texts)
        assert any(email_key(role) in text for text in texts)
