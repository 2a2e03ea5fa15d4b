"""Options refuse what makes no sense, and say what they take."""

from typing import Any

import pytest

from rolesync.sandbox import Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batches": "some"}, "batches: 'some' is not one of atomic, partial"),
        ({"redundant": "yes"}, "redundant: 'yes' is not one of accepted, refused"),
        ({"email_match": "like"}, "email_match: 'like' is not one of exact, prefix, contains"),
        ({"email_case": "upper"}, "email_case: 'upper' is not one of insensitive, sensitive"),
        ({"old_refresh_token": "x"}, "old_refresh_token: 'x' is not one of ends_immediately, ends_on_first_use"),
        ({"empty_last_page": 2}, "empty_last_page: 2 is not one of 0, 1"),
        ({"max_actions_status": 400}, "max_actions_status: 400 is not one of 413, 422"),
        ({"users": 0}, "users: 0 is less than 1"),
        ({"max_actions": 0}, "max_actions: 0 is less than 1"),
        ({"token_lifetime": -1}, "token_lifetime: -1 is less than 1"),
        ({"roles": ("Admin",)}, "roles: Subaccount admin, Teacher, Student, Observer missing"),
        ({"reader_token": "sandbox-token"}, "must differ, and none may be empty"),
        ({"token": ""}, "must differ, and none may be empty"),
    ],
)
def test_a_wrong_value_is_refused_with_a_message(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the words are held against it below
        Options(**options)
    assert words in str(refused.value)


def test_the_defaults_are_the_easy_options() -> None:
    options = Options()
    assert (options.batches, options.redundant, options.email_match) == ("atomic", "accepted", "exact")
    assert (options.token, options.faults.shares, options.max_actions) == ("sandbox-token", {}, None)
