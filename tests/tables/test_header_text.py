import pytest

from rolesync.tables.header_text import fold_header


@pytest.mark.parametrize(
    "text", ["user_id", "User ID", "USER-ID", " user\u00a0id ", "user\u2011id", "\ufeffuser_id", "ï»¿user_id"]
)
def test_case_whitespace_hyphens_and_byte_order_marks_are_ignored(text: str) -> None:
    assert fold_header(text) == "userid"


def test_other_letters_stay() -> None:
    assert fold_header("Straße (2)") == "strasse(2)"
