import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import example, given, settings, strategies as st

from rolesync.model.findings import CellError, Code, Note
from rolesync.model.keys import email_key
from rolesync.model.vocabulary import Level
from rolesync.reader.identity import MAX_USER_ID, read_email, read_user_id


def no_note(note: Note) -> None:
    raise AssertionError(f"unexpected note: {note}")


def any_note(_note: Note) -> None:
    """Accept every note."""


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("a@x.edu", "a@x.edu"),
        ("  Ann.Lee@Example.EDU\t", "ann.lee@example.edu"),
        ("\u00a0a@x.edu\u202f", "a@x.edu"),
        ("o'brien@example.edu", "o'brien@example.edu"),
        ("ann+studio@example.edu", "ann+studio@example.edu"),
        ("+ann@example.edu", "+ann@example.edu"),
        ("_ann@example.edu", "_ann@example.edu"),
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
        ("a@xn--bcher-kva.edu", "a@b\u00fccher.edu"),
        ("x" * 70 + "@example.edu", "x" * 70 + "@example.edu"),
        ("", ""),
        (" \u00a0", ""),
    ],
)
def test_valid_addresses_are_normalised(cell: str, address: str) -> None:
    assert read_email(cell, no_note) == address


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
        "a@x.edu <b@x.edu>",
        "Ann <a@x.edu>, Bob <b@x.edu>",
        "Ann; Bob <b@x.edu>",
        "Ann <a@x.edu> (on leave)",
        "Ann <>",
        "mailto:a@x.edu?subject=Hello",
        "mailto:a%2Bb@x.edu",
        "mailto:a@x.edu,b@x.edu",
        "\u202eude.x@a",
        "\u200b",
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
        "na\u200cme\u0634@x.edu",
        "m\ufffdller@x.edu",
        "'a@x.edu",
        "'a@x.edu'",
        "=a@x.edu",
        "#a@x.edu",
        "*a@x.edu",
        "\u200b'a@x.edu",
        "a@" + "x" * 64 + ".edu",
        "a" * 250 + "@x.edu",
        "a" + " " * 1_000_000 + "b",
        "null",
        "#N/A",
    ],
)
def test_other_texts_are_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_email(cell, any_note)
    assert caught.value.code is Code.EMAIL_INVALID
    assert repr(cell[:80]) in caught.value.message
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("cell", "address", "removed"),
    [
        ("a\u200b@x.edu", "a@x.edu", "invisible"),
        ("\ufeffa@x.edu", "a@x.edu", "invisible"),
        ("\u200ea@x.edu\u200f", "a@x.edu", "invisible"),
        ("\u202aa@x.edu\u202c", "a@x.edu", "invisible"),
        ("\u2066a@x.edu\u2069", "a@x.edu", "invisible"),
        ("a\u00adb@x.edu", "ab@x.edu", "invisible"),
        ("a\u200d@x.edu", "a@x.edu", "invisible"),
        ("\u200b \u00a0a@x.edu", "a@x.edu", "invisible"),
        ("ａ@ｘ.edu", "a@x.edu", "full-width"),  # noqa: RUF001  # full-width letters are the point
        ("a＠x．edu", "a@x.edu", "full-width"),  # noqa: RUF001
        ("mailto:A@x.edu", "a@x.edu", "'mailto:'"),
        ("MAILTO: a@x.edu", "a@x.edu", "'mailto:'"),
        ("Ann Lee <A@x.edu>", "a@x.edu", "a name"),
        ('"Lee, Ann" <a@x.edu>', "a@x.edu", "a name"),
        ("Lee, Ann <a@x.edu>", "a@x.edu", "a name"),
        ("<a@x.edu>", "a@x.edu", "a name"),
        ("Ann <mailto:a@x.edu>", "a@x.edu", "a name and brackets around the address, 'mailto:'"),
        ("Ann <é@x.edu>", "é@x.edu", "a name"),
    ],
)
def test_text_around_an_address_is_removed_with_a_note(cell: str, address: str, removed: str) -> None:
    notes: list[Note] = []
    assert read_email(cell, notes.append) == address
    assert [(note.level, note.code) for note in notes] == [(Level.WARNING, Code.EMAIL_NORMALISED)]
    assert removed in notes[0].message
    assert repr(cell) in notes[0].message
    assert repr(address) in notes[0].message


