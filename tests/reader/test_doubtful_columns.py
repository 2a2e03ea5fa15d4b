import re
import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rolesync.model.desired import Desired
from rolesync.model.findings import NAMED, Finding
from rolesync.model.lists import ListForm
from rolesync.reader.column_words import CellMeaning, status_words
from rolesync.reader.header_findings import option
from rolesync.reader.read import read_desired

TODAY = date(2026, 3, 1)


def read(folder: Path, header: str, cells: list[str], form: ListForm | None = None) -> Desired:
    rows = "".join(f"u{number}@x.edu,Admin,{cell}\n" for number, cell in enumerate(cells))
    path = folder / "list.csv"
    path.write_text(f"email,role,{header}\n{rows}", encoding="utf-8")
    return read_desired(path, managed_roles=("Admin",), today=TODAY, form=form or ListForm())


def columns(desired: Desired) -> list[tuple[str, str, str | None]]:
    return [(finding.level.value, finding.code, finding.column) for finding in desired.findings]


def advised(finding: Finding) -> ListForm:
    """The form with the first options that the finding advises."""
    options = shlex.split(finding.message.split("read only the rows that count: ")[1].split("; or read all rows")[0])
    keep: dict[str, list[str]] = {}
    for text in options[1::2]:
        column, _, word = text.rpartition("=")
        keep.setdefault(column, []).append(word)
    return ListForm(keep=keep)


@pytest.mark.parametrize(
    ("header", "good", "bad"),
    [
        ("Account Status", "Active", "Disabled"),
        ("Account Status", "Active", "On leave"),
        ("Account Status", "Active", "what?"),
        ("is_active", "true", "false"),
        ("Enabled", "yes", "perhaps"),
        ("AVAILABLE_IND", "Y", "N"),
        ("Active", "x", ""),
        ("Block credential", "False", "True"),
        ("archived", "", "x"),
        ("Deleted", "no", "2026-01-31"),
        ("suspended", "", "Suspended"),
        ("Kontostatus", "aktiv", "gesperrt"),
        ("estado", "activo", "suspendido"),
        ("estado", "activo", "quién sabe"),
        ("until", "2027-01-01", "2026-02-28"),
        ("from", "2026-01-01", "2026-03-02"),
        ("Date de fin de contrat", "", "2021-08-31"),
        ("Termination reason", "", "Resignation"),
        ("Fecha de cese", "", "2020-01-31 15:30:00"),
        ("Data cessazione rapporto", "", "31/01/2020 9:05"),
        ("Vertragsende?", "", "ja"),
        ("Bemerkung Austritt", "", "ausgeschieden"),
    ],
)
def test_a_column_that_speaks_against_a_user_refuses_the_list_once(
    header: str, good: str, bad: str, tmp_path: Path
) -> None:
    desired = read(tmp_path, header, [good, bad, good, bad])
    assert columns(desired) == [("error", "column_unclear", header)]
    message = desired.findings[0].message
    assert re.search(r"(a blank cell|'[^']+') in 2 rows \(3, 5\)", message)
    assert f"--ignore-column {shlex.quote(header)}" in message
    form = ListForm(ignore_columns=[header])
    ignored = read(tmp_path, header, [good, bad, good, bad], form)
    assert columns(ignored) == [("info", "column_ignored", header)]
    assert len(ignored.listed) == 4


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Account Status", ["Active", "active", ""]),
        ("is_active", ["true", "TRUE", "1"]),
        ("Suspended", ["", "no", "FALSE"]),
        ("Deleted at", ["", "2027-01-01"]),
        ("estado", ["activo", ""]),
        ("état", ["Bretagne", "Alsace"]),
        ("until", ["2027-01-01", ""]),
    ],
)
def test_a_column_of_users_who_all_count_is_ignored_with_a_word(header: str, words: list[str], tmp_path: Path) -> None:
    desired = read(tmp_path, header, words)
    assert columns(desired) == [("info", "column_ignored", header)]
    assert (desired.status, len(desired.listed)) == ("ok", len(words))


@pytest.mark.parametrize(
    ("header", "words"), [("Suspended", ["", ""]), ("from", ["Bob", "Eve"]), ("Notes", ["deleted a course", "no"])]
)
def test_nothing_is_said_of_a_harmless_column(header: str, words: list[str], tmp_path: Path) -> None:
    assert columns(read(tmp_path, header, words)) == []


