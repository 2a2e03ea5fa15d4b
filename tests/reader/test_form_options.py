from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.form_options import form_options


def test_each_setting_of_the_form_is_an_option() -> None:
    form = ListForm(
        sheet="2026",
        encoding="cp1252",
        header_row=3,
        email_column="Mail",
        keep={"Status": ["Active", ""]},
        ignore_columns=["until"],
        no_user_id=True,
    )
    assert form_options(form) == [
        "--no-user-id",
        *("--sheet", "2026", "--header-row", "3", "--encoding", "cp1252", "--email-column", "Mail"),
        *("--keep", "Status=Active", "--keep", "Status=", "--ignore-column", "until"),
    ]
    assert form_options(AS_WRITTEN) == []


def test_options_that_the_command_has_are_left_out() -> None:
    form = ListForm(no_header=True, role_column="B", user_id_column="A")
    assert form_options(form) == ["--no-header", "--user-id-column", "A", "--role-column", "B"]
    assert form_options(form, without={"--no-header", "--role-column"}) == ["--user-id-column", "A"]
