"""Allows one run per account at a time, across processes: a lock of the operating system, and a note about its holder.

The lock is `run.lock`. The system releases it with the process, so a crash never blocks the next run. The note,
`run.lock.json`, only serves the message to the second run; it locks nothing.
"""

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rolesync.errors import OF_THE_PLACE, LockHeldError, RolesyncError, UsageError
from rolesync.private_files import PRIVATE, make_private_folder, replace_file

_LOCK, _NOTE = "run.lock", "run.lock.json"


@contextmanager
def account_lock(
    folder: Path, *, run: str, command: str, now: Callable[[], datetime], subject: str = "account"
) -> Iterator[None]:
    """Hold the account's lock while the `with` block lasts; never wait for it.

    Args:
        folder: the account's folder; created, for its owner only, if it doesn't exist.
        run: the id of the run.
        command: its command, such as `sync`.
        now: the clock; its times have a zone.
        subject: what the folder belongs to, for messages.

    Raises:
        LockHeldError: another run, or another thread of this process, holds it.
        UsageError: the lock's files can't be in this folder.
        RolesyncError: they can't be written for another reason.
    """
    note = folder / _NOTE
    # Never a soft lock, which a crash would leave behind, and which other programs can take away.
    lock = FileLock(folder / _LOCK, mode=PRIVATE, fallback_to_soft=False)
    try:
        make_private_folder(folder)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise LockHeldError(
            f"{folder}: {_describe_holder(note)} holds the lock of this {subject}; nothing was done.",
            hint="wait until that run ends, or check it on that machine; the lock is released as soon as it ends",
        ) from error
    except OSError as error:
        raise _lock_error(folder, error, subject) from error
    with ExitStack() as cleanup:
        cleanup.callback(lock.release)
        # Before the release: afterwards the note may be the next holder's.
        cleanup.callback(_remove, note)
        try:
            _write_note(note, run=run, command=command, since=now())
        except OSError as error:
            raise _lock_error(folder, error, subject) from error
        yield


def _lock_error(folder: Path, error: OSError, subject: str) -> RolesyncError:
    hint = "give this user access to the folder, or choose another one with state_dir"
    message = f"{folder}: the lock of this {subject} can't be taken: {error.strerror or error}."
    kind = UsageError if error.errno in OF_THE_PLACE else RolesyncError
    return kind(message, hint=hint)


def _write_note(note: Path, *, run: str, command: str, since: datetime) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user_name(),
        "run": run,
        "command": command,
        "since": since.astimezone(UTC).isoformat(timespec="seconds"),
    }
    replace_file(note, json.dumps(holder).encode(), durable=False)


def _remove(note: Path) -> None:
    with suppress(OSError):  # the note locks nothing, and the run is over
        note.unlink()


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "an unnamed user"


def _describe_holder(note: Path) -> str:
    """Describe the holder by its note; a holder that is just starting or ending may have none."""
    try:
        holder = json.loads(note.read_text(encoding="utf-8"))
        return (
            f"`rolesync {holder['command']}`, run {holder['run']}, of {holder['user']} on {holder['host']} "
            f"(process {holder['pid']}), since {holder['since']},"
        )
    except FileNotFoundError:
        return "another run, which left no note of itself,"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"another run, whose note {note} can't be read ({error}),"
