"""A sandbox that is reset for each test, and the context of a command that works on it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rolesync.sandbox import Options, Sandbox
from rolesync.workflows.context import Context
from tests.workflows.tools import settings_for


@pytest.fixture
def studio(sandboxes: Callable[[Options], Sandbox]) -> Sandbox:
    return sandboxes(Options())


@pytest.fixture
def context(studio: Sandbox, tmp_path: Path) -> Context:
    return Context(settings_for(studio, tmp_path / "state"), sleep=lambda _: None)
