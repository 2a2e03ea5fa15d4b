"""A fleet at its worst: real workers and sockets, accounts that hang, drip and lie, and processes that are killed."""

import os
import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from hypothesis import settings

from rolesync.fleet.commands import sync_fleet
from rolesync.fleet.engines import LOCAL, engine_of
from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.fleet_run import FleetContext
from rolesync.fleet.worker_pool import LocalEngine
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import exit_code_of_night
from rolesync.sandbox import Options, Sandbox
from tests.command import Shell
from tests.executor.test_recovery import check_record
from tests.fleet.fronts import Front, fronts, is_write
from tests.fleet.test_commands import statuses
from tests.fleet.tools import job, write_fleet
from tests.servers import ReceivedRequest, ScriptedAnswer

pytestmark = pytest.mark.usefixtures("shared_workers")

Sandboxes = Callable[[Options], Sandbox]
Forward = Callable[[], ScriptedAnswer]

MOMENTS = 50 if settings.get_current_profile_name() == "soak" else 8
CHANGES = 6  # of the sample list in a new sandbox
READS = 9  # requests before the first write
PATIENCE = 60  # seconds


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A shell without any setting."""
    variables = {name: value for name, value in os.environ.items() if not name.upper().startswith("ROLESYNC_")}
    return Shell(tmp_path, variables)


def records(folder: Path, front: Front) -> Path:
    """The folder of an account's record."""
    return folder / "state" / front.studio.base_url.removeprefix("http://").replace(":", "_")


def check_accounts(folder: Path, *accounts: Front) -> None:
    """Every change was done once, the record equals Studio's own log, and no token came from elsewhere."""
    for front in accounts:
        assert len(front.sandbox.log()) == CHANGES
        check_record(front.sandbox, records(folder, front))
    check_tokens(accounts)


def check_tokens(accounts: "tuple[Front, ...]") -> None:
    for front in accounts:
        assert front.tokens <= {f"Bearer token-of-{front.name}"}


def check_no_secret(folder: Path, *texts: str) -> None:
    """Neither the fleet's own files nor the texts have a token or an address."""
    files_of_fleet = [
        path for path in (folder / "state" / "fleets").rglob("*") if path.is_file() and path.parent.name != "plans"
    ]
    assert files_of_fleet
    for text in (*texts, *(path.read_text(encoding="utf-8") for path in files_of_fleet)):
        assert "token-of-" not in text
        assert "@example.edu" not in text


def test_workers_that_are_killed_at_any_moment_lose_and_repeat_nothing(tmp_path: Path, sandboxes: Sandboxes) -> None:
    """One worker after the other is killed by SIGKILL, each while it waits for the answer to some request."""
    seeds = random.Random(20261129)
    names = [f"a{number}" for number in range(MOMENTS)]
    engine = LocalEngine()
    killed: list[str] = []
    with fronts(tmp_path, sandboxes, names, fleet="[fleet.stop]\nfailed_share = 1.0\n") as accounts:
        for number, front in enumerate(accounts.values()):
            moment = seeds.randint(1, 3) if number % 2 else seeds.randint(1, READS)
            front.step = killing(front, engine, killed, moment, of_writes=bool(number % 2), after=number % 4 < 2)
        fleet = read_fleet(tmp_path / "fleet.toml", tmp_path / "state")
        fleet = replace(fleet, table=fleet.table.model_copy(update={"workers": 1}))
        night = sync_fleet(FleetContext(fleet, engine), fleet.enabled)
        assert sorted(killed) == sorted(names)
        assert statuses(night) == dict.fromkeys(names, "done")
        assert {each.attempt for each in night.results} <= {1, 2}
        assert exit_code_of_night(night) == 0
        check_accounts(tmp_path, *accounts.values())


def killing(  # noqa: PLR0913  # a moment has this many parts
    front: Front, engine: LocalEngine, killed: list[str], moment: int, *, of_writes: bool, after: bool
) -> Callable[[ReceivedRequest, Forward], ScriptedAnswer]:
    """Kill the only worker at the n-th request, or write, before or after Studio gets it."""
    lock = Lock()

    def step(request: ReceivedRequest, forward: Forward) -> ScriptedAnswer:
        with lock:
            number = front.writes if of_writes else len(front.studio.requests)
            is_now = number >= moment and (is_write(request) or not of_writes) and front.name not in killed
            if is_now:
                killed.append(front.name)
        if not is_now:
            return forward()
        if after:
            forward()
        (worker,) = engine._busy
        worker._process.kill()
        return ScriptedAnswer(end="gone")

    return step


