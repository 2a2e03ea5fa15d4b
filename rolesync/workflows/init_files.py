"""Write what `init` decided: the settings file, the secrets beside it, and the first list; all of them or none."""

import stat
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path

from pydantic import SecretStr

from rolesync.configuration.error_messages import toml_value
from rolesync.configuration.settings_sources import PREFIX
from rolesync.configuration.trust import SECRETS
from rolesync.errors import UsageError, writing_error
from rolesync.private_files import PRIVATE, PRIVATE_FOLDER, check_replaceable, make_private_folder, replace_file
from rolesync.settings import Settings

SECRETS_NAME = "secrets"

_REASONS: Mapping[str, str] = {
    "account": "The Studio account: the name before .instructuremedia.com.",
    "base_url": "The address of Studio.",
    "auth_scheme": "Studio accepts this token without the word Bearer before it.",
    "client_id": "The developer key. Its secret is in the folder of secrets.",
    "redirect_uri": "The redirect address of the developer key, exactly as Studio has it; `rolesync login` uses it.",
    "owner": "The person whose token this is: never loses a managed role, so that rolesync can't lock itself out.",
    "managed_roles": "The only roles that rolesync reads and changes.",
    "list": "The list, for commands that name none: a file, or an address as in `rolesync help sources`.",
    "secrets_dir": "The folder of secrets, relative to this file. Only your user can read it; keep it out of backups.",
}
_LIMITS = (
    *("max_removals_share", "max_removals", "min_holders", "max_shrink_share"),
    *("protected_users", "require_approval", "state_dir"),
)


def settings_text(settings: Mapping[str, object], day: date) -> str:
    """Write a settings file: what was decided, each with its reason, and the most important defaults as comments."""
    decided = {**settings, "secrets_dir": SECRETS_NAME}
    reasons = {name: reason for name, reason in _REASONS.items() if name in decided}
    blocks = [f"# {reason}\n{name} = {toml_value(decided[name])}" for name, reason in reasons.items()]
    defaults = []
    for name in _LIMITS:
        field = Settings.model_fields[name]
        defaults.append(f"# {field.description}\n# {name} = {toml_value(field.get_default(call_default_factory=True))}")
    head = (
        f"# Settings of rolesync, written by `rolesync init` on {day.isoformat()}.\n"
        "# `rolesync help settings` explains all settings; `rolesync config show` shows the values in force."
    )
    below = "# Below are defaults. To change one, remove the # before it."
    return "\n\n".join([head, *blocks, below, *defaults]) + "\n"


def check_target(target: Path, *, force: bool) -> None:
    """Refuse to begin where the files can't be written, or exist already.

    Raises:
        UsageError: the folder is missing or can't be written, or a file exists and `force` is not set.
    """
    try:
        if not target.parent.is_dir():
            hint = "make it first, or name another --config"
            raise UsageError(f"init: there is no folder {target.parent}", hint=hint)
        check_replaceable(target)
    except OSError as error:
        hint = "correct the permissions of the folder, or name another --config"
        raise UsageError(f"init: {target} can't be written: {error.strerror}; nothing was asked", hint=hint) from error
    existing = [path for path in (target, *_secret_paths(target).values()) if path.exists() or path.is_symlink()]
    if existing and not force:
        verb = "exists" if len(existing) == 1 else "exist"
        raise UsageError(
            f"init: {' and '.join(map(str, existing))} {verb} already; nothing was asked",
            hint="`rolesync config show` shows the settings in force; --force replaces them and keeps the old file",
        )


def write_files(
    target: Path, text: str, secrets: Mapping[str, SecretStr], new_list: Path | None, list_text: str
) -> list[str]:
    """Write all files; if one can't be written, or the user interrupts, everything is as before.

    Args:
        target: the settings file; a file that is there is kept under another name.
        text: its content.
        secrets: by setting, each for a file of its own.
        new_list: the list to write; None for none.
        list_text: the content of the list.

    Returns:
        A sentence for each file.

    Raises:
        UsageError: a file can't be written.
    """
    folder = target.parent / SECRETS_NAME
    undo = _Undo()
    report: list[str] = []
    try:
        if not folder.is_dir():
            make_private_folder(folder)
            undo.folder = folder
        folder.chmod(PRIVATE_FOLDER)
        report += _set_aside(target, secrets, undo)
        for name, secret in secrets.items():
            undo.write(_secret_paths(target)[name], secret.get_secret_value() + "\n")
            report.append(f"{_secret_paths(target)[name]}: the secret, which only your user can read")
        if not (folder / ".gitignore").exists():
            undo.write(folder / ".gitignore", "*\n")  # a secret that is committed once stays in the history
        if new_list is not None:
            undo.write(new_list, list_text)
            report.append(f"{new_list}: today's holders, as the first list")
        undo.write(target, text)
        report.append(f"{target}: the settings, each with its reason")
    except BaseException as error:
        undo.restore()
        if isinstance(error, OSError):
            hint = "correct the permissions of the folder, or work in another; nothing was changed"
            raise writing_error(f"init: {error.filename} can't be written", error, hint=hint) from error
        raise
    return report


class _Undo:
    """Writes files, and restores what was there before."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._before: list[tuple[Path, bytes | None]] = []

    def write(self, path: Path, text: str) -> None:
        """Write a private file."""
        self._before.append((path, path.read_bytes() if path.exists() else None))
        replace_file(path, text.encode(), mode=PRIVATE)
        if stat.S_IMODE(path.stat().st_mode) != PRIVATE:
            path.chmod(PRIVATE)  # a file that was there keeps its mode otherwise

    def move(self, path: Path, target: Path) -> None:
        """Move a file to a name that is free."""
        content = path.read_bytes()
        self._before += [(path, content), (target, None)]
        path.rename(target)

    def restore(self) -> None:
        """Restore every file, the last one first; go on after a failure."""
        for path, content in reversed(self._before):
            with suppress(OSError):
                if content is None:
                    path.unlink(missing_ok=True)
                else:
                    replace_file(path, content, mode=PRIVATE)
        if self.folder is not None:
            with suppress(OSError):
                self.folder.rmdir()


def _set_aside(target: Path, secrets: Mapping[str, SecretStr], undo: _Undo) -> list[str]:
    """Keep the old settings file under another name, and the old secrets that the new settings don't use."""
    report = []
    if target.exists():
        free_path = _free_name(target.with_name(f"{target.name}.old"))
        undo.move(target, free_path)
        report.append(f"{free_path}: the settings file that was there before")
    for name, path in _secret_paths(target).items():
        if name not in secrets and path.exists():
            free_path = _free_name(path.with_name(f".{path.name}.old"))  # rolesync reads no file of such a name
            undo.move(path, free_path)
            report.append(f"{free_path}: an old secret that is not used any more; delete it if nothing else does")
    return report


def _free_name(path: Path) -> Path:
    names = (path if not number else path.with_name(f"{path.name}.{number}") for number in count())
    return next(name for name in names if not name.exists())


def _secret_paths(target: Path) -> dict[str, Path]:
    return {name: target.parent / SECRETS_NAME / f"{PREFIX.lower()}{name}" for name in SECRETS}
