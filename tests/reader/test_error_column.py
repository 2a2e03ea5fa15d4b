"""A list with its errors: every row stays, and a row that was refused stays refused until its note is gone."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rolesync.errors import InputRefusedError
from rolesync.model.desired import Desired
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.error_column import add_error_column
from rolesync.reader.read import read_desired
from rolesync.tables.write_csv import format_csv

BAD = "email,role,note\na@example.edu,Admin,x\nbob,Admin,y\nc@example.edu,Admin\nd@example.edu,Admin,z,extra\n"
CELLS = st.sampled_from(["a@example.edu", "b@example.edu", "bob", "Admin", "", "x"])
TOO_LONG = "the header has 3 cells, the row has 4; quote each cell that contains the delimiter"


def read(path: Path, form: ListForm = AS_WRITTEN) -> Desired:
    return read_desired(path, managed_roles=("Admin",), today=date(2026, 11, 29), form=form)


def fix(path: Path) -> str:
    return add_error_column(path, read(path), AS_WRITTEN)


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def written(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def refused_rows(desired: Desired) -> set[int | None]:
    return {finding.row for finding in desired.findings if finding.level is Level.ERROR}


def test_each_row_stays_with_its_errors_beside_it(tmp_path: Path) -> None:
    assert cells_of(fix(written(tmp_path, BAD))) == [
        ["email", "role", "note", "errors"],
        ["a@example.edu", "Admin", "x", ""],
        ["bob", "Admin", "y", "email: 'bob' is not an e-mail address: it has no @-sign"],
        ["c@example.edu", "Admin", "", ""],
        ["d@example.edu", "Admin", "z", TOO_LONG, "extra"],
    ]


def test_a_row_counts_again_once_it_is_corrected_and_its_note_is_gone(tmp_path: Path) -> None:
    text = fix(written(tmp_path, BAD)).replace('"bob"', '"bob@example.edu"').replace(',"extra"', "")
    path = written(tmp_path, text)
    assert [(finding.code, finding.row) for finding in read(path).findings] == [("error_noted", 3), ("error_noted", 5)]
    assert fix(path) == text  # an earlier note stays until a hand takes it away
    header, *rows = cells_of(text)
    corrected = read(written(tmp_path, format_csv(header, [[*row[:3], ""] for row in rows])))
    assert (corrected.findings, len(corrected.listed)) == ((), 4)


@given(st.lists(st.lists(CELLS, max_size=4), min_size=1))
def test_what_was_refused_stays_refused(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = "email,role,note\n" + "".join(",".join(row) + "\n" for row in rows)
    path = written(folder, text)
    before = read(path)
    if refused_rows(before) & {None, 1}:
        return
    after = read(written(folder, fix(path)))
    assert after.assignments["email"].tolist() == before.assignments["email"].tolist()
    assert len(refused_rows(after)) == len(refused_rows(before))


@pytest.mark.parametrize("text", ["name,role\nAnn,Admin\n", 'email,role\n"a@example.edu,Admin\n', "email,role\n"])
def test_an_error_of_the_whole_list_can_not_be_noted_beside_a_row(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputRefusedError, match=r"list\.csv") as caught:
        fix(written(tmp_path, text))
    assert "--fix" in caught.value.hint


def test_a_list_without_a_header_needs_one_before_its_errors_are_noted(tmp_path: Path) -> None:
    path = written(tmp_path, "bob,Admin\n")
    form = ListForm(no_header=True, email_column="1", role_column="2")
    with pytest.raises(InputRefusedError, match="no header") as caught:
        add_error_column(path, read(path, form), form)
    assert "add a header" in caught.value.hint


def test_another_programs_column_of_errors_can_be_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, "email,role,Errors\na@example.edu,Admin,none\n")
    assert [finding.code for finding in read(path).findings] == ["error_noted"]
    assert read(path, ListForm(ignore_columns=("Errors",))).status != "reject"
