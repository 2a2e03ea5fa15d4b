import pytest

from rolesync.model.lists import AS_WRITTEN, ListForm


@pytest.mark.parametrize(
    ("form", "names"),
    [
        (AS_WRITTEN, False),
        (ListForm(sheet="2", header_row=3, role_aliases={"Boss": "Admin"}), False),
        (ListForm(email_column="Mail"), True),
        (ListForm(user_id_column="Id"), True),
        (ListForm(role_column="Role"), True),
    ],
)
def test_a_form_names_columns_if_any_column_is_set(form: ListForm, *, names: bool) -> None:
    assert form.names_columns is names
