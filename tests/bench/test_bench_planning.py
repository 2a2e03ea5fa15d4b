"""The benchmark of planning still measures planning."""

import pickle
from pathlib import Path

from tests.bench.bench_planning import make, ours, yardstick


def test_both_sides_work_on_what_make_writes(tmp_path: Path) -> None:
    assert make(tmp_path, 1_000) == {"rows": 1_000}
    users = pickle.loads((tmp_path / "live.pickle").read_bytes())  # noqa: S301  # written a line above
    assert ours(tmp_path, users)["changes"] == 10  # five lack the role, five are not listed
    assert yardstick(tmp_path, users)["seconds"] > 0
