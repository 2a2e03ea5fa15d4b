"""Writes files and folders that only their owner can read, whatever the umask, and that no other user can redirect."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def make_private_folder(folder: Path) -> None:
    """Make a folder and its missing parents, for their owner only. Folders that exist stay as they are.

    Raises:
        OSError: a folder can't be made.
    """
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    with suppress(FileExistsError):  # made by another process meanwhile; a file in the way shows at its first use
        folder.mkdir(mode=PRIVATE_FOLDER)


def create(path: Path, mode: int = PRIVATE) -> int:
    """Create a file that doesn't exist, not even as a link, and open it for writing; returns its descriptor.

    Raises:
        OSError: it exists, or can't be created.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, PRIVATE)
    if mode != PRIVATE:
        path.chmod(mode)  # exactly, whatever the umask
    return descriptor


def replace_file(path: Path, content: bytes, *, mode: int = PRIVATE, durable: bool = True) -> None:
    """Replace a file atomically, by a new one beside it; a link is replaced, not followed.

    Args:
        path: the file. A device or a pipe is written to.
        content: its new content.
        mode: the mode of a new file; a file that is there keeps its mode.
        durable: whether to wait until content and name are on the disk.

    Raises:
        OSError: the file can't be written; it is as it was.
    """
    with suppress(FileNotFoundError):
        status = path.lstat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            path.write_bytes(content)
            return
        mode = stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else mode
    new_path = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}")
    descriptor = create(new_path, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        new_path.replace(path)
    except BaseException:
        with suppress(OSError):
            new_path.unlink()
        raise
    if durable:
        sync_names(path.parent)


def sync_names(folder: Path) -> None:
    """Make new and changed names in a folder durable."""
    if os.name == "posix":  # elsewhere a folder can't be opened, and names are durable anyway
        names = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
