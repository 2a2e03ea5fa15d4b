"""The benchmark of reading still measures reading."""

from pathlib import Path

import pytest

from tests.bench.bench_reading import MAKERS, measure, ours


@pytest.mark.parametrize("name", MAKERS)
def test_both_sides_read_what_is_made(tmp_path: Path, name: str) -> None:
    MAKERS[name](tmp_path / name, 20)
    assert min(measure(tmp_path / name, 20)) > 0
    with pytest.raises(RuntimeError, match="was not read"):
        ours(tmp_path / name, 21)
