"""Refuses settings from elsewhere: a variable or file meant for one account would reach every account of the fleet."""

import os
from pathlib import Path
from typing import get_args

from rolesync.configuration.settings_sources import PREFIX, user_state_dir
from rolesync.errors import UsageError
from rolesync.settings import Settings

_FOR_ALL = frozenset({"STATE_DIR", "OPERATOR", "LOG_LEVEL", "LOG_FORMAT"})
"""Settings that may be in the environment of a fleet, because they belong to the process and not to an account."""

_WORDS = {name.upper(): get_args(Settings.model_fields[name].annotation) for name in ("log_level", "log_format")}
"""The known values of variables that are passed on to the workers."""


def check_environment() -> None:
    """Refuse variables and files that set something for an account.

    Raises:
        UsageError: there are some.
    """
    names = sorted(name for name in os.environ if name.upper().startswith(PREFIX))
    bound = [name for name in names if name.upper().removeprefix(PREFIX) not in _FOR_ALL]
    if bound:
        raise UsageError(
            f"{', '.join(bound)} in the environment would count for every account of the fleet",
            hint=f"unset {' '.join(bound)}; settings of accounts are in the fleet file, their secrets in the folders "
            "that it names",
        )
    for name, allowed in _WORDS.items():
        if (value := os.environ.get(PREFIX + name, allowed[0])) not in allowed:
            raise UsageError(f"{PREFIX}{name} is {value!r}", hint=f"set it to {', '.join(allowed)}, or unset it")
    for path in (Path("rolesync.toml"), Path(".env")):
        if path.exists() and (path.suffix == ".toml" or PREFIX in path.read_text("utf-8", "replace").upper()):
            raise UsageError(
                f"{path.absolute()} sets a single account, and a fleet doesn't read it",
                hint="work in another folder, or move its settings into the fleet file",
            )


def state_dir() -> Path:
    """Choose the folder of the records, unless the fleet file names one."""
    folder = os.environ.get(f"{PREFIX}STATE_DIR")
    return Path(folder).absolute() if folder else user_state_dir()


def log_settings() -> tuple[str, str]:
    """Return level and format of the log, as far as the environment says."""
    return os.environ.get(f"{PREFIX}LOG_LEVEL", "warning"), os.environ.get(f"{PREFIX}LOG_FORMAT", "console")


def operator() -> str:
    """Return who runs the fleet, as far as the environment says."""
    return os.environ.get(f"{PREFIX}OPERATOR", "")