def test_whatever_one_account_does_the_others_are_done(tmp_path: Path, sandboxes: Sandboxes) -> None:
    names = ["hangs", "drips", "fails", "refused", "rejected", "blocked", "well", "fine"]
    limits = "deadline = 5\n[fleet.stop]\nfailed_share = 1.0\n"
    with fronts(tmp_path, sandboxes, names, fleet=limits, defaults="timeout = 600\n") as accounts:
        accounts["hangs"].step = lambda _request, _forward: ScriptedAnswer(end="mute")
        accounts["drips"].step = lambda _request, forward: replace(forward(), drip="all")
        accounts["fails"].step = lambda _request, _forward: ScriptedAnswer(500)
        accounts["refused"].step = lambda _request, _forward: ScriptedAnswer(401)
        (tmp_path / "lists" / "rejected.csv").write_text("email,role\nnobody,Admin\n", encoding="utf-8")
        path = tmp_path / "fleet.toml"
        limited = "[accounts.blocked]\nmax_removals = 0\n"
        path.write_text(path.read_text(encoding="utf-8").replace("[accounts.blocked]\n", limited), encoding="utf-8")
        fleet = read_fleet(path, tmp_path / "state")
        engine = LocalEngine()
        warm = [Thread(target=engine.run, args=(job(values={"x": 1}), 60.0, lambda *_: None)) for _ in range(4)]
        for thread in warm:
            thread.start()
        for thread in warm:
            thread.join()
        night = sync_fleet(FleetContext(fleet, engine), fleet.enabled)
        assert statuses(night) == {
            "hangs": "timed_out",
            "drips": "timed_out",
            "fails": "unreachable",
            "refused": "unreachable",
            "rejected": "refused",
            "blocked": "blocked",
            "well": "done",
            "fine": "done",
        }
        assert exit_code_of_night(night) == 5
        check_accounts(tmp_path, accounts["well"], accounts["fine"])
        check_tokens(tuple(accounts.values()))
        assert [len(accounts[name].sandbox.log()) for name in names[:6]] == [0] * 6
        check_no_secret(tmp_path)


@pytest.mark.parametrize(("limit", "exit_code", "applied"), [(2, 5, 2), (1, 4, 0)])
def test_the_breaker_trips_only_beyond_its_limit(
    tmp_path: Path, sandboxes: Sandboxes, limit: int, exit_code: int, applied: int
) -> None:
    stop = f"[fleet.stop]\nfailed_count = {limit}\nfailed_share = 1.0\n"
    with fronts(tmp_path, sandboxes, ["down", "off", "well", "fine"], fleet=stop) as accounts:
        for name in ("down", "off"):
            accounts[name].step = lambda _request, _forward: ScriptedAnswer(401)
        fleet = read_fleet(tmp_path / "fleet.toml", tmp_path / "state")
        night = sync_fleet(FleetContext(fleet, engine_of(LOCAL, fleet.folder, "")), fleet.enabled)
        assert exit_code_of_night(night) == exit_code
        assert sum(len(front.sandbox.log()) for front in accounts.values()) == applied * CHANGES


