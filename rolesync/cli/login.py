"""`rolesync login`: get the first OAuth token with a browser, which may be on another machine."""

import sys
from typing import TYPE_CHECKING, TextIO

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import show_json
from rolesync.cli.progress import command_context
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from rolesync.settings import Settings

MAX_ADDRESS = 16 * 1024  # bytes; a longer line can't be an address


def login(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Get the first OAuth token. Open an address in a browser, then paste the address of the last page."""
    from rolesync.report.content.text import escape_for_display
    from rolesync.studio.auth.login import code_in

    settings = load_settings(config, assignments)
    _require_oauth_settings(settings)
    code = code_in(*_ask_for_address(settings, sys.stderr if form is Form.JSON else sys.stdout))
    from rolesync.studio.auth.token_store import STORE
    from rolesync.workflows.connect import log_in

    with command_context(settings) as context:
        token = log_in(settings, code, context.now)
    path = settings.account_dir / STORE
    expires_at = token.expires_at.isoformat(timespec="seconds") if token.expires_at else None
    if form is Form.JSON:
        show_json({"status": "ok", "client_id": settings.client_id, "stored_in": str(path), "expires_at": expires_at})
    else:
        print(f"Logged in. The token is in {escape_for_display(str(path))}; rolesync renews it automatically.")
        print("Next: run `rolesync doctor` to check the settings.")
    return Exit.DONE


def _require_oauth_settings(settings: "Settings") -> None:
    """Raise UsageError if a setting that the login needs is missing."""
    missing = [name for name in ("client_id", "redirect_uri") if not getattr(settings, name)]
    if missing:
        variables = " and ".join(f"ROLESYNC_{name.upper()}" for name in missing)
        raise UsageError(
            f"login: {' and '.join(missing)} not set",
            hint=f"set {variables}; the developer key in Studio's settings shows the value of each",
        )


def _ask_for_address(settings: "Settings", stream: TextIO) -> tuple[str, str]:
    """Show the address to open, and read one pasted line; returns the line and the state of this login."""
    import secrets

    from rolesync.studio.auth.login import authorise_address

    state = secrets.token_urlsafe(24)
    address = authorise_address(settings.studio, settings.client_id, settings.redirect_uri, state)
    stream.write(
        "Open this address in a browser that is signed in to Studio as the token's owner, and allow access:\n\n"
        f"  {address}\n\n"
        f"The browser then opens {settings.redirect_uri}; an error page there is fine.\n"
        "Paste the whole address of that page here: "
    )
    stream.flush()
    pasted = sys.stdin.buffer.readline(MAX_ADDRESS).decode("utf-8", "replace")
    if not sys.stdin.isatty():
        stream.write("\n")  # on a terminal, the Enter key of the user has ended the line already
    return pasted, state
