"""A sandbox in a process of its own for all tests, as new for each of them, and a shell that leads to it."""

from pathlib import Path

import pytest

from rolesync.sandbox.control import Control
from tests.e2e.command import Shell, shell
from tests.e2e.libreoffice import LibreOffice


@pytest.fixture
def studio(own_process: Control) -> Control:
    """The sandbox, as new."""
    own_process.reset()
    return own_process


@pytest.fixture
def sh(tmp_path: Path, studio: Control) -> Shell:
    """A shell in an empty folder, whose settings lead to the sandbox."""
    return shell(tmp_path, studio)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> LibreOffice:
    """LibreOffice with a profile of its own."""
    return LibreOffice(tmp_path_factory.mktemp("profile"))
