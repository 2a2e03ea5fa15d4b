"""An account with a run, for tests that only read its record."""

import pytest

from rolesync.sandbox.control import Control
from tests.command import SAMPLE, Shell, shell


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory, own_process: Control) -> Shell:
    """A shell in whose account one run was recorded; Studio itself may be as new again."""
    own_process.reset()
    sh = shell(tmp_path_factory.mktemp("synced"), own_process)
    assert sh.run("sync", SAMPLE).returncode == 0
    return sh
