"""Fixtures that tests of several folders share, since some take longer to start and stop than most tests."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings

from rolesync.sandbox import Control, Options, Sandbox
from tests.command import COVERAGE, SAMPLE, Shell, sandbox, shell

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.fleet.tools import SharedEngines

settings.register_profile("steady", deadline=None)  # nothing is timed: machines are busy
settings.load_profile("steady")
settings.register_profile("soak", max_examples=700, stateful_step_count=30, deadline=None)

_TESTS = Path(__file__).parent
_UNMEASURED = {"bench", "e2e", "jobs", "test_soak.py"}

_IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}


def stop_ignoring_signals() -> None:
    """Let tests, and the processes that they start, be interrupted as on a terminal, whatever started the tests.

    A shell lets its background jobs ignore SIGINT, and nohup lets them ignore SIGHUP; every process that they start
    inherits that. It doesn't inherit a handler, not even one that does nothing.
    """
    for number in signal.valid_signals() - _IGNORED_BY_PYTHON:
        if signal.getsignal(number) is signal.SIG_IGN:
            is_interrupt = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if is_interrupt else lambda _number, _frame: None)


stop_ignoring_signals()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Don't measure the coverage of random tests and whole runs, which repeat others: it would double their time.

    They are the longest, and come first. So short tests keep all processors busy at the end.
    """
    for item in items:
        if "hypothesis" in item.keywords or item.path.relative_to(_TESTS).parts[0] in _UNMEASURED:
            item.add_marker("no_cover")
    items.sort(key=lambda item: item.get_closest_marker("no_cover") is None)


@pytest.fixture
def unmeasured_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no process that a test starts, only the test."""
    monkeypatch.delenv(COVERAGE, raising=False)


@pytest.fixture(autouse=True)
def _processes_as_measured(request: pytest.FixtureRequest) -> None:
    """Measure the processes that a test starts only if the test is measured."""
    if request.node.get_closest_marker("no_cover"):
        request.getfixturevalue("unmeasured_processes")


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Reset the settings of the log after each test, since they may drop an entry that a later test looks for."""
    before, disabled = structlog.get_config() if structlog.is_configured() else {}, logging.root.manager.disable
    yield
    logging.disable(disabled)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    if before:
        structlog.configure(**before)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without any ROLESYNC_ variable in the environment."""
    for name in [name for name in os.environ if name.upper().startswith("ROLESYNC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an account, which does not exist yet."""
    return tmp_path / "state" / "account"


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Callable[[Options], Sandbox]]:
    """Get a sandbox in this process by its options, reset. Equal options share one sandbox."""
    with ExitStack() as stack:
        running: dict[str, Sandbox] = {}

        def get(options: Options) -> Sandbox:
            key = repr(options)
            if key not in running:
                running[key] = stack.enter_context(Sandbox(options))
            running[key].reset()
            return running[key]

        yield get


@pytest.fixture(scope="session")
def own_process() -> Iterator[Control]:
    """A sandbox in a separate process, started by the command; measuring it would slow down each request."""
    with sandbox(measured=False) as control:
        yield control


@pytest.fixture
def studio(own_process: Control) -> Control:
    """The sandbox in a separate process, reset; some folders have another fixture of this name."""
    own_process.reset()
    return own_process


@pytest.fixture
def sh(tmp_path: Path, studio: Control) -> Shell:
    """A shell in an empty folder, whose settings lead to the sandbox."""
    return shell(tmp_path, studio)


@pytest.fixture(scope="session")
def engines() -> Iterator["SharedEngines"]:
    """Engines whose workers outlive a command, because starting a worker takes longer than most accounts."""
    from tests.fleet.tools import SharedEngines  # noqa: PLC0415  # most tests need no fleet

    with closing(SharedEngines()) as engines:
        yield engines


@pytest.fixture
def shared_workers(engines: "SharedEngines", monkeypatch: pytest.MonkeyPatch, unmeasured_processes: None) -> None:
    """Let the commands of fleets in this process share their workers, which are not measured."""
    del unmeasured_processes
    monkeypatch.setattr("rolesync.fleet.engines.LocalEngine", engines.get)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One Chromium; each test opens its own contexts in it."""
    from tests.browser import CHROMIUM, MISSING, chromium  # noqa: PLC0415  # most tests need no browser

    if CHROMIUM is None:
        pytest.skip(MISSING)
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory, own_process: Control) -> Shell:
    """A shell in whose account one run was recorded; other tests may have reset Studio since."""
    own_process.reset()
    sh = shell(tmp_path_factory.mktemp("synced"), own_process)
    assert sh.run("sync", SAMPLE).returncode == 0
    return sh
