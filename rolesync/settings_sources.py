"""Where settings come from: the environment, and the folders and addresses of this machine."""

import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_state_path

from rolesync.errors import UsageError

PREFIX = "ROLESYNC_"
CONFIG_FILE = "ROLESYNC_CONFIG"
SECRETS_FOLDER = "ROLESYNC_SECRETS_DIR"


def user_state_dir() -> Path:
    """Find the folder for the user's state.

    Raises:
        UsageError: this user has no home folder.
    """
    try:
        return user_state_path("rolesync")
    except RuntimeError:  # a container's user may have no home
        hint = f"set {PREFIX}STATE_DIR to a folder"
        raise UsageError("the home folder of this user is not known", hint=hint) from None


def refuse_unknown_variables(settings: Iterable[str]) -> None:
    """Refuse ROLESYNC_* variables that name none of the settings; the reader of the environment would ignore them.

    Raises:
        UsageError: there is such a variable.
    """
    known = {f"{PREFIX}{name}".upper() for name in settings} | {CONFIG_FILE, SECRETS_FOLDER}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise UsageError(
            f"settings: {', '.join(unknown)} in the environment is no setting",
            hint=f"correct or unset it; known are {', '.join(sorted(known))}",
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
