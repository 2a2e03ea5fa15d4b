import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings, strategies as st

from rolesync.model import email_key
from rolesync.reader.findings import CellError, Code
from rolesync.reader.identity import MAX_USER_ID, read_email, read_user_id


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("a@x.edu", "a@x.edu"),
        ("  Ann.Lee@Example.EDU\t", "ann.lee@example.edu"),
        ("\u00a0a@x.edu\u202f", "a@x.edu"),
        ("o'brien@example.edu", "o'brien@example.edu"),
        ("ann+studio@example.edu", "ann+studio@example.edu"),
        ("na@example.edu", "na@example.edu"),
        ("null@example.edu", "null@example.edu"),
        ("a@example.test", "a@example.test"),
        ("é@example.test", "é@example.test"),
        ("a@host.local", "a@host.local"),
        ("a@x.localhost", "a@x.localhost"),
        ("root@localhost", "root@localhost"),
        ("a@x--y.edu", "a@x--y.edu"),
        ("Jose\u0301@example.edu", "josé@example.edu"),
        ("É@BÜCHER.edu", "é@bücher.edu"),
        ("a@xn--bcher-kva.edu", "a@xn--bcher-kva.edu"),
        ("x" * 70 + "@example.edu", "x" * 70 + "@example.edu"),
        ("", ""),
        (" \u00a0", ""),
    ],
)
def test_addresses(cell: str, address: str) -> None:
    assert read_email(cell) == address


@pytest.mark.parametrize(
    "cell",
    [
        "ann",
        "ann@",
        "@x.edu",
        "a@b@x.edu",
        "a b@x.edu",
        "a@x.edu;b@x.edu",
        "a@x.edu, b@x.edu",
        "Ann <a@x.edu>",
        "mailto:a@x.edu",
        '"a b"@x.edu',
        "a@example",
        "a@x..edu",
        "a..b@x.edu",
        ".a@x.edu",
        "a@x.edu.",
        "a@-x.edu",
        "a@x_y.edu",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@x.edu\nb@x.edu",
        "a\u200b@x.edu",
        "a@" + "x" * 64 + ".edu",
        "a" * 250 + "@x.edu",
        "null",
        "#N/A",
    ],
)
def test_what_is_no_address(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_email(cell)
    assert caught.value.code is Code.EMAIL_INVALID
    assert repr(cell[:80]) in caught.value.message
    assert len(caught.value.message) < 300


def test_a_message_quotes_a_cell_in_one_line() -> None:
    with pytest.raises(CellError) as caught:
        read_email("a\n\x1b[31m" + "x" * 10_000)
    assert "\n" not in caught.value.message
    assert "\x1b" not in caught.value.message


LOCAL = st.text("abAZ09.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20)
DOMAIN = st.text("abAZ09.-_", min_size=1, max_size=40)


@settings(max_examples=300, deadline=None, database=None)
@given(local=LOCAL, domain=DOMAIN | st.builds("{}.edu".format, DOMAIN) | st.builds("x-{}.test".format, DOMAIN))
@example(local="a", domain="ab--c.edu")
@example(local="a", domain="xn--a.edu")
@example(local="a", domain="x.e1")
def test_plain_addresses_are_what_the_library_says(local: str, domain: str) -> None:
    """The fast way accepts nothing else than the library does."""
    cell = f"{local}@{domain}"
    try:
        validate_email(cell, check_deliverability=False)
    except EmailNotValidError:
        with pytest.raises(CellError):
            read_email(cell)
    else:
        assert read_email(cell) == email_key(cell)


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(max_size=40) | st.builds("{}@{}.edu".format, st.text(max_size=10), st.text(max_size=10)))
def test_any_text_is_an_address_or_has_a_reason(cell: str) -> None:
    try:
        key = read_email(cell)
    except CellError as problem:
        assert problem.message  # noqa: PT017  # either outcome is right; what must not happen is another exception
    else:
        assert key == email_key(cell.strip())


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1", 1),
        (" 42\u00a0", 42),
        ("9007199254740993", 9007199254740993),
        (str(MAX_USER_ID), MAX_USER_ID),
        ("", 0),
        ("\u00a0 ", 0),
    ],
)
def test_user_ids(cell: str, number: int) -> None:
    assert read_user_id(cell) == number


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("0", "begin at 1"),
        ("00", "begin at 1"),
        ("007", "begins with 0"),
        ("+7", "sign"),
        ("-7", "sign"),
        ("1.23E+15", "exponent"),
        ("1,23E+15", "exponent"),
        ("1e3", "exponent"),
        ("7.0", "fraction"),
        ("7.", "fraction"),
        ("1,234", "separators"),
        ("1 234 567", "separators"),
        ("1\u202f234", "separators"),
        (str(MAX_USER_ID + 1), "greater than"),
        ("9" * 30, "greater than"),
        ("1_000", "whole number"),
        ("0x1F", "whole number"),
        ("\u0661\u0662", "whole number"),
        ("１２", "whole number"),  # noqa: RUF001  # full-width digits are the point
        ("²", "whole number"),
        ("7a", "whole number"),
        ("nan", "whole number"),
        ("#REF!", "whole number"),
        ("a@x.edu", "whole number"),
    ],
)
def test_what_is_no_user_id(cell: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason) as caught:
        read_user_id(cell)
    assert caught.value.code is Code.USER_ID_INVALID
    assert repr(cell) in caught.value.message
