"""What every command works with."""

from datetime import UTC, datetime
from pathlib import Path

from rolesync.settings import load
from rolesync.workflows.context import Context


def test_a_run_is_named_by_the_time_of_the_context(tmp_path: Path) -> None:
    context = Context(load(state_dir=tmp_path), now=lambda: datetime(2026, 3, 1, 2, tzinfo=UTC))
    assert context.new_run().startswith("20260301T020000-")


def test_a_run_that_has_begun_keeps_its_id(tmp_path: Path) -> None:
    context = Context(load(state_dir=tmp_path))
    begun = context.with_run()
    assert begun.new_run() == begun.run != context.new_run()
