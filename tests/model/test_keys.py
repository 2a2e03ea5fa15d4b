import pytest

from rolesync.model.keys import email_key, format_roles, parse_roles


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ada@Example.EDU", "ada@example.edu"),
        (" ada@example.edu ", "ada@example.edu"),
        ("zo\u00eb@example.edu", "ZOE\u0308@example.edu"),
        ("\u039f\u0394\u039f\u03a3@example.edu", "\u03bf\u03b4\u03bf\u03c2@example.edu"),
    ],
)
def test_addresses_that_are_the_same(first: str, second: str) -> None:
    assert email_key(first) == email_key(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a@x.edu", "\u0430@x.edu"),
        ("strau\u00df@x.edu", "strauss@x.edu"),
        ("a+1@x.edu", "a@x.edu"),
        ("a@x.edu", "a@y.edu"),
    ],
)
def test_addresses_that_differ(first: str, second: str) -> None:
    assert email_key(first) != email_key(second)


def test_role_sets_have_one_encoding_and_come_back() -> None:
    assert format_roles(["Teacher", "Admin", "Admin"]) == format_roles(["Admin", "Teacher"])
    assert parse_roles(format_roles(["a, b", 'c"d'])) == ["a, b", 'c"d']
    assert parse_roles("") == []
