"""Whom the files of settings belong to: files that other users can have written are not read."""

import os
import shlex
import stat
from pathlib import Path

from rolesync.errors import UsageError


def lies_within(secrets: Path, folder: str) -> bool:
    """Whether a folder of secrets and all its files are really below a folder, without links to elsewhere."""
    try:
        paths = [secrets, *secrets.iterdir()]
    except OSError:
        return False
    return all(is_below(path, Path(folder)) for path in paths)


def is_below(path: Path, folder: Path) -> bool:
    """Whether a file is really below a folder, without links to elsewhere."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def check_settings_file(path: Path, *, was_named: bool) -> None:
    """Refuse a settings file that other users can have written; root doesn't count as another user.

    Args:
        path: the file; nothing is checked if there is none.
        was_named: whether the user has named the file, and by that trusts its owner.

    Raises:
        UsageError: the file or its link is of another user, or other users can write to the file.
    """
    if not hasattr(os, "geteuid") or not path.exists():
        return
    trusted, status = {0, os.geteuid()}, path.stat()
    if not was_named and not {path.lstat().st_uid, status.st_uid} <= trusted:
        raise UsageError(
            f"settings: {path.absolute()} is of another user, so it is not read",
            hint="work in another folder; or, if you trust the file, name it with --config, or take it over with chown",
        )
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and not is_private_group(status)):
        raise UsageError(
            f"settings: other users can write to {path.absolute()}, so it is not read",
            hint=f"check its content, then: chmod go-w {shlex.quote(str(path))}",
        )


def is_private_group(status: os.stat_result) -> bool:
    """Whether the group of a file has only its owner as a member, as many systems make one for each user."""
    import grp  # noqa: PLC0415  # not on Windows
    import pwd  # noqa: PLC0415

    try:
        owner, group = pwd.getpwuid(status.st_uid), grp.getgrgid(status.st_gid)
    except KeyError:  # a container's user may have no entry
        return False
    return group.gr_gid == owner.pw_gid and group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}
