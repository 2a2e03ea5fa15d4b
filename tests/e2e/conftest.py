"""A sandbox in a process of its own for all tests, as new for each of them, and a shell that leads to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rolesync.sandbox.control import Control
from tests.e2e.command import Shell, sandbox, shell


@pytest.fixture(scope="session")
def _running() -> Iterator[Control]:
    with sandbox() as control:
        yield control


@pytest.fixture
def studio(_running: Control) -> Control:
    """The sandbox, as new."""
    _running.reset()
    return _running


@pytest.fixture
def sh(tmp_path: Path, studio: Control) -> Shell:
    """A shell in an empty folder, whose settings lead to the sandbox."""
    return shell(tmp_path, studio)
