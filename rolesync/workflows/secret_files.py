"""Check who can read the secrets: files that other users of this machine can read, and the command line."""

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from rolesync.configuration.error_messages import Kind
from rolesync.configuration.file_owners import is_private_group
from rolesync.configuration.settings_sources import folder_of
from rolesync.configuration.trust import SECRETS
from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.settings import Settings


def check_secrets(settings: Settings) -> Iterator[Check]:
    """Yield a warning for each way in which other users of this machine can read secrets of the settings."""
    names = [name for name in (*SECRETS, "audit_key") if name in settings.origins and settings.has(name)]
    if from_options := [name for name in names if settings.origins[name].source.kind is Kind.OPTION]:
        verb = "comes" if len(from_options) == 1 else "come"
        message = f"{', '.join(from_options)} {verb} from the command line, which other users of this machine can see"
        hint = "put secrets into files of the folder that secrets_dir names"
        yield Check("secrets", VerdictStatus.WARN, message, hint)
    sources = [(name, settings.origins[name].source) for name in names]
    files = [
        Path(source.path, f"{source.prefix}{name}".lower()) if source.kind is Kind.SECRETS else source.path
        for name, source in sources
        if source.path
    ]
    folder = folder_of(settings.origins.get("notify"))
    files += [folder / path.expanduser() for table in settings.notify for path in table.secret_files]
    yield from check_files(files)


def check_files(files: Iterable[Path]) -> Iterator[Check]:
    """Yield a warning if other users of this machine can read files of secrets."""
    if exposed := [shlex.quote(str(path)) for path in dict.fromkeys(files) if _is_open(path)]:
        message = f"other users of this machine can read {', '.join(exposed)}"
        yield Check("secrets", VerdictStatus.WARN, message, f"chmod go= {' '.join(exposed)}")


def _is_open(path: Path) -> bool:
    """Whether users other than the owner of a file, and the group that the owner chose, can read the file.

    If another user, such as root, owns the file, its group is how this user may read it, so the group is chosen.
    """
    try:
        status, folder = path.stat(), path.parent.stat()
    except OSError:  # the reader of the file reports this error
        return False
    if not hasattr(os, "geteuid"):
        return False
    if status.st_mode & stat.S_IROTH and folder.st_mode & stat.S_IXOTH:
        return True
    is_chosen_group = status.st_uid != os.geteuid() or is_private_group(status)
    return bool(status.st_mode & stat.S_IRGRP and folder.st_mode & stat.S_IXGRP) and not is_chosen_group
