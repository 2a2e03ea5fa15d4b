import pytest

from rolesync.model.lists import ListForm
from rolesync.reader.column_words import ColumnKind
from rolesync.reader.fields import Field, find_columns
from rolesync.reader.word_tables import fold_word

ANY = ListForm()


@pytest.mark.parametrize(
    ("header", "email", "role"),
    [
        (["Courriel", "Rôle"], 0, 1),
        (["Rolle*", "E-Mail-Adresse (Pflichtfeld)"], 1, 0),
        (["correo electrónico", "rol"], 0, 1),
        (["endereço de e-mail", "função"], 0, 1),
        (["indirizzo email", "ruolo"], 0, 1),
        (["e-mailadres", "rol"], 0, 1),
        (["メールアドレス", "ロール"], 0, 1),
        (["Email Address [Required]", "User Role"], 0, 1),
    ],
)
def test_user_and_role_are_found_in_each_language(header: list[str], email: int, role: int) -> None:
    assert find_columns(header, ANY).fields == {Field.EMAIL: (email,), Field.ROLE: (role,)}


def test_the_usual_header_wins_over_other_words_for_user_and_role() -> None:
    fields = find_columns(["Work Email", "email", "User role", "roles"], ANY).fields
    assert fields == {Field.EMAIL: (1,), Field.ROLES: (3,)}


def test_two_other_words_contradict_each_other() -> None:
    assert find_columns(["Mail", "Courriel", "Rolle"], ANY).fields[Field.EMAIL] == (0, 1)


def test_all_columns_count_that_take_a_role_away_or_limit_it() -> None:
    fields = find_columns(["email", "role", "expires", "End date", "status", "Role status", "remove"], ANY).fields
    assert fields[Field.EXPIRES] == (2, 3)
    assert fields[Field.ACTION] == (4, 5)
    assert fields[Field.REMOVE] == (6,)


def test_the_settings_win_and_leave_the_other_columns_alone() -> None:
    fields = find_columns(
        ["email", "Work Email", "role", "Job"], ListForm(email_column="work email", role_column="Job")
    )
    assert fields.fields == {Field.EMAIL: (1,), Field.ROLE: (3,)}


def test_columns_are_kept_ignored_or_doubtful() -> None:
    form = ListForm(keep={"Status": ["Active", "On leave"]}, ignore_columns=["suspended"])
    columns = find_columns(["email", "role", "status", "Suspended", "is_active", "until", "Notes"], form)
    assert columns.fields == {Field.EMAIL: (0,), Field.ROLE: (1,)}
    assert columns.kept_words == ((2, frozenset({"active", fold_word("on leave")})),)
    assert [(place, meaning.kind, meaning.sure) for place, meaning in columns.doubtful] == [
        (4, ColumnKind.ACTIVE, True),
        (5, ColumnKind.EXPIRES, False),
    ]


def test_a_job_is_no_role_but_may_be_one() -> None:
    columns = find_columns(["E-Mail", "Funktion"], ANY)
    assert Field.ROLE not in columns.fields
    assert columns.unclear_roles == (1,)


def test_columns_of_a_list_without_header_are_letters_or_numbers() -> None:
    form = ListForm(no_header=True, email_column="B", role_column="1", ignore_columns=["c"])
    assert find_columns(["1", "2", "3"], form).fields == {Field.EMAIL: (1,), Field.ROLE: (0,)}


@pytest.mark.parametrize(
    ("header", "foreign"),
    [
        (["email", "user_id", "role", "name", "Department"], ()),
        (["User ID", "First Name", "Email", "Role"], (1,)),
        (["user_id", "login", "email", "role", "Last access"], (1, 4)),
        (["user_id", "email", "role", "is_active"], (3,)),
    ],
)
def test_some_columns_show_that_another_program_wrote_the_file(header: list[str], foreign: tuple[int, ...]) -> None:
    assert find_columns(header, ANY).foreign == foreign
    assert find_columns(header, ListForm(user_id_column="user_id")).foreign == ()


@pytest.mark.parametrize(
    "form", [ListForm(keep={"Account status": ["Active"]}), ListForm(ignore_columns=["Account status"])]
)
def test_a_decision_about_a_column_proves_nothing_of_the_ids(form: ListForm) -> None:
    assert find_columns(["email", "user_id", "role", "Account status"], form).foreign == (3,)


def test_user_ids_can_be_left_out() -> None:
    assert Field.USER_ID not in find_columns(["user_id", "email", "role"], ListForm(no_user_id=True)).fields


def test_columns_of_an_export_count_only_if_they_are_named_or_speak_against_users() -> None:
    columns = find_columns(["user_id", "account_id", "role", "email", "status"], ListForm(email_column="email"))
    assert columns.fields == {Field.EMAIL: (3,), Field.ACTION: (4,)}
