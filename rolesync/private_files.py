"""Writes files and folders that only their owner can read, with any umask, and that no other user can redirect."""

import errno
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


def create(path: Path) -> int:
    """Create a private file that doesn't exist, not even as a link, and open it for writing; returns its descriptor.

    Raises:
        OSError: it exists, or can't be created.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, PRIVATE)


def replace_file(
    path: Path, content: bytes, *, mode: int = PRIVATE, keeps_mode: bool = True, durable: bool = True
) -> None:
    """Replace a file atomically, by a new one beside it; a link to a file is replaced, not followed.

    Args:
        path: the file. A device or a pipe is written to, as is a link to one unless the link is another user's.
        content: its new content.
        mode: the mode of a new file; a file that is there keeps its group and mode.
        keeps_mode: False to give also a file that is there the mode.
        durable: whether to wait until content and name are on the disk.

    Raises:
        OSError: the file can't be written; it is as it was.
    """
    replaced = None
    with suppress(FileNotFoundError):
        status = path.lstat()
        if _is_written_to(path, status):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as file:  # a log keeps its earlier lines
                file.write(content)
            return
        replaced = status if stat.S_ISREG(status.st_mode) else None
    descriptor, new_path = _create_beside(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            kept_mode = _keep_group(descriptor, replaced) if replaced else mode
            new_path.chmod(kept_mode if keeps_mode else mode)  # exactly this mode, with any umask
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


def check_replaceable(path: Path) -> None:
    """Check that `replace_file` can make its new file, by making one and removing it.

    Raises:
        OSError: the file can't be made or written to.
    """
    with suppress(FileNotFoundError):
        if _is_written_to(path, path.lstat()):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
    descriptor, new_path = _create_beside(path)
    os.close(descriptor)
    new_path.unlink()


def _create_beside(path: Path) -> tuple[int, Path]:
    new_path = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}")
    return create(new_path), new_path


def _is_written_to(path: Path, status: os.stat_result) -> bool:
    """Whether a path is a device, a pipe, or a link to one, such as `/dev/stdout`, which may also lead to a file."""
    if stat.S_ISLNK(status.st_mode):
        if hasattr(os, "geteuid") and status.st_uid not in {0, os.geteuid()}:
            return False
        folder = os.path.realpath(path.parent)
        if folder == "/dev" or folder.startswith("/proc/"):
            return True
        status = path.stat()
    return not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def _keep_group(descriptor: int, replaced: os.stat_result) -> int:
    """Give a new file the group of the file that it replaces; returns the mode, without the group if that fails."""
    mode = stat.S_IMODE(replaced.st_mode)
    if os.fstat(descriptor).st_gid != replaced.st_gid:
        try:
            os.chown(descriptor, -1, replaced.st_gid)
        except OSError:
            return mode & ~stat.S_IRWXG
    return mode


def sync_names(folder: Path) -> None:
    """Make new and changed names in a folder durable."""
    if os.name == "posix":  # elsewhere a folder can't be opened, and names are durable anyway
        names = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
