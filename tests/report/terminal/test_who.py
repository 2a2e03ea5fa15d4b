"""An access review in the terminal."""

import pytest
from rich.console import Console

from rolesync.report.terminal.who import who_view
from tests.report.reviews import BROKEN, REVIEW


@pytest.mark.parametrize("width", [80, 120])
def test_users_are_never_broken_and_nothing_is_cut(width: int) -> None:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(who_view(REVIEW), crop=False)
    text = capture.get()
    assert max(map(len, text.splitlines())) <= width
    assert "<ann@x.edu>" in text
    assert "Admin (6)" in text
    assert "Rita Levi" in " ".join(text.split())
    assert "\x1b" not in text


def test_long_tables_are_limited_and_a_broken_record_is_named() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(who_view(BROKEN, limit=2), crop=False)
    assert "and 4 more users" in capture.get()
    assert "broken after" in capture.get()
