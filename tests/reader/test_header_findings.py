import shlex

import pytest

from rolesync.model.findings import Finding
from rolesync.model.lists import ListForm
from rolesync.reader.header import Layout, lay_out
from rolesync.reader.header_findings import Hints, ignored_columns, option

HINTS = Hints("my list.csv", ("Admin", "Observer"))


def findings(header: list[str], form: ListForm | None = None) -> tuple[Finding, ...]:
    result = lay_out(header, 1, form or ListForm(), HINTS)
    assert not isinstance(result, Layout)
    return result


def test_an_option_is_written_for_the_shell() -> None:
    assert option("keep", "Status=Active") == "--keep Status=Active"
    assert shlex.split(option("keep", "Account's status=not here")) == ["--keep", "Account's status=not here"]


@pytest.mark.parametrize(
    ("header", "advice"),
    [
        (["ann@x.edu", "Admin"], "--no-header --set email_column=1 --set role_column=2"),
        (["Ann", "Admin", "ann@x.edu"], "--no-header --set email_column=3 --set role_column=2"),
        (["ann@x.edu", "teacher"], "--no-header --set email_column=1 --set role_column=2"),
        (["ann@x.edu"], "rolesync migrate 'my list.csv' --no-header --email-column 1 --role Admin -o LIST"),
        (["Ann", "x", "ann@x.edu"], "rolesync migrate 'my list.csv' --no-header --email-column 3 --role Admin -o LIST"),
    ],
)
def test_an_address_is_no_header(header: list[str], advice: str) -> None:
    (finding,) = findings(header)
    assert finding.code == "no_header"
    assert finding.message.startswith("this list has no header: 'ann@x.edu' is an address;")
    assert finding.message.endswith(f": {advice}")


def test_a_number_beside_a_role_is_no_header() -> None:
    (finding,) = findings(["101", "Ann", "Admin"])
    assert finding.code == "no_header"
    assert finding.message.endswith(": --no-header --set user_id_column=1 --set role_column=3")
    identity, role = findings(["2024", "Ann"])
    assert (identity.code, role.code) == ("header_no_identity", "header_no_role")
    assert "rolesync migrate" in identity.message
    assert "rolesync migrate" not in role.message  # nothing identifies the users


def test_an_address_is_no_header_even_if_the_settings_name_it() -> None:
    (finding,) = findings(["ann@x.edu", "Admin"], ListForm(email_column="ann@x.edu", role_column="Admin"))
    assert finding.code == "no_header"


@pytest.mark.parametrize(
    ("header", "column", "advice"),
    [
        (["Mail", "Courriel", "role"], "Courriel", "--set email_column=Mail or --set email_column=Courriel"),
        (["email", "Benutzerrolle", "Rolle"], "Rolle", "--set role_column=Benutzerrolle or --set role_column=Rolle"),
        (["email", "role", "expires", "End date"], "End date", "--ignore-column expires or --ignore-column 'End date'"),
        (["email", "role", "Email"], "Email", "keep one of them, or rename the other"),
    ],
)
def test_where_two_columns_fit_both_are_named_and_the_option(header: list[str], column: str, advice: str) -> None:
    (finding,) = findings(header)
    assert (finding.code, finding.column) == ("header_duplicate", column)
    assert finding.message.endswith(advice)


def test_a_header_that_may_mean_the_role_is_named() -> None:
    (finding,) = findings(["E-Mail", "Funktion"])
    assert finding.code == "header_no_role"
    assert "'Funktion' may hold it, or a job: then --set role_column=Funktion; else" in finding.message
    assert "rolesync migrate 'my list.csv' --email-column E-Mail --role Admin -o LIST" in finding.message


def test_a_kept_column_must_be_there() -> None:
    (finding,) = findings(["email", "role"], ListForm(keep={"Status": ["Active"]}))
    assert finding.code == "header_not_found"
    assert "no column 'Status', which keep names" in finding.message


def test_an_export_is_refused_with_a_whole_command() -> None:
    (finding,) = findings(["email", "country", "groups"])
    assert "rolesync migrate 'my list.csv' --from adobe-user-sync --role Admin -o LIST" in finding.message


def test_each_ignored_column_is_named_once() -> None:
    form = ListForm(ignore_columns=["is active", "x"])
    missing, ignored = ignored_columns(["email", "is_active"], form)
    assert (ignored.level, ignored.code, ignored.column) == ("info", "column_ignored", "is_active")
    assert (missing.level, missing.code) == ("warning", "header_not_found")
    assert "no column 'x', which ignore_columns names" in missing.message


def test_a_column_can_not_be_kept_and_ignored() -> None:
    form = ListForm(keep={"Account status": ["Active"]}, ignore_columns=["account_status"])
    (finding,) = findings(["email", "role", "Account status"], form)
    assert (finding.level, finding.code) == ("error", "column_unclear")
    assert "both keep words of the column 'Account status' and ignore it" in finding.message


def test_a_workbook_of_holders_is_no_list() -> None:
    (finding,) = findings(["stays", "note", "name", "email", "domain", "role", "user id"])
    assert finding.message.endswith("make a list of it: rolesync export --decisions 'my list.csv' -o LIST")


def test_a_role_for_all_users_is_said_to_ignore_other_columns() -> None:
    without = "read the list without one, with one role for all users"
    (finding,) = findings(["Ann", "a@x.edu", "yes"])
    assert f"{without}, whatever other columns say: rolesync migrate" in finding.message
    (finding,) = findings(["a@x.edu"])
    assert f"{without}: rolesync migrate" in finding.message


def test_a_command_has_the_options_that_describe_the_list() -> None:
    hints = Hints("l.csv", ("Admin",), ListForm(sheet="A b", role_column="Job", email_column="Mail"))
    assert hints.look == "rolesync migrate l.csv --sheet 'A b' --email-column Mail --role-column Job"
    command = "rolesync migrate l.csv --sheet 'A b' --email-column 2 --role Admin -o LIST"
    assert hints.migrate("--email-column 2", hints.role) == command


@pytest.mark.parametrize(
    ("header", "option_words"),
    [
        (["", "role"], ["--set", "email_column=column A"]),
        (["Name", " ", "role", ""], ["--set", "email_column=column B"]),
        (["email", ""], ["--set", "role_column=column B"]),
    ],
)
def test_a_column_with_a_blank_header_is_named_by_its_letter(header: list[str], option_words: list[str]) -> None:
    (finding,) = findings(header)
    advice = finding.message.split("for the blank header ")[1]
    assert shlex.split(advice.replace(",", ";").partition(";")[0]) == option_words
    field, _, name = option_words[1].partition("=")
    form = ListForm(email_column=name) if field == "email_column" else ListForm(role_column=name)
    assert isinstance(lay_out(header, 1, form), Layout)


def test_a_first_row_that_nothing_divides_is_refused_once() -> None:
    (finding,) = findings(["email => role"])
    assert "no known delimiter divides the first row 'email => role' into cells" in finding.message
    assert "sep=" in finding.message
