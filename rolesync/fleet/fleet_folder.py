"""The folder of a fleet: its lock, and a mark that shows whether the folder is a copy.

With a copied folder, such as a copy from another machine, two fleets could change the same accounts, each with its own
lock and journal.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rolesync.errors import RecordBrokenError, RecordError
from rolesync.executor.lock import account_lock
from rolesync.private_files import make_private_folder

_MARK = "fleet.id"


@contextmanager
def lock_fleet(folder: Path, *, run: str, command: str, now: Callable[[], datetime]) -> Iterator[None]:
    """Hold the fleet's lock while the `with` block lasts.

    Raises:
        LockHeldError: another run over this fleet holds it.
        RecordBrokenError: the folder is a copy.
        RecordError: the folder can't be written.
    """
    with account_lock(folder, run=run, command=f"fleet {command}", now=now, subject="fleet"):
        try:
            check_mark(folder)
        except OSError as error:
            message = f"{folder}: the state of the fleet can't be written: {error.strerror}"
            raise RecordError(message, hint="give this user access to the folder") from error
        yield


def check_mark(folder: Path) -> None:
    """Mark the folder of a fleet, or check its mark: a file that contains its own number in the file system.

    Raises:
        RecordBrokenError: the folder is a copy.
        OSError: the mark can't be read or written.
    """
    make_private_folder(folder)
    path = folder / _MARK
    if not path.exists():
        path.touch(mode=0o600)
        with path.open("w", encoding="ascii") as file:
            json.dump({"id": secrets.token_hex(8), "inode": path.stat().st_ino}, file)
        return
    try:
        is_original = json.loads(path.read_text(encoding="ascii"))["inode"] == path.stat().st_ino
    except (ValueError, KeyError, TypeError):
        is_original = False
    if not is_original:
        raise RecordBrokenError(
            f"{folder} is a copy: its mark {path.name} belongs to another folder; nothing was read or written",
            hint=f"run the fleet where its state is; if that is gone for good, remove {path} to go on with this copy",
        )
