"""The fleet's lock, and the mark that shows a copied folder."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rolesync.errors import LockHeldError, RecordBrokenError
from rolesync.fleet.fleet_folder import lock_fleet


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with lock_fleet(tmp_path / "f", run="1", command="sync", now=now):
        second = lock_fleet(tmp_path / "f", run="2", command="sync", now=now)
        with pytest.raises(LockHeldError, match=r"`rolesync fleet sync`, run 1, .* holds the lock of this fleet"):
            second.__enter__()
    with lock_fleet(tmp_path / "f", run="3", command="sync", now=now):
        assert (tmp_path / "f").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["", "{}", "[]", "x"])
def test_a_copied_folder_is_refused(tmp_path: Path, damage: str) -> None:
    with lock_fleet(tmp_path / "f", run="1", command="sync", now=now):
        pass
    shutil.copytree(tmp_path / "f", tmp_path / "copy")
    if damage:
        (tmp_path / "copy" / "fleet.id").write_text(damage, encoding="ascii")
    with pytest.raises(RecordBrokenError, match="is a copy") as refusal:
        lock_fleet(tmp_path / "copy", run="2", command="sync", now=now).__enter__()
    assert str(tmp_path / "copy" / "fleet.id") in refusal.value.hint
    (tmp_path / "copy" / "fleet.id").unlink()
    with lock_fleet(tmp_path / "copy", run="3", command="sync", now=now):
        pass
