"""A process that runs a plan and is killed in the middle of it, by SIGKILL, after a given number of steps.

A step is any call of a Python or C function that the main thread makes or returns from once the plan has begun to be
applied, or one of the threads that send with it: between two of them lies every write, flush and request. Processes
are forked from one that has imported all that they need, which makes a hundred of them cheap.
"""

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path
from types import FrameType
from typing import Any

from rolesync.errors import PlanRefusedError
from rolesync.planner.decode import from_json
from rolesync.workflows.apply import apply_plan
from tests.virtual_time import VirtualTime

SECONDS = 60  # after which a process hangs, however slow the machine

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.killing"])


class _KillSwitch:
    """Kills its own process at a step; `steps` counts all of them, or those inside the calls of one function."""

    def __init__(self, at: int, inside: str) -> None:
        self.steps = 0
        self._at = at
        self._inside = inside
        self._depth = 0

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        if self._inside:
            if frame.f_code.co_name == self._inside and event in {"call", "return"}:
                self._depth += 1 if event == "call" else -1
            if not self._depth:
                return
        self.steps += 1
        if self.steps >= self._at > 0:  # several threads may count two at once
            os.kill(os.getpid(), signal.SIGKILL)


def _apply(plan_path: str, settings: dict[str, Any], kill_switch: _KillSwitch, steps: Any, clock: VirtualTime) -> None:
    made_by_threads = settings.get("write_concurrency", 1) > 1

    def light(stage: str, done: int, total: int) -> None:
        if stage == "looking up users" and done == total:
            sys.setprofile(kill_switch)
            if made_by_threads:
                threading.setprofile(kill_switch)
        elif stage == "applying":
            steps.value = kill_switch.steps

    plan = from_json(Path(plan_path).read_text(encoding="ascii"))
    with suppress(PlanRefusedError):  # a guard may have something to say by now
        apply_plan(plan, clock.context(settings, progress=light))


def virtual_time() -> VirtualTime:
    """Make a clock that killed processes share."""
    return VirtualTime(_context.Value("d", 0.0, lock=False))


def apply_until(
    plan_path: Path, settings: dict[str, Any], at: int = 0, *, inside: str = "", clock: VirtualTime | None = None
) -> int:
    """Apply a saved plan in a separate process, which is killed at step `at`; 0 lets it finish.

    If `inside` names a function, only the steps inside its calls count. Waits only move `clock` on.

    Returns:
        The number of steps after which the last change was sent, as far as the run came.
    """
    forkserver.ensure_running()
    steps = _context.Value("q", 0, lock=False)  # whoever is killed while it holds a lock never gives it back
    arguments = (str(plan_path), settings, _KillSwitch(at, inside), steps, clock or virtual_time())
    process = _context.Process(target=_apply, args=arguments)
    process.start()
    process.join(SECONDS)
    try:
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return int(steps.value)
    finally:
        process.kill()
        process.join()
        process.close()
