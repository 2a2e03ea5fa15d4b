import pytest

from rolesync.reader.placeholders import describe_placeholder, is_error_value


@pytest.mark.parametrize("text", ["#N/A", "#NV", "#REF!", "#DIV/0!", "#NAME?", "#BEZUG!"])
def test_error_values_are_recognised(text: str) -> None:
    assert is_error_value(text)
    assert describe_placeholder(text) == "a spreadsheet's error value"


@pytest.mark.parametrize("text", ["#1 fans", "# comment", "N/A", "#ann@x.edu"])
def test_other_texts_with_a_sign_are_no_error_values(text: str) -> None:
    assert not is_error_value(text)


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("=A1", "a formula that was not calculated"),
        ("2026-06-30", "a date"),
        ("1,5", "a number"),
        ("WAHR", "a yes or no"),
        ("TBD", "a placeholder"),
        ("Admin", ""),
        ("Year 2026", ""),
    ],
)
def test_a_text_is_described_by_its_form(text: str, description: str) -> None:
    assert describe_placeholder(text) == description