@pytest.mark.parametrize(
    "cell",
    [
        "\u0430nn@x.edu",  # Cyrillic a
        "ann@ex\u0430mple.edu",
        "\u03bfscar@x.edu",  # Greek omicron
        "\u0578scar@x.edu",  # Armenian vo
        "\u017fam@x.edu",  # long s, which folds to s
        "ann@\U0001d41a.edu",  # mathematical bold a
        "\u00b5m@x.edu",  # micro sign, which folds to Greek mu
    ],
)
def test_look_alike_letters_among_others_are_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_email(cell, any_note)
    assert caught.value.code is Code.EMAIL_LOOKALIKE


@pytest.mark.parametrize("address", ["jürgen@x.edu", "à@x.edu", "анна@пример.edu", "山田@x.edu"])
def test_utf8_that_was_read_as_windows_1252_is_refused(address: str) -> None:
    mangled = "".join(
        chr(byte) if 0x80 <= byte <= 0x9F else bytes([byte]).decode("cp1252") for byte in address.encode()
    )
    mangled_fully = address.encode().decode("latin-1")
    for cell in (mangled, mangled_fully, f"Ann <{mangled}>"):
        with pytest.raises(CellError, match="as Windows-1252") as caught:
            read_email(cell, any_note)
        assert caught.value.code is Code.EMAIL_INVALID


@pytest.mark.parametrize("cell", ["анна@x.edu", "ann@пример.edu", "山田taro@x.edu", "άννα@x.edu", "x.иван@x.edu"])
def test_addresses_in_other_scripts_are_valid(cell: str) -> None:
    assert read_email(cell, no_note) == cell


def test_a_word_of_nothing_but_look_alikes_is_kept_with_a_warning() -> None:
    notes: list[Note] = []
    cyrillic = "\u0441\u043e\u0441\u043e@x.edu"
    assert read_email(cyrillic, notes.append) == cyrillic != "coco@x.edu"
    assert [(note.level, note.code) for note in notes] == [(Level.WARNING, Code.EMAIL_LOOKALIKE)]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("101.0", 101),
        ("101.00", 101),
        ("'101", 101),
        ("101\u200b", 101),
        ("\u200e101", 101),
        ("9007199254740991.0", 2**53 - 1),
    ],
)
def test_a_number_that_a_program_changed_is_read_with_a_note(cell: str, number: int) -> None:
    notes: list[Note] = []
    assert read_user_id(cell, notes.append) == number
    assert [(note.level, note.code) for note in notes] == [(Level.WARNING, Code.USER_ID_NORMALISED)]
    assert repr(cell) in notes[0].message


def test_a_message_quotes_a_cell_in_one_line() -> None:
    with pytest.raises(CellError) as caught:
        read_email("a\n\x1b[31m" + "x" * 10_000, any_note)
    assert "\n" not in caught.value.message
    assert "\x1b" not in caught.value.message


