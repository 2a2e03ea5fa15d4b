import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rolesync.model.periods import Period
from rolesync.model.reasons import REASONS, Reason
from rolesync.report.content.text import (
    duration_text,
    escape_for_display,
    format_guard_value,
    format_user,
    list_text,
    plural,
    reason_sentence,
    row_text,
    size_text,
)
from tests.report.samples import HUGE

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Ångström", "Zoë Ångström"),
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("", ""),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u2066b\u200bc\ufeff", r"a\u2066b\u200bc\ufeff"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\u3164\u115f\u2800\ufe0f", r"\u3164\u115f\u2800\ufe0f"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        (r"SCHOOL\ada", r"SCHOOL\ada"),
    ],
)
def test_visible_characters_stay_and_others_become_escapes(text: str, shown: str) -> None:
    assert escape_for_display(text) == shown


@given(ANY_TEXT)
def test_safe_text_is_one_line_without_anything_that_steers(text: str) -> None:
    output = escape_for_display(text)
    assert len(output.splitlines()) <= 1
    assert not {unicodedata.category(char) for char in output} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert output.encode().decode() == output


@given(ANY_TEXT, st.integers(0, 20))
def test_a_limit_holds_for_escapes_too(text: str, limit: int) -> None:
    output = escape_for_display(text, limit)
    assert output == escape_for_display(text) or output.split("…")[0] == escape_for_display(text)[:limit]
    assert len(output) <= limit + 30


def test_a_huge_text_is_cut_with_its_length() -> None:
    assert escape_for_display(HUGE, 10) == "xxxxxxxxxx… (1,000,000 characters)"
    assert escape_for_display("exactly 10", 10) == "exactly 10"


def test_a_list_below_the_current_folder_is_shown_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert list_text(str(tmp_path / "lists" / "roles.csv")) == "lists/roles.csv"
    assert list_text(f"{tmp_path}-2/roles.csv") == f"{tmp_path}-2/roles.csv"
    assert list_text("old/roles.csv") == "old/roles.csv"
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert list_text("/lists/roles.csv") == "/lists/roles.csv"


def test_plural() -> None:
    assert [plural(number, "removal") for number in (0, 1, 2_000)] == ["0 removals", "1 removal", "2,000 removals"]
    assert plural(2, "person", "people") == "2 people"


def test_a_user_is_named_by_name_address_and_id() -> None:
    assert format_user("Ada", "ada@example.edu", 12) == "Ada <ada@example.edu> #12"
    assert format_user("", "", 2**63 - 1) == "#9223372036854775807"
    assert format_user("", "", 0) == "(not named)"


def test_reasons_are_sentences_and_unknown_ones_stay_visible() -> None:
    assert {reason_sentence(reason) for reason in Reason} == set(REASONS.values())
    days = Period(date(2026, 7, 1))
    assert reason_sentence("listed_without_role", days) == "in the list, this role ended on 2026-06-30"
    assert reason_sentence("listed", Period(expires=days.starts)).endswith("; until 2026-07-01")
    assert reason_sentence("of\ntomorrow") == r"of\ntomorrow"


def test_amounts() -> None:
    assert format_guard_value("max_removals_share", 0.25) == "25%"
    assert format_guard_value("max_removals_share", 0.2504) == "25.04%"
    assert format_guard_value("max_removals", 1000) == "1,000"
    assert format_guard_value("max_removals", 0) == "0"
    assert format_guard_value("owner", None) == "-"


def test_rows() -> None:
    assert [row_text(row) for row in (None, 0, 7)] == ["", "", "7"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (1_254_000, "1.25 MB"),
        (12_340_000, "12.3 MB"),
        (100_000_000, "100 MB"),
        (999_600_000, "1 GB"),
        (310 * 10**9, "310 GB"),
        (2**62, "4,612 PB"),
    ],
)
def test_sizes_have_three_digits_and_a_unit(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_569, "59 min"),
        (3_590, "1 h"),
        (12_000, "3 h 20 min"),
        (360_000, "100 h"),
        (4_444_444, "1,234 h"),
    ],
)
def test_durations_have_the_units_that_matter(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text