@pytest.mark.parametrize("kind", [JobKind.PLAN, JobKind.APPLY])
def test_a_fleet_that_is_killed_is_resumed_and_repeats_nothing(
    bare: Shell, tmp_path: Path, sandboxes: Sandboxes, kind: JobKind
) -> None:
    with fronts(tmp_path, sandboxes, ["north", "south"]) as accounts:
        reached, dead = Event(), Event()

        def step(request: ReceivedRequest, forward: Forward) -> ScriptedAnswer:
            if is_write(request) == (kind is JobKind.APPLY):
                reached.set()
                dead.wait(PATIENCE)
            return forward()

        accounts["south"].step = step
        with bare.started("fleet", "sync", "fleet.toml") as parent:
            assert reached.wait(PATIENCE)
            parent.kill()
            parent.wait(PATIENCE)
            dead.set()
        shown = bare.json("fleet", "show")
        assert shown["accounts"][1]["status"] == "died"
        assert bare.json("fleet", "resume")["accounts"][1]["status"] == "done"
        check_accounts(tmp_path, *accounts.values())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_fleet_at_a_time_and_an_interruption_in_good_order(
    bare: Shell, tmp_path: Path, sandboxes: Sandboxes, number: int, code: int
) -> None:
    with fronts(tmp_path, sandboxes, ["north", "south"], fleet="[[fleet.stages]]\ntags = ['canary']\n") as accounts:
        path = tmp_path / "fleet.toml"
        text = path.read_text(encoding="utf-8").replace("[accounts.north]\n", "[accounts.north]\ntags = ['canary']\n")
        path.write_text(text, encoding="utf-8")
        reached, go_on = Event(), Event()

        def step(request: ReceivedRequest, forward: Forward) -> ScriptedAnswer:
            if is_write(request):
                reached.set()
                go_on.wait(PATIENCE)
            return forward()

        accounts["north"].step = step
        with bare.started("fleet", "sync", "fleet.toml", log_level="debug") as parent:
            assert reached.wait(PATIENCE)
            commands = command_lines(parent.pid)
            second = bare.run("fleet", "sync", "fleet.toml")
            parent.send_signal(number)
            output, errors = parent.communicate(timeout=PATIENCE)
        go_on.set()
        assert (parent.returncode, second.returncode) == (code, 7)
        assert "to continue: rolesync fleet resume\n" in errors
        assert "Traceback" not in errors
        assert len(commands) == 3
        check_no_secret(tmp_path, output, errors, second.stderr, *commands)
        assert accounts["south"].writes == 0
        shown = bare.json("fleet", "show")
        assert [each["status"] for each in shown["accounts"]] == ["died", "not_begun"]
        resumed = bare.json("fleet", "resume")
        assert {each["status"] for each in resumed["accounts"]} == {"done"}
        check_accounts(tmp_path, *accounts.values())


def command_lines(parent: int) -> list[str]:
    """The command lines of a process and its children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8") for pid in (str(parent), *children)]


def test_a_copied_state_and_an_older_record_are_refused(bare: Shell, tmp_path: Path, sandboxes: Sandboxes) -> None:
    with fronts(tmp_path, sandboxes, ["north"]) as accounts:
        record = records(tmp_path, accounts["north"])
        assert bare.run("fleet", "plan", "fleet.toml", "-o", "night").returncode == 0
        shutil.copytree(record, tmp_path / "older")
        assert bare.run("fleet", "sync", "fleet.toml").returncode == 0
        shutil.rmtree(record)
        shutil.copytree(tmp_path / "older", record)
        older = bare.run("fleet", "sync", "fleet.toml")
        assert older.returncode == 5
        assert "is not the record that the fleet's last run left" in " ".join(older.stdout.split())
        assert bare.run("fleet", "sync", "fleet.toml", "--trust-record", "north").returncode == 0
        assert bare.run("fleet", "sync", "fleet.toml").returncode == 0

        shutil.copytree(tmp_path / "state", tmp_path / "copy")
        text = (tmp_path / "fleet.toml").read_text(encoding="utf-8")
        (tmp_path / "fleet.toml").write_text(text.replace('"state"', '"copy"'), encoding="utf-8")
        copied = bare.run("fleet", "sync", "fleet.toml")
        assert copied.returncode == 5
        assert "is a copy" in copied.stderr
        check_tokens(tuple(accounts.values()))


def test_two_processes_of_one_machine_prove_nothing_about_shared_storage(bare: Shell, tmp_path: Path) -> None:
    write_fleet(tmp_path, {"north": "http://127.0.0.1:1"})
    words = ("fleet", "check", "fleet.toml", "--lock-peer")
    with bare.started(*words) as first:
        assert first.stderr
        assert "holds the test lock in" in first.stderr.readline()
        second = bare.run(*words)
        output, _ = first.communicate(timeout=PATIENCE)
    assert (first.returncode, second.returncode) == (5, 5)
    assert "was refused the lock" in second.stderr
    assert "NOT PROVEN both sides ran on one machine" in output
    assert "NOT PROVEN both sides ran on one machine" in second.stdout
