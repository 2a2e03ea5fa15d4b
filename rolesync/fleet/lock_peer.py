"""Proves from two machines that a lock on their shared storage excludes, because not all storage has working locks.

The same command runs on both. The first one gets a test lock, and writes down a random number. The second one must be
refused; it answers with that number, waits for the lock to be released, and must get it then. Where both get the lock,
the first one sees the number of the second, and both report it.
"""

import json
import platform
import secrets
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from rolesync.errors import LockHeldError, writing_error
from rolesync.executor.lock import account_lock
from rolesync.private_files import replace_file

PATIENCE = 600.0  # seconds that each side waits for the other
POLL = 0.5  # seconds
_HOLDER, _ANSWER = "holder.json", "answer.json"
_REFUSED, _HELD = "refused", "held"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: its name for people, and an id that all of its containers share."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class LockProof:
    """Whether the lock is proven to exclude, what happened, and what to do next."""

    proven: bool
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PeerClock:
    """The time of day, seconds that only grow, and waiting."""

    now: Callable[[], datetime]
    seconds: Callable[[], float]
    sleep: Callable[[float], None]


def this_machine() -> Machine:
    """Name this machine."""
    try:
        number = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # not Linux
        number = f"{uuid.getnode():012x}"
    return Machine(platform.node(), number)


def prove_lock(
    folder: Path, machine: Machine, clock: PeerClock, show: Callable[[str], None], patience: float = PATIENCE
) -> LockProof:
    """Prove that a lock excludes, as one of two sides.

    Args:
        folder: a folder of the fleet on the shared storage, for this test alone.
        machine: this machine.
        clock: the clock.
        show: shows what this side waits for.
        patience: the seconds to wait for the other side.

    Raises:
        RolesyncError: the storage has no locks, or can't be written.
    """
    side = _Side(folder, machine, clock, show, clock.seconds() + patience)
    try:
        with side.lock():
            return side.hold()
    except LockHeldError:
        return side.be_refused()


class _Side:
    """One of the two sides."""

    def __init__(
        self, folder: Path, machine: Machine, clock: PeerClock, show: Callable[[str], None], until: float
    ) -> None:
        self._folder, self._machine, self._clock, self._show, self._until = folder, machine, clock, show, until
        self._number = secrets.token_hex(8)

    def lock(self) -> AbstractContextManager[None]:
        """The test lock, which is of the same kind as those of accounts."""
        command = "fleet check --lock-peer"
        return account_lock(self._folder, run=self._number, command=command, now=self._clock.now, subject="test")

    def hold(self) -> LockProof:
        """Hold the lock until the other side was refused."""
        self._write(_HOLDER, self._number)
        name = self._machine.name
        self._show(f"{name} holds the test lock in {self._folder}. Run the same command on the other machine now.")
        try:
            while self._clock.seconds() < self._until:
                holder, answer = self._read(_HOLDER), self._read(_ANSWER)
                if holder and holder.number != self._number:
                    self._write(_ANSWER, holder.number, _HELD)
                    return self._disproven(holder)
                if answer and answer.number == self._number:
                    if answer.word == _HELD:
                        return self._disproven(answer)
                    return self._proven(answer, f"{answer.name} was refused while {self._machine.name} held it")
                self._clock.sleep(POLL)
            hint = f"run the same command on two machines within {PATIENCE / 60:g} minutes"
            return LockProof(proven=False, message="no other machine tried to take the lock", hint=hint)
        finally:
            self._remove_own()

    def be_refused(self) -> LockProof:
        """Answer the side that holds the lock, and take the lock once that side has released it."""
        holder: _Note | None = None
        while self._clock.seconds() < self._until:
            if (note := self._read(_HOLDER)) and note != holder:
                holder = note
                self._write(_ANSWER, note.number, _REFUSED)
                self._show(
                    f"{self._machine.name} was refused the lock that {note.name} holds. Waiting for its release."
                )
            try:
                with self.lock():
                    if holder:
                        text = f"{self._machine.name} was refused while {holder.name} held it, and got it afterwards"
                        return self._proven(holder, text)
                    return LockProof(
                        proven=False,
                        message="the other side released the lock before it could be answered",
                        hint="run the same command on both machines again",
                    )
            except LockHeldError:
                self._clock.sleep(POLL)
        other = holder.name if holder else "the other side"
        return LockProof(
            proven=False,
            message=f"{self._machine.name} was refused, but {other} never released the lock",
            hint="see whether the command still runs there; then run it on both machines again",
        )

    def _proven(self, other: "_Note", message: str) -> LockProof:
        if other.id == self._machine.id:
            return LockProof(
                proven=False,
                message=f"both sides ran on one machine, {self._machine.name}, which shows nothing about the storage",
                hint="run one side on another machine; containers of one machine don't count",
            )
        return LockProof(proven=True, message=f"the lock excludes: {message}")

    def _disproven(self, other: "_Note") -> LockProof:
        return LockProof(
            proven=False,
            message=f"the lock does NOT exclude: {self._machine.name} and {other.name} held it at the same time",
            hint="run the fleet on one machine only, until the storage is mounted with locks that all machines share, "
            "such as NFS without `nolock` and `local_lock`",
        )

    def _write(self, name: str, number: str, word: str = "") -> None:
        note = _Note(number, word, self._machine.name, self._machine.id)
        try:
            replace_file(self._folder / name, json.dumps(asdict(note)).encode("ascii"))
        except OSError as error:
            raise writing_error(f"{self._folder} can't be written", error, hint="see who may write there") from error

    def _remove_own(self) -> None:
        """Remove the notes about this holder; an answer to another one is still to be read."""
        for name in (_HOLDER, _ANSWER):
            if (note := self._read(name)) and note.number == self._number:
                with suppress(OSError):
                    (self._folder / name).unlink()

    def _read(self, name: str) -> "_Note | None":
        """Read what a side has written; None if there is nothing yet."""
        try:
            return _Note(**json.loads((self._folder / name).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class _Note:
    """The message of one side: the number of the holder, the result of this side's attempt, and its machine."""

    number: str
    word: str
    name: str
    id: str
