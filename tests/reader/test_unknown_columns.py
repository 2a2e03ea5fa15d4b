"""Columns whose headers nobody knows may speak against a user."""

import shlex
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model.desired import Desired
from rolesync.model.findings import Finding
from rolesync.model.lists import ListForm
from rolesync.reader.column_words import CellMeaning, speaks_against_user, status_words
from rolesync.reader.read import read_desired
from rolesync.reader.remarks import phrases_against


def read(folder: Path, header: str, cells: list[str], form: ListForm | None = None, role: str = "Admin") -> Desired:
    rows = "".join(f"u{number}@x.edu,{role},{cell}\n" for number, cell in enumerate(cells))
    path = folder / "list.csv"
    path.write_text(f"email,role,{header}\n{rows}", encoding="utf-8")
    return read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 1), form=form or ListForm())


def only(desired: Desired) -> Finding:
    (finding,) = desired.findings
    return finding


@pytest.mark.parametrize(
    "word",
    ["suspended", "Deactivated", "TERMINATED", "gesperrt", "Désactivé(e)", "suspendido", "退職", "to be deleted"],
)
@pytest.mark.parametrize("header", ["Bemerkung", "xyz", "SITE_CODE_7", "Notes"])
def test_a_word_against_a_user_refuses_the_list_whatever_the_header(header: str, word: str, tmp_path: Path) -> None:
    finding = only(read(tmp_path, header, ["here", word, "here"]))
    assert (finding.level, finding.code, finding.column) == ("error", "column_unclear", header)
    assert f"{word!r} in 1 row (3)" in finding.message
    options = shlex.split(finding.message.split("read only the rows that count: ")[1].split("; or read")[0])
    assert options == ["--keep", f"{header}=here"]
    kept = read(tmp_path, header, ["here", word, "here"], ListForm(keep={header: ["here"]}))
    assert list(kept.assignments["email"]) == ["u0@x.edu", "u2@x.edu"]
    ignored = read(tmp_path, header, ["here", word, "here"], ListForm(ignore_columns=[header]))
    assert (ignored.status, len(ignored.listed)) == ("ok", 3)


def test_among_texts_the_rows_are_to_be_deleted_or_the_column_ignored(tmp_path: Path) -> None:
    finding = only(read(tmp_path, "Notes", [*(f"text {number}" for number in range(20)), "suspended"]))
    assert finding.message.endswith("delete the rows that don't count, or read all rows: --ignore-column Notes")


@pytest.mark.parametrize("rows", [3, 3000])
def test_a_remark_against_a_user_refuses_the_list(rows: int, tmp_path: Path) -> None:
    cells = [*(f"room {number}" for number in range(rows)), "Ann no longer works here since May", "left wing"]
    finding = only(read(tmp_path, "Notes", cells))
    assert (finding.level, finding.code, finding.column) == ("error", "column_unclear", "Notes")
    assert f"'Ann no longer works here since May' in 1 row ({rows + 2})" in finding.message
    assert finding.message.endswith("--ignore-column Notes")
    assert read(tmp_path, "Notes", cells, ListForm(ignore_columns=["Notes"])).status == "ok"
    options = ListForm(keep={"Notes": cells[:rows]})
    assert len(read(tmp_path, "Notes", cells, options).assignments) == rows


@pytest.mark.parametrize(
    "cells",
    [
        ["was suspended in 2019", "knows who was terminated"],
        ["left", "right"],
        ["closed", "open"],
        ["Quitman", "Deletia"],
        ["active", "ok"],
        ["on leave", "n/a"],
    ],
)
def test_nothing_is_said_of_any_other_text(cells: list[str], tmp_path: Path) -> None:
    assert read(tmp_path, "Notes", cells).findings == ()


@pytest.mark.parametrize("header", ["Surname", "Name", "Vorname", "Work email"])
def test_names_do_not_speak_against_anybody(header: str, tmp_path: Path) -> None:
    assert read(tmp_path, header, ["Retired", "Lee"]).findings == ()


def test_only_rows_that_give_a_managed_role_matter(tmp_path: Path) -> None:
    assert {finding.code for finding in read(tmp_path, "xyz", ["suspended"], role="Teacher").findings} == {
        "no_managed_role",
        "unmanaged_role",
    }


@pytest.mark.parametrize("cells", [["yes", "no", "", "no"], ["1", "0", "0"], ["ja", "nein", "nein"], ["no", "no", ""]])
def test_a_column_that_says_no_is_named_once(cells: list[str], tmp_path: Path) -> None:
    finding = only(read(tmp_path, "Newsletter", cells))
    assert (finding.level, finding.code, finding.row, finding.column) == ("info", "column_ignored", 1, "Newsletter")
    assert f"{cells[1]!r} in 2 rows" in finding.message
    assert read(tmp_path, "Newsletter", cells, ListForm(ignore_columns=["Newsletter"])).status == "ok"


@pytest.mark.parametrize("cells", [["yes", "yes"], ["0", "3"], ["-", "-"], ["no", "perhaps"], ["x", ""]])
def test_other_columns_say_no_no(cells: list[str], tmp_path: Path) -> None:
    assert read(tmp_path, "Newsletter", cells).findings == ()


@pytest.mark.parametrize("header", ["", " "])
def test_a_column_without_a_header_can_be_decided_about(header: str, tmp_path: Path) -> None:
    finding = only(read(tmp_path, header, ["", "suspended"]))
    assert finding.code == "column_unclear"
    assert finding.column == "column C"
    for option in (ListForm(keep={"column C": [""]}), ListForm(ignore_columns=["column C"])):
        assert read(tmp_path, header, ["", "suspended"], option).status == "ok"
    assert read(tmp_path, header, ["", "suspended"], ListForm(ignore_columns=[""])).status == "ok"


ENCODINGS = ["utf-8", "utf-16", "cp1252", "cp1250", "mac_roman", "cp932", "euc_jp", "iso2022_jp"]
HEADERS = st.sampled_from(
    ["Bemerkung", "xyz", "Account status", "Estado", "ステータス", "状態", "Suspended", "退職", "gesperrt"]
)

EXAMPLE = str.maketrans({"#": "2024", "~": "May", "=": "3 May"})
REMARKS = [f"seit Mai: {phrase.translate(EXAMPLE)}, ok" for phrase in phrases_against()]
DATED = [f"{word}, 3 May" for word in status_words(CellMeaning.AGAINST)]
AGAINST = sorted([*filter(speaks_against_user, [*status_words(CellMeaning.AGAINST), *DATED]), *REMARKS])


@settings(max_examples=300, deadline=None)
@given(HEADERS, st.sampled_from(AGAINST), st.data())
def test_no_user_whom_a_word_speaks_against_gets_the_role(header: str, word: str, data: st.DataObject) -> None:
    text = f'email,role,{header}\na@x.edu,Admin,\nb@x.edu,Admin,"{word}"\n'
    encoding = data.draw(st.sampled_from([name for name in ENCODINGS if can_encode(text, name)]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(text.encode(encoding))
        desired = read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 1))
    assert desired.status == "reject" or "b@x.edu" not in set(desired.assignments["email"])


def test_a_word_in_another_encoding_counts_in_a_file_that_looks_like_utf8(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("email,role,Bemerkung\na@x.edu,Admin,\nb@x.edu,Admin,削除\n".encode("cp932"))
    findings = read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 1)).findings
    finding = next(finding for finding in findings if finding.code == "column_unclear")
    assert "'削除' in 1 row (3)" in finding.message


def can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
