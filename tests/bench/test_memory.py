"""The peak memory is that of the process itself, even if its parent had more."""

import subprocess
import sys

from tests.bench.memory import peak_mb


def test_a_small_child_of_a_large_process_has_been_small() -> None:
    large = b"x" * 200 * 2**20
    child = "from tests.bench.memory import peak_mb; print(peak_mb())"
    done = subprocess.run([sys.executable, "-c", child], check=True, capture_output=True, text=True)
    assert 1 < float(done.stdout) < 150
    assert peak_mb() > len(large) / 2**20