LOCAL = st.text("abAZ09.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20).filter(lambda text: text[0] not in "'#*=")
DOMAIN = st.text("abAZ09.-_", min_size=1, max_size=40)


@settings(max_examples=300, deadline=None, database=None)
@given(local=LOCAL, domain=DOMAIN | st.builds("{}.edu".format, DOMAIN) | st.builds("x-{}.test".format, DOMAIN))
@example(local="a", domain="ab--c.edu")
@example(local="a", domain="xn--a.edu")
@example(local="a", domain="x.e1")
def test_plain_addresses_are_valid_for_the_library_too(local: str, domain: str) -> None:
    """The fast path accepts only what the library accepts."""
    cell = f"{local}@{domain}"
    SPECIAL_USE_DOMAIN_NAMES.clear()  # as the reader does before it calls the library
    try:
        validate_email(cell, check_deliverability=False)
    except EmailNotValidError:
        with pytest.raises(CellError):
            read_email(cell, any_note)
    else:
        assert read_email(cell, no_note) == email_key(cell)


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(max_size=40) | st.builds("{}@{}.edu".format, st.text(max_size=10), st.text(max_size=10)))
def test_any_text_is_an_address_or_has_a_reason(cell: str) -> None:
    notes: list[Note] = []
    try:
        key = read_email(cell, notes.append)
    except CellError as problem:
        assert problem.message  # noqa: PT017  # both outcomes are valid; only another exception is not
    else:
        assert read_email(key, any_note) == key
        assert key == email_key(cell.strip()) or Code.EMAIL_NORMALISED in {note.code for note in notes}


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
def test_valid_user_ids_are_read(cell: str, number: int) -> None:
    assert read_user_id(cell, no_note) == number


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
        ("102.5", "fraction"),
        ("101,0", "fraction"),
        ("9007199254740993.0", "floating-point"),
        ("9007199254740992.0", "floating-point"),
        ("1.2E+05", "exponent"),
        ("01103", "begins with 0"),
        ("1_02", "whole number"),
        ("'007", "whole number"),
        ("0.0", "fraction"),
        (f"{MAX_USER_ID + 1}.0", "fraction"),
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
def test_other_texts_are_no_user_ids(cell: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason) as caught:
        read_user_id(cell, any_note)
    assert caught.value.code is Code.USER_ID_INVALID
    assert repr(cell) in caught.value.message


def test_the_reason_against_an_address_is_part_of_one_sentence() -> None:
    with pytest.raises(CellError) as refused:
        read_email("admin@example", any_note)
    reason = "the part after the @-sign is not valid; it should have a period"
    assert refused.value.message == f"'admin@example' is not an e-mail address: {reason}"


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("nbergmann2", "nbergmann2"),
        (" NBergmann2 ", "nbergmann2"),
        ("UNI\\n.bergmann", "uni\\n.bergmann"),
        ("Jose\u0301", "jos\u00e9"),
        ("n\u200bbergmann2", "nbergmann2"),
        ("ann@example.edu", "ann@example.edu"),
    ],
)
def test_a_login_is_read_where_it_is_allowed(cell: str, key: str) -> None:
    assert read_email(cell, any_note, logins=True) == key
    if "@" not in cell:
        with pytest.raises(CellError, match="no @-sign"):
            read_email(cell, any_note)


@pytest.mark.parametrize(
    "cell",
    [
        "1234",
        "n/a",
        "-",
        "#N/A",
        "TBD",
        "no",
        "Ann Smith",
        "'ann",
        "=ann",
        "ann;bo",
        "ann,bo",
        "j\u00c3\u00bcrgen",
        "a" * 255,
    ],
)
def test_what_may_be_no_login_is_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_email(cell, any_note, logins=True)
    assert caught.value.code is Code.EMAIL_INVALID


@pytest.mark.parametrize("cell", ["nb\u0435rgmann2", "\u0430nn", "\U0001d41ann"])
def test_look_alikes_in_logins_are_refused_as_in_addresses(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        read_email(cell, any_note, logins=True)
    assert caught.value.code is Code.EMAIL_LOOKALIKE


@pytest.mark.parametrize(
    "cell",
    ["SMTP:a@x.edu;smtp:b@x.edu", "smtp:b@x.edu+SMTP:a@x.edu", "SMTP:a@x.edu", "X500:/o=E/ou=x SMTP:a@x.edu"],
)
def test_the_primary_address_of_a_mailbox_counts(cell: str) -> None:
    notes: list[Note] = []
    assert read_email(cell, notes.append) == "a@x.edu"
    assert "primary address" in notes[0].message


@pytest.mark.parametrize("cell", ["SMTP:a@x.edu;SMTP:b@x.edu", "smtp:a@x.edu;smtp:b@x.edu", "SMTP:a@x.edu; b@x.edu"])
def test_a_mailbox_without_a_single_primary_address_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        read_email(cell, lambda _note: None)


@pytest.mark.parametrize("address", ["-x@x.edu", "+x@x.edu"])
def test_the_sign_against_formulas_is_removed_with_a_note(address: str) -> None:
    notes: list[Note] = []
    assert read_email(f"'{address}", notes.append) == address
    assert "formula" in notes[0].message
