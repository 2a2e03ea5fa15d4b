"""What `review` and `fleet review` share to serve a page: its port, who sees its address, and the address itself."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer

from rolesync.cli.browser import has_browser, open_privately, private_folder
from rolesync.errors import UsageError

Port = Annotated[
    int | None,
    typer.Option(
        metavar="PORT",
        min=0,
        max=65535,
        help="Port of the page; 0 takes a free port. Serves the page also without a terminal.",
        show_default=False,
    ),
]


def check_somebody_looks(port: int | None, advice: str) -> None:
    """Refuse to serve a page where nobody sees its address, unless a port asks for it.

    Args:
        port: the port that was asked for; None if none was.
        advice: how to decide without a page.

    Raises:
        UsageError: there is no terminal, and no port was asked for.
    """
    if port is None and not sys.stdin.isatty():
        raise UsageError(
            "review serves a page and waits for a reviewer, and standard input is not a terminal",
            hint=f"serve it all the same: --port 0; or decide in a table: {advice}",
        )


@contextmanager
def showing_address(*, browser: bool) -> Iterator[Callable[[str], None]]:
    """Provide what shows an address of the review: in the terminal, and the first one also in the browser."""
    with private_folder() if browser and has_browser() else nullcontext() as folder:
        folders = [folder] if folder else []

        def show(address: str) -> None:
            _show_address(address)
            if folders:
                open_privately(address, folders.pop())

        yield show


def _show_address(address: str) -> None:
    sys.stderr.write(f"Open this address in a browser on this machine, once:\n\n  {address}\n\n")
    sys.stderr.write("Ctrl-C ends the review, and so does an hour without activity.\n")
    sys.stderr.flush()