def test_only_rows_that_give_a_managed_role_matter(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rows = "a@x.edu,Admin,,active\nb@x.edu,Teacher,,disabled\nc@x.edu,Admin,remove,disabled\n"
    path.write_text(f"email,role,action,user status\n{rows}", encoding="utf-8")
    desired = read_desired(path, managed_roles=("Admin",), today=TODAY)
    assert ("info", "column_ignored", "user status") in columns(desired)
    assert desired.status == "warn"  # of the role that is not managed


@given(
    bad=st.lists(
        st.sampled_from([*status_words(CellMeaning.AGAINST), *status_words(CellMeaning.ASK)]), min_size=1, max_size=8
    ),
    good=st.lists(st.sampled_from(list(status_words(CellMeaning.COUNTS))), min_size=1, max_size=NAMED),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_advice_works_and_nobody_else_gets_the_role(tmp_path: Path, bad: list[str], good: list[str]) -> None:
    desired = read(tmp_path, "Account Status", [*good, *bad])
    (finding,) = desired.findings
    assert finding.level == "error"
    again = read(tmp_path, "Account Status", [*good, *bad], advised(finding))
    assert again.status == "ok"
    assert again.listed.row.tolist() == [*range(2, 2 + len(good))]
    assert again.not_in_force["row"].tolist() == [*range(2 + len(good), 2 + len(good) + len(bad))]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Account Status", ["Disabled", "Suspended"]),
        ("Suspended", ["yes", *("no", "false", "0", "-", "n", "faux")]),
        ("user status", ["active", "x=y"]),
    ],
)
def test_only_words_that_an_option_can_name_are_advised(header: str, words: list[str], tmp_path: Path) -> None:
    message = read(tmp_path, header, words).findings[0].message
    assert ("--keep" in message) == ("active" in words)
    assert f"read all rows: {option('ignore-column', header)}" in message


def test_a_word_with_an_equals_sign_is_not_advised_among_others(tmp_path: Path) -> None:
    desired = read(tmp_path, "status", ["active", "x=y"])
    assert "--keep" not in desired.findings[0].message
    assert "--ignore-column status" in desired.findings[0].message


