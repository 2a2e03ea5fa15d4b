"""What every command works with."""

from datetime import UTC, datetime
from pathlib import Path

from rolesync.settings import load
from rolesync.workflows.context import Context


def test_run_ids_sort_by_time_and_are_unique(tmp_path: Path) -> None:
    settings = load(state_dir=tmp_path)
    early = Context(settings, now=lambda: datetime(2026, 3, 1, 2, tzinfo=UTC))
    late = Context(settings, now=lambda: datetime(2026, 3, 1, 3, tzinfo=UTC))
    ids = [early.new_run(), early.new_run(), late.new_run()]
    assert len(set(ids)) == len(ids)
    assert max(ids[:2]) < ids[2]
