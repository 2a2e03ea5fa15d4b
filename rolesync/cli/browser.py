"""Opens an address in the user's browser, where there is one: never as root, over SSH or without a screen."""

import html
import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


def has_browser() -> bool:
    """Whether a person sits at this terminal with a screen on which a browser can open."""
    if not sys.stderr.isatty() or os.environ.get("SSH_CONNECTION"):
        return False
    if sys.platform in {"win32", "darwin"}:
        return True
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return has_screen and os.geteuid() != 0


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only this user can read, until the `with` block ends."""
    with TemporaryDirectory(prefix="rolesync-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def open_privately(address: str, folder: Path) -> bool:
    """Open an address with a secret; returns whether a browser started.

    The browser gets a private file that leads on, since every user of a machine sees the arguments of all processes.

    Args:
        address: the address.
        folder: a private folder, which must exist until the browser has read the file.
    """
    file = folder / "open.html"
    target = html.escape(address)
    file.write_text(
        f'<!doctype html><title>rolesync</title><meta http-equiv="refresh" content="0; url={target}">'
        f'<a href="{target}">Open the review</a>\n',
        encoding="utf-8",
    )
    file.chmod(0o600)
    with suppress(webbrowser.Error, OSError):
        return webbrowser.open(file.as_uri())
    return False
