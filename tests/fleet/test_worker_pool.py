"""Worker processes: reused, replaced, ended at their deadline, and never the end of the fleet."""

import sys
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from rolesync.fleet.worker_pool import WORKER, LocalEngine
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import AccountResult, AccountStatus
from tests.fleet.tools import job

pytestmark = pytest.mark.usefixtures("unmeasured_processes")  # they have no module of ours

SCRIPT = """
import json, os, signal, sys
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    account = json.loads(line)["account"]
    if account == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if account == "leaves":
        sys.exit(3)
    if account == "hangs":
        while True:
            signal.pause()
    if account.startswith("prints "):
        print(account.removeprefix("prints "), flush=True)
        signal.pause()
    print(json.dumps({"progress": ["stage", 1, 2]}), flush=True)
    while account == "shows and hangs":
        signal.pause()
    result = {"account": account, "status": "done", "message": str(os.getpid()), "hint": str(sorted(os.environ))}
    text = json.dumps({"result": result}) + "\\n"
    sys.stdout.write(text[:20]); sys.stdout.flush(); sys.stdout.write(text[20:]); sys.stdout.flush()
    if account == "last":
        os._exit(0)
"""


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine([sys.executable, "-c", SCRIPT], jobs_per_worker=3)
    yield engine
    engine.close()


def run(engine: LocalEngine, account: str = "north", deadline: float = 60.0) -> AccountResult:
    return engine.run(job(account), deadline, lambda *_: None)


def test_a_worker_takes_one_account_after_the_other_and_is_replaced(engine: LocalEngine) -> None:
    processes = [run(engine).message for _ in range(4)]
    assert processes[0] == processes[1] == processes[2] != processes[3]


def test_progress_names_the_account(engine: LocalEngine) -> None:
    steps: list[tuple[str, str, int, int]] = []
    engine.run(job("north"), 60, lambda *step: steps.append(step))
    assert steps == [("north", "stage", 1, 2)]


@pytest.mark.parametrize(("account", "how"), [("dies", "by signal 9"), ("leaves", "with exit code 3")])
def test_a_death_is_the_result_of_its_account_alone(engine: LocalEngine, account: str, how: str) -> None:
    ended = run(engine, account)
    assert (ended.status, ended.message) == (AccountStatus.DIED, f"its worker ended {how}, without a result")
    assert run(engine).status is AccountStatus.DONE


@pytest.mark.parametrize(
    ("account", "deadline", "advice"),
    [
        ("dies", 60, "its Studio was not changed"),
        ("hangs", 0.2, "its Studio was not changed; if it is only slow, raise `deadline` in [fleet]"),
    ],
)
def test_only_after_applying_something_may_be_left_to_find_out(
    engine: LocalEngine, account: str, deadline: float, advice: str
) -> None:
    assert run(engine, account, deadline).hint == advice
    applied = engine.run(job(account, JobKind.APPLY), deadline, lambda *_: None)
    assert applied.hint == "the next run finds out what was done, and continues"


def test_a_worker_that_died_while_idle_costs_no_account(engine: LocalEngine) -> None:
    assert run(engine, "last").status is AccountStatus.DONE
    worker = engine._idle.get()
    worker._process.wait()
    engine._idle.put(worker)
    assert run(engine).status is AccountStatus.DONE


def test_a_deadline_ends_the_worker(engine: LocalEngine) -> None:
    ended = run(engine, "hangs", deadline=0.5)
    assert ended.status is AccountStatus.TIMED_OUT
    assert "its deadline of 0.5 s" in ended.message
    assert run(engine).status is AccountStatus.DONE


def test_one_that_ignores_term_is_killed() -> None:
    engine = LocalEngine([sys.executable, "-c", SCRIPT, "deaf"], grace=0.1)
    assert run(engine, "hangs", deadline=0.5).status is AccountStatus.TIMED_OUT
    engine.close()


def test_an_interruption_ends_what_is_under_way(engine: LocalEngine) -> None:
    ended: list[AccountResult] = []
    thread = Thread(target=lambda: ended.append(run(engine, "hangs")))
    thread.start()
    while not engine._busy:
        pass
    engine.interrupt()
    thread.join()
    assert ended[0].message.startswith("interrupted with the fleet")


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "3",
        '{"result": {"account": "south", "status": "done"}}',
        '{"result": {}}',
        '{"result": {"plan": 1, "head": null, "status": "x"}}',
        '{"progress": 1}',
    ],
)
def test_a_worker_that_prints_something_else_dies_alone(engine: LocalEngine, text: str) -> None:
    ended = run(engine, f"prints {text}")
    assert ended.status is AccountStatus.DIED
    assert ended.message == "its worker printed something that is not an answer, and was ended"
    assert run(engine).status is AccountStatus.DONE
    assert not engine._busy


def test_a_worker_that_can_not_start_fails_its_account_alone() -> None:
    ended = run(LocalEngine(["/none/python"]))
    assert (ended.status, ended.message) == (
        AccountStatus.FAILED,
        "its worker can't be started: No such file or directory",
    )


def test_an_interruption_reaches_a_worker_that_is_just_starting(engine: LocalEngine) -> None:
    engine.interrupt()
    ended = run(engine, "hangs")
    assert (ended.status, ended.message[:26]) == (AccountStatus.DIED, "interrupted with the fleet")


def test_an_interruption_does_not_wait_for_one_that_ignores_it() -> None:
    engine = LocalEngine([sys.executable, "-c", SCRIPT, "deaf"], grace=0.1)
    ended: list[AccountResult] = []
    begun = Event()
    asking = Thread(target=lambda: ended.append(engine.run(job("shows and hangs"), 60.0, lambda *_: begun.set())))
    asking.start()
    assert begun.wait(60)
    engine.interrupt()
    asking.join(60)
    assert ended[0].status is AccountStatus.DIED
    engine.close()


def test_no_setting_of_this_process_reaches_a_worker(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_TOKEN", "s3cr3t")
    monkeypatch.setenv("ROLESYNC_LOG_LEVEL", "error")
    variables = run(engine).hint
    assert "ROLESYNC_TOKEN" not in variables
    assert "ROLESYNC_LOG_LEVEL" in variables


def test_the_fleet_chooses_the_log_level_of_its_workers() -> None:
    script = "import os, sys; sys.exit(5 if os.environ['ROLESYNC_LOG_LEVEL'] == 'debug' else 6)"
    ended = run(LocalEngine([sys.executable, "-c", script], log_level="debug"))
    assert ended.message == "its worker ended with exit code 5, without a result"


def test_the_command_line_of_a_worker_names_nothing_of_an_account() -> None:
    assert (sys.executable, "-m", "rolesync.fleet.worker") == WORKER
