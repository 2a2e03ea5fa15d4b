"""The command that gets the first OAuth token, by way of a browser that may be on another machine."""

import sys
from typing import TYPE_CHECKING, TextIO

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import show_json
from rolesync.cli.progress import command_context
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from rolesync.settings import Settings

LONGEST_ADDRESS = 16 * 1024  # bytes; more is surely not an address


def login(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Get the first OAuth token: open an address in a browser, and paste the address that it ends at."""
    from rolesync.report.content.text import escape_for_display
    from rolesync.studio.auth.login import code_in

    own = load_settings(config, assignments)
    _check(own)
    code = code_in(*_asked(own, sys.stderr if form is Form.JSON else sys.stdout))
    from rolesync.studio.auth.token_store import STORE
    from rolesync.workflows.connect import log_in

    with command_context(own) as context:
        token = log_in(own, code, context.now)
    path = own.account_dir / STORE
    ends = token.expires_at.isoformat(timespec="seconds") if token.expires_at else None
    if form is Form.JSON:
        show_json({"status": "ok", "client_id": own.client_id, "stored_in": str(path), "expires_at": ends})
    else:
        print(
            f"Logged in. The token is in {escape_for_display(str(path))} and renews itself from now on; "
            "nothing else is needed."
        )
        print("Next: `rolesync doctor` tells whether all is well.")
    return Exit.DONE


def _check(own: "Settings") -> None:
    """Refuse before anything is asked what could not work."""
    missing = [name for name in ("client_id", "redirect_uri") if not getattr(own, name)]
    if missing:
        named = " and ".join(f"ROLESYNC_{name.upper()}" for name in missing)
        raise UsageError(
            f"login: {' and '.join(missing)} not set",
            hint=f"set {named} as the developer key in Studio's settings shows it",
        )


def _asked(own: "Settings", out: TextIO) -> tuple[str, str]:
    """Say where to go, and read what comes back: one line of standard input; returned with this login's state."""
    import secrets

    from rolesync.studio.auth.login import authorise_address

    state = secrets.token_urlsafe(24)
    address = authorise_address(own.studio, own.client_id, own.redirect_uri, state)
    out.write(
        "Open this address in a browser that is signed in to Studio as the token's owner, and allow access:\n\n"
        f"  {address}\n\n"
        f"The browser then goes to {own.redirect_uri}, whatever it shows there.\n"
        "Paste the whole address of that page here: "
    )
    out.flush()
    pasted = sys.stdin.buffer.readline(LONGEST_ADDRESS).decode("utf-8", "replace")
    if not sys.stdin.isatty():
        out.write("\n")  # on a terminal the person's own Enter does that
    return pasted, state
