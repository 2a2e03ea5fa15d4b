"""Two sides that prove a lock: what each of them reports, for storage that excludes and for storage that doesn't."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

from rolesync.errors import RolesyncError
from rolesync.executor.lock import account_lock
from rolesync.fleet import lock_peer
from rolesync.fleet.lock_peer import LockProof, Machine, PeerClock, prove_lock, this_machine

ONE, OTHER = Machine("one", "boot-1"), Machine("other", "boot-2")
CLOCK = PeerClock(lambda: datetime(2026, 3, 1, tzinfo=UTC), monotonic, lambda _seconds: None)


def both(folder: Path, first: Machine, second: Machine) -> tuple[LockProof, LockProof, list[str]]:
    """Run both sides; the second begins when the first holds the lock."""
    proofs: dict[str, LockProof] = {}
    shown: list[str] = []
    holds = Event()

    def side(key: str, machine: Machine) -> None:
        def show(text: str) -> None:
            shown.append(text)
            holds.set()

        proofs[key] = prove_lock(folder, machine, CLOCK, show, 60.0)

    threads = [Thread(target=side, args=("first", first)), Thread(target=side, args=("second", second))]
    threads[0].start()
    assert holds.wait(60)
    threads[1].start()
    for thread in threads:
        thread.join(60)
    return proofs["first"], proofs["second"], shown


def test_a_lock_that_excludes_is_proven_on_both_sides(tmp_path: Path) -> None:
    first, second, shown = both(tmp_path / "f", ONE, OTHER)
    assert first == LockProof(proven=True, message="the lock excludes: other was refused while one held it")
    assert second.message == "the lock excludes: other was refused while one held it, and got it afterwards"
    assert second.proven
    assert shown == [
        f"one holds the test lock in {tmp_path / 'f'}. Run the same command on the other machine now.",
        "other was refused the lock that one holds. Waiting for its release.",
    ]
    assert sorted(path.name for path in (tmp_path / "f").glob("*.json")) == []


def test_a_lock_that_does_not_exclude_is_reported_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def none(folder: Path, **_: Any) -> Iterator[None]:
        folder.mkdir(exist_ok=True)
        yield

    monkeypatch.setattr(lock_peer, "account_lock", none)
    first, second, _ = both(tmp_path / "f", ONE, OTHER)
    assert not first.proven
    assert not second.proven
    assert first.message == "the lock does NOT exclude: one and other held it at the same time"
    assert second.message == "the lock does NOT exclude: other and one held it at the same time"
    assert "one machine only" in first.hint


def test_the_side_that_ends_first_leaves_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_peer, "account_lock", lambda *_, **__: nullcontext())
    proofs: list[LockProof] = []
    holds = Event()
    first = Thread(target=lambda: proofs.append(prove_lock(tmp_path, ONE, CLOCK, lambda _text: holds.set(), 60.0)))
    first.start()
    assert holds.wait(60)
    after_the_first = PeerClock(CLOCK.now, CLOCK.seconds, lambda _seconds: first.join())
    second = prove_lock(tmp_path, OTHER, after_the_first, lambda _text: first.join(), 60.0)
    assert [proof.proven for proof in (*proofs, second)] == [False, False]
    assert second.message == "the lock does NOT exclude: other and one held it at the same time"
    assert list(tmp_path.glob("*.json")) == []


def test_one_machine_alone_proves_nothing(tmp_path: Path) -> None:
    first, second, _ = both(tmp_path / "f", ONE, Machine("container", ONE.id))
    assert (first.proven, second.proven) == (False, False)
    assert "which shows nothing about the storage" in first.message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / lock_peer._HOLDER).symlink_to("/dev/full")
    with pytest.raises(RolesyncError, match="can't be written: No space left on device"):
        prove_lock(tmp_path, ONE, CLOCK, lambda _text: None)


def test_nobody_comes(tmp_path: Path) -> None:
    ticks = count()
    clock = PeerClock(CLOCK.now, lambda: float(next(ticks)), CLOCK.sleep)
    proof = prove_lock(tmp_path / "f", ONE, clock, lambda _: None, 20.0)
    assert (proof.proven, proof.message) == (False, "no other machine tried to take the lock")


def test_a_lock_that_is_never_released_is_not_proven(tmp_path: Path) -> None:
    ticks = count()
    clock = PeerClock(CLOCK.now, lambda: float(next(ticks)), CLOCK.sleep)
    with account_lock(tmp_path / "f", run="r", command="c", now=CLOCK.now):
        proof = prove_lock(tmp_path / "f", ONE, clock, lambda _: None, 5.0)
    assert (proof.proven, proof.message) == (False, "one was refused, but the other side never released the lock")


def test_a_lock_that_is_released_before_the_answer_is_not_proven(tmp_path: Path) -> None:
    held = account_lock(tmp_path / "f", run="r", command="c", now=CLOCK.now)
    held.__enter__()
    polls = count()

    def seconds() -> float:
        if next(polls) == 1:  # the second look at the clock: it was refused once
            held.__exit__(None, None, None)
        return 0.0

    proof = prove_lock(tmp_path / "f", ONE, PeerClock(CLOCK.now, seconds, CLOCK.sleep), lambda _: None)
    assert (proof.proven, "released the lock before" in proof.message) == (False, True)


def test_this_machine_has_a_name_and_an_id() -> None:
    machine = this_machine()
    assert machine.name
    assert machine == this_machine()
