"""One run per account at a time, across processes: a lock of the operating system, and a note of who holds it.

The lock itself is `run.lock`; it dies with its holder, so that a crash never blocks the next run. The note beside it,
`run.lock.json`, only serves the message to whoever comes second; it is never taken for the lock.
"""

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rolesync.errors import LockHeldError, RolesyncError

_LOCK, _NOTE = "run.lock", "run.lock.json"


@contextmanager
def account_lock(folder: Path, *, run: str, command: str, now: Callable[[], datetime]) -> Iterator[None]:
    """Hold the account's lock for as long as the `with` block lasts; never wait for it.

    Args:
        folder: the account's folder; made, for its owner only, where there is none.
        run: the id of the run that takes the lock.
        command: the command that takes it, such as `sync`.
        now: the clock; its times carry a zone.

    Raises:
        LockHeldError: another run holds it, or another thread of this process.
        RolesyncError: the lock's files can't be made.
    """
    note = folder / _NOTE
    lock = FileLock(folder / _LOCK, mode=0o600)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise LockHeldError(
            f"{folder}: {_holder(note)} holds the lock of this account; nothing was done.",
            hint="Wait until that run ends, or look into it on that machine: the lock is free as soon as it ends.",
        ) from error
    except OSError as error:
        raise _unusable(folder, error) from error
    with ExitStack() as held:
        held.callback(lock.release)
        # Before the release: once the lock is free, the note may be the next holder's.
        held.callback(note.unlink, missing_ok=True)
        try:
            _write(note, run=run, command=command, since=now())
        except OSError as error:
            raise _unusable(folder, error) from error
        yield


def _unusable(folder: Path, error: OSError) -> RolesyncError:
    hint = "Give this user access to the folder, or choose another one with state_dir."
    return RolesyncError(f"{folder}: the lock of this account can't be taken: {error.strerror or error}.", hint=hint)


def _write(note: Path, *, run: str, command: str, since: datetime) -> None:
    held_by = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user(),
        "run": run,
        "command": command,
        "since": since.astimezone(UTC).isoformat(timespec="seconds"),
    }
    # Replaced as a whole, so that nobody reads half a note.
    fresh = note.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(held_by), encoding="utf-8")
    fresh.replace(note)


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "an unnamed user"


def _holder(note: Path) -> str:
    """Say who holds the lock, as far as the note tells; a holder that just starts or ends may have none."""
    try:
        by = json.loads(note.read_text(encoding="utf-8"))
        return (
            f"`rolesync {by['command']}`, run {by['run']}, of {by['user']} on {by['host']} "
            f"(process {by['pid']}), since {by['since']},"
        )
    except FileNotFoundError:
        return "another run, which has left no note of itself,"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"another run, whose note {note} can't be read ({error}),"
