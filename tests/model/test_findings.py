import pytest

from rolesync.model.findings import SHOWN, Code, Finding, Note, error, held, name_some, printable, quoted
from rolesync.model.vocabulary import Level


def test_only_an_error_that_concerns_one_row_is_held() -> None:
    finding = error(Code.EMAIL_INVALID, "no address", row=3, column="email")
    assert held(finding, header_row=1) == Finding(Level.HELD, "email_invalid", "no address", 3, "email")


@pytest.mark.parametrize(
    "finding",
    [
        error(Code.EMAIL_INVALID, "in the header", row=1),
        error(Code.NO_ROWS, "in the file"),
        error(Code.UNCLOSED_QUOTE, "may hide other rows", row=3),
        Note(Level.WARNING, Code.DUPLICATE, "no error").at(3),
    ],
    ids=lambda finding: finding.message,
)
def test_other_findings_stay_as_they_are(finding: Finding) -> None:
    assert held(finding, header_row=1) is finding


def test_a_cell_is_quoted_in_one_line_and_cut() -> None:
    assert quoted("two\nlines\u202e") == r"'two\nlines\u202e'"
    assert quoted("x" * SHOWN) == f"'{'x' * SHOWN}'"
    assert quoted("x" * (SHOWN + 1)) == f"'{'x' * SHOWN}'…"


def test_bytes_that_are_no_text_become_printable() -> None:
    text = b"a\xffb".decode("utf-8", "surrogateescape")
    assert printable(text) == "a\ufffdb"


@pytest.mark.parametrize(
    ("number", "text"), [(0, ""), (2, "0, 1"), (5, "0, 1, 2, 3, 4"), (7, "0, 1, 2, 3, 4 and 2 more")]
)
def test_the_first_few_names_are_listed(number: int, text: str) -> None:
    assert name_some(map(str, range(number))) == text
