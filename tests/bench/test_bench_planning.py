"""The benchmark of planning still measures planning."""

import pickle
from pathlib import Path

import pytest

from tests.bench.bench_planning import KINDS, make, ours, yardstick


@pytest.mark.parametrize("kind", KINDS)
def test_both_sides_work_on_what_make_writes(kind: str, tmp_path: Path) -> None:
    assert make(tmp_path, 1_500, kind) == {"rows": 1_500}
    users = pickle.loads((tmp_path / "live.pickle").read_bytes())  # noqa: S301  # written a line above
    mine, other = ours(tmp_path, users, kind), yardstick(tmp_path, users, kind)
    assert mine["changes"] in {10, 14, 16}  # about as many lack the role as are not listed
    assert mine["people"] == other["people"]
    assert other["seconds"] > 0
