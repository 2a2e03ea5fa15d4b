"""How to add an extra to this copy of rolesync: the command depends on how the copy was installed.

On PyPI, `rolesync` is an unrelated project, and ours may not be published. So a command names the folder, the file or
the address that this copy came from. A copy from an index is named with its version: installers keep what
is installed, and fetch only the packages of the extra.
"""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rolesync import __version__

DISTRIBUTION = "studio-rolesync"


@dataclass(frozen=True, slots=True)
class Installation:
    """How a copy was installed.

    Attributes:
        origin: its `direct_url.json` (PEP 610); empty if it came from an index, or if that isn't known.
        installer: the program that installed it, such as "pip" or "uv"; "" where unknown.
        environment: the folder of its environment.
        python: the interpreter of its environment.
        has_pip: whether the environment contains pip.
    """

    origin: Mapping[str, Any]
    installer: str
    environment: Path
    python: str
    has_pip: bool


def install_command(extra: str) -> str:
    """Format the command that adds an extra, such as "excel", to the copy that is running."""
    return command_for(extra, this_installation())


def this_installation() -> Installation:
    """Find out how the copy that is running was installed."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415  # only when something is missing

    try:
        metadata = distribution(DISTRIBUTION)
        origin = json.loads(metadata.read_text("direct_url.json") or "{}")
        installer = (metadata.read_text("INSTALLER") or "").strip()
    except PackageNotFoundError:  # it runs from its folder, without having been installed
        folder = Path(__file__).resolve().parent.parent
        origin, installer = {"url": folder.as_uri(), "dir_info": {"editable": True}}, ""
    return Installation(origin, installer, Path(sys.prefix), sys.executable, find_spec("pip") is not None)


def command_for(extra: str, installation: Installation) -> str:
    """Format the command that adds an extra to an installation."""
    python, is_uv = installation.python, installation.installer == "uv" or not installation.has_pip
    requirement = _requirement(extra, installation.origin)
    is_pinned = requirement == [_pinned(extra)]
    into_environment = ["uv", "pip", "install", "--python", python] if is_uv else [python, "-m", "pip", "install"]
    if (installation.environment / "pipx_metadata.json").is_file():
        # `pipx install` would ask an index for a pinned copy; pip in the environment keeps the one that is there.
        start = ["pipx", "runpip", installation.environment.name, "install"]
        words = start if is_pinned else ["pipx", "install", "--force"]
    elif (installation.environment / "uv-receipt.toml").is_file():
        words = into_environment if is_pinned else ["uv", "tool", "install", "--force"]
    else:
        words = into_environment
    return _join([*words, *requirement])


def _requirement(extra: str, origin: Mapping[str, Any]) -> list[str]:
    """Name this copy with the extra, as arguments of an installer."""
    from urllib.request import url2pathname  # noqa: PLC0415  # imports all of HTTP

    address = str(origin.get("url", ""))
    path = Path(url2pathname(urlsplit(address).path)) if address.startswith("file:") else None
    if path and path.exists():
        editable = ["--editable"] if origin.get("dir_info", {}).get("editable") else []
        return [*editable, f"{path}[{extra}]"]
    if address and path is None:
        system, commit = (origin.get("vcs_info", {}).get(key) for key in ("vcs", "commit_id"))
        return [f"{DISTRIBUTION}[{extra}] @ {f'{system}+{address}@{commit}' if system else address}"]
    return [_pinned(extra)]  # from an index, or its file is gone


def _pinned(extra: str) -> str:
    return f"{DISTRIBUTION}[{extra}]=={__version__}"


def _join(words: list[str]) -> str:
    """Format a command for the shell of this system."""
    if os.name != "nt":
        return shlex.join(words)
    return " ".join(f'"{word}"' if " " in word or "=" in word else word for word in words)
