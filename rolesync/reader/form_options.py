"""The options of a command that describe how a list is written, so that a suggested command reads the same list."""

from collections.abc import Collection

from rolesync.model.lists import ListForm


def form_options(form: ListForm, without: Collection[str] = ()) -> list[str]:
    """Return the options of `rolesync migrate` that describe a list as the form does, as words.

    Args:
        form: how the list is written, as far as it is set.
        without: options that the command has, or that would contradict it.
    """
    values = {
        "--sheet": [form.sheet],
        "--header-row": [str(form.header_row or "")],
        "--encoding": [form.encoding],
        "--email-column": [form.email_column],
        "--user-id-column": [form.user_id_column],
        "--role-column": [form.role_column],
        "--keep": [f"{column}={word}" for column, words in form.keep.items() for word in words],
        "--ignore-column": form.ignore_columns,
    }
    flags = {"--no-header": form.no_header, "--no-user-id": form.no_user_id}
    options = [name for name, is_set in flags.items() if is_set and name not in without]
    for name, texts in values.items():
        options += [word for text in texts if text and name not in without for word in (name, text)]
    return options
