"""The context of a run stands apart from the code of the run, so that it costs no start-up time."""

import subprocess
import sys

IMPORTS = "import sys, rolesync.executor.run_context; print(*sys.modules)"


def test_commands_that_apply_nothing_import_it_without_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, encoding="utf-8", check=True)
    modules = set(done.stdout.split())
    assert "rolesync.executor.run_context" in modules
    assert modules & {"pandas", "numpy", "rolesync.executor.run", "rolesync.differ.diff"} == set()
