"""Where the jobs of a fleet run, as the command line names it."""

import sys
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.engines import engine_of
from rolesync.fleet.worker_pool import LocalEngine


def test_this_machine_is_an_engine(tmp_path: Path) -> None:
    assert isinstance(engine_of("local", tmp_path, ""), LocalEngine)


@pytest.mark.parametrize("text", ["", "dask", "dask:", "ray:127.0.0.1:1"])
def test_another_name_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="is not an engine"):
        engine_of(text, tmp_path, "")


def test_a_missing_package_is_named_with_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "rolesync.fleet.dask_engine", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="needs distributed, which is not installed") as refusal:
        engine_of("dask:tcp://127.0.0.1:1", tmp_path, "")
    assert "dask" in refusal.value.hint