def test_a_column_of_days_is_to_be_renamed_or_ignored(tmp_path: Path) -> None:
    days = [f"2027-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]
    message = read(tmp_path, "Deactivation date", ["2026-01-31", *days]).findings[0].message
    assert "--keep" not in message
    assert "rename it to 'expires'; else ignore it: --ignore-column 'Deactivation date'" in message
    assert len(message) < 500


def test_rows_that_are_not_kept_contradict_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,role,Account status\na@x.edu,Admin,Active\na@x.edu,Admin,Withdrawn\n", encoding="utf-8")
    form = ListForm(keep={"Account status": ["Active"]})
    desired = read_desired(path, managed_roles=("Admin",), today=TODAY, form=form)
    assert columns(desired) == [("info", "role_taken", "Account status")]
    assert desired.listed.row.tolist() == [2]


def test_a_column_without_a_header_may_speak_against_users(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a@x.edu,Admin,removed,Ann\nb@x.edu,Admin,,Bo\n", encoding="utf-8")
    form = ListForm(no_header=True, email_column="1", role_column="2")
    desired = read_desired(path, managed_roles=("Admin",), today=TODAY, form=form)
    assert ("error", "column_unclear", "3") in columns(desired)
    assert any("--ignore-column 3" in finding.message for finding in desired.findings)
    ignoring = replace(form, ignore_columns=["3"])
    assert read_desired(path, managed_roles=("Admin",), today=TODAY, form=ignoring).status == "ok"


def test_rows_that_are_not_kept_are_listed_but_not_in_force(tmp_path: Path) -> None:
    form = ListForm(keep={"account_status": ["ACTIVE", ""]})
    desired = read(tmp_path, "Account Status", ["Active", "Disabled", ""], form)
    assert columns(desired) == [("info", "role_taken", "Account Status")]
    assert "'Disabled' is none of the words that are kept" in desired.findings[0].message
    assert desired.assignments["email"].tolist() == ["u0@x.edu", "u2@x.edu"]
    assert desired.not_in_force["email"].tolist() == ["u1@x.edu"]


def test_a_kept_word_that_no_row_has_is_a_warning(tmp_path: Path) -> None:
    desired = read(tmp_path, "Status", ["Active", "Disabled"], ListForm(keep={"Status": ["Activ"]}))
    assert ("warning", "kept_word_missing", "Status") in columns(desired)
    assert len(desired.listed) == 0


def test_words_of_a_read_column_can_be_kept_too(tmp_path: Path) -> None:
    refused = read(tmp_path, "Status", ["Active", "On leave"])
    assert "--keep 'Status=On leave'" in refused.findings[0].message
    assert "--ignore-column Status" in refused.findings[0].message
    form = ListForm(keep={"Status": ["Active", "On leave"]})
    assert read(tmp_path, "Status", ["Active", "On leave"], form).findings == ()


def test_held_rows_change_nothing_about_the_columns(tmp_path: Path) -> None:
    form = ListForm(hold_bad_rows=True)
    assert columns(read(tmp_path, "is_active", ["no"], form)) == [("error", "column_unclear", "is_active")]
    assert read(tmp_path, "is_active", ["no"], replace(form, ignore_columns=["is_active"])).status == "ok"


def test_a_word_that_is_neither_kept_nor_left_out_refuses_its_row(tmp_path: Path) -> None:
    form = ListForm(keep={"School": ["north"]}, leave_out={"school": ["north", "South"]})
    fine = read(tmp_path, "School", ["north", "SOUTH"], form)
    assert (fine.status, fine.assignments["email"].tolist()) == ("ok", ["u0@x.edu"])
    refused = read(tmp_path, "School", ["north", "nroth", ""], form)
    errors = [finding for finding in refused.findings if finding.level == "error"]
    assert [(finding.code, finding.row) for finding in errors] == [("word_unknown", 3), ("word_unknown", 4)]
    assert "'nroth' is none of the words that 'School' may have" in errors[0].message
    assert read(tmp_path, "School", ["north", "nroth"], replace(form, hold_bad_rows=True)).holds_removals


def test_rows_that_are_left_out_are_counted_and_not_read(tmp_path: Path) -> None:
    """A list for all accounts: the rows of the others must neither fill this plan nor refuse this list."""
    path = tmp_path / "list.csv"
    others = "".join(f"person{number}@x.edu,Admin,South\n" for number in range(500))
    path.write_text(
        f'email,role,School\n{others}no address,Admn,south\n,,South\na@x.edu,Admin,north\n"J\u00f6",Admin,South\n',
        encoding="latin-1",
    )
    form = ListForm(keep={"School": ["north"]}, leave_out={"School": ["north", "South"]})
    desired = read_desired(path, managed_roles=("Admin",), today=TODAY, form=form)
    assert desired.assignments["email"].tolist() == ["a@x.edu"]
    assert len(desired.not_in_force) == 0
    assert desired.source.rows == 1
    assert all(finding.level != "error" for finding in desired.findings)
    counted = [finding for finding in desired.findings if finding.code == "rows_left_out"]
    assert [finding.message for finding in counted] == ["rows that are left out by their word in 'School': 503"]
    assert len(desired.findings) < 4


def test_a_list_with_only_rows_that_are_left_out_is_refused(tmp_path: Path) -> None:
    form = ListForm(keep={"School": ["north"]}, leave_out={"School": ["south"]})
    refused = read(tmp_path, "School", ["south", "south"], form)
    assert refused.status == "reject"
    assert any("all rows are left out" in finding.message for finding in refused.findings)


def test_a_row_that_is_left_out_hides_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('email,role,School,Note\nb@x.edu,Admin,South,"x\na@x.edu,Admin,north,"\n', encoding="utf-8")
    form = ListForm(keep={"School": ["north"]}, leave_out={"School": ["north", "South"]})
    desired = read_desired(path, managed_roles=("Admin",), today=TODAY, form=form)
    assert [finding.code for finding in desired.findings if finding.level == "error"][:1] == ["swallowed_row"]


def test_a_blank_cell_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for rows, words, message in (
        ("a@x.edu,Admin,on\nb@x.edu,Admin,\n", ["on"], "a blank cell is none of the words that are kept"),
        ("a@x.edu,Admin,on\n", ["on", ""], "a blank cell is to be kept, but no row has it here"),
    ):
        path.write_text(f"email,role,Account status\n{rows}", encoding="utf-8")
        desired = read_desired(
            path, managed_roles=("Admin",), today=TODAY, form=ListForm(keep={"Account status": words})
        )
        assert any(message in finding.message for finding in desired.findings)


def test_a_date_that_may_be_two_days_counts_if_both_do(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for cells, status in (
        (("1/5/2030", "never", ""), "ok"),
        (("1/5/2020", "", ""), "reject"),
        (("3/4/2026", "", ""), "reject"),
    ):
        rows = "".join(f"u{number}@x.edu,Admin,{cell}\n" for number, cell in enumerate(cells))
        path.write_text(f"email,role,Access end\n{rows}", encoding="utf-8")
        desired = read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 15), form=ListForm())
        assert desired.status == status


def test_a_yes_below_a_header_of_an_end_is_no_day(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,role,Dar de baja\na@x.edu,Admin,\nb@x.edu,Admin,sí\n", encoding="utf-8")
    desired = read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 1), form=ListForm())
    (finding,) = desired.findings
    assert "--keep 'Dar de baja='" in finding.message
