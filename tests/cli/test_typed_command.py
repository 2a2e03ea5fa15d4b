"""Advice repeats the typed command, without its secrets."""

import sys

import pytest

from rolesync.cli.typed_command import plan_words, typed_settings, typed_words
from rolesync.settings import load


@pytest.mark.parametrize(
    ("typed", "advised"),
    [
        ("plan l.csv --no-removals --all", "plan l.csv --no-removals -o plan.json"),
        ("sync l.csv --dry-run -s token=abc -s chunk_size=5", "plan l.csv -s chunk_size=5 -o plan.json"),
        ("undo 2026 --set=token=abc", "undo 2026 -o plan.json"),
        ("plan -- -l.csv", "plan -o plan.json -- -l.csv"),
        ("plan https://x.edu/l.csv?abc", "plan https://x.edu/l.csv -o plan.json"),
    ],
)
def test_a_plan_that_was_not_saved_is_saved_by_the_same_command(
    typed: str, advised: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(token="t", base_url="https://school.example.edu")
    monkeypatch.setattr(sys, "argv", ["rolesync", *typed.split()])
    assert plan_words(settings, "plan.json") == ["rolesync", *advised.split()]
    assert "abc" not in " ".join(typed_words(settings))


@pytest.mark.parametrize(
    ("typed", "repeated"),
    [
        ("migrate l.csv --sheet A -s token=abc -s chunk_size=5", "-s chunk_size=5"),
        ("migrate l.csv --config=b.toml --set owner=x -c c.toml", "--config=b.toml --set owner=x -c c.toml"),
        ("migrate -- --set", ""),
    ],
)
def test_settings_are_repeated_without_secrets(typed: str, repeated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(token="t", base_url="https://school.example.edu")
    monkeypatch.setattr(sys, "argv", ["rolesync", *typed.split()])
    assert typed_settings(settings) == repeated.split()
