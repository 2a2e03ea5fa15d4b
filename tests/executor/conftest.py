"""Plans are run against a sandbox (`start`) or a scripted Studio (`script`)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rolesync.sandbox import Options, Sandbox
from tests.executor.writing import Runner, Script, Start
from tests.servers import RequestHandler, ScriptedStudio


@pytest.fixture
def start(sandboxes: Callable[[Options], Sandbox], tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def enter(faults: str = "", client: dict[str, Any] | None = None, **options: Any) -> tuple[Runner, Sandbox]:
            sandbox = sandboxes(Options(**{"users": 184, **options}))
            sandbox.set_faults(faults)
            return Runner(sandbox.base_url, tmp_path, stack, **(client or {})), sandbox

        yield enter


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    with ExitStack() as stack:

        def enter(answer: RequestHandler, *, listening: bool = True, **client: Any) -> tuple[Runner, ScriptedStudio]:
            server = stack.enter_context(ScriptedStudio(answer, listening=listening))
            return Runner(server.base_url, tmp_path, stack, **client), server

        yield enter
