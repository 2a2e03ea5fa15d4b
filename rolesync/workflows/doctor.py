"""What must be well before a night can go well: settings, token, Studio, roles, state folder, record and clock."""

import os
from collections.abc import Iterator
from datetime import datetime

from rolesync.audit.verify import verify_record
from rolesync.errors import Exit, RolesyncError, StudioError
from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, oauth_of
from rolesync.workflows.context import Context

GREATEST_SKEW = 60.0  # seconds; more makes times in the record misleading and tokens expire at odd moments

PASS, WARN, BLOCK = VerdictStatus.PASS, VerdictStatus.WARN, VerdictStatus.BLOCK


def run_checks(context: Context) -> list[Check]:
    """Look at everything that a run needs; one bad thing doesn't hide the next. Never writes to Studio."""
    return [*_settings(context), *_studio(context), _state_folder(context), _record(context)]


def _settings(context: Context) -> Iterator[Check]:
    own = context.settings
    try:
        yield Check("Studio", PASS, own.studio)
    except RolesyncError as error:
        yield _failed("Studio", error)
    try:
        yield _stored_token(context) if own.client_id else _fixed_token(context)
    except RolesyncError as error:
        yield _failed("token", error)
    yield Check(
        "owner",
        PASS if own.owner else WARN,
        own.owner or "not set: nothing keeps the token's own owner from losing a role",
        "" if own.owner else "set ROLESYNC_OWNER to the address of whoever made the token",
    )
    yield Check("managed roles", PASS, ", ".join(own.managed_roles))


def _fixed_token(context: Context) -> Check:
    if context.settings.token.get_secret_value():
        return Check("token", PASS, f"set, sent with {context.settings.auth_scheme or 'no scheme'}")
    hint = "set ROLESYNC_TOKEN, or put it in a file of the secrets folder; or set a developer key and `rolesync login`"
    return Check("token", BLOCK, "not set", hint, Exit.USAGE)


def _stored_token(context: Context) -> Check:
    """Tell what is known of the OAuth token without using it."""
    stored = oauth_of(context.settings, context.now).current()
    if stored is not None:
        ends = f"ends {stored.expires_at:%Y-%m-%d %H:%M:%S %Z}" if stored.expires_at else "its end is not known"
        said = f"OAuth, stored since {stored.obtained_at:%Y-%m-%d %H:%M:%S %Z}; {ends}, renews itself"
        return Check("token", PASS, said)
    if context.settings.refresh_token.get_secret_value():
        return Check("token", PASS, "OAuth, none stored yet; the first request spends ROLESYNC_REFRESH_TOKEN for one")
    hint = "`rolesync login` gets the first one, or set ROLESYNC_REFRESH_TOKEN"
    return Check("token", BLOCK, "client_id is set, but there is no token of it yet", hint, Exit.USAGE)


def _studio(context: Context) -> Iterator[Check]:
    try:
        with connect(context) as client:
            studio = StudioReader(client)
            yield _clock(studio.ping(), context.now())
            yield Check("reachable", PASS, f"{context.settings.studio} answers")
            yield from _roles(studio, context.settings.managed_roles)
    except RolesyncError as error:
        yield _failed("reachable", error)


def _clock(theirs: datetime | None, ours: datetime) -> Check:
    if theirs is None:
        return Check("clock", WARN, "Studio doesn't say what time it is")
    skew = (ours - theirs).total_seconds()
    if abs(skew) <= GREATEST_SKEW:
        return Check("clock", PASS, f"within {GREATEST_SKEW:g} s of Studio's")
    return Check("clock", WARN, f"{skew:+.0f} s from Studio's", "set this machine's clock (NTP)")


def _roles(studio: StudioReader, managed: tuple[str, ...]) -> Iterator[Check]:
    """Ask for one page of each managed role, which also shows whether the token may read."""
    for role in managed:
        try:
            page = studio.search_role(role, per_page=1)
            yield Check(f"role {role}", PASS, f"{page.total_count} people hold it")
        except StudioError as error:
            yield _failed(f"role {role}", error)
    try:
        known = studio.known_roles()
    except StudioError as error:
        yield Check(
            "roles known", WARN, error.message, "nothing depends on it; roles are checked by searching for them"
        )
        return
    missing = [role for role in managed if role not in known]
    said = f"Studio's description lists {', '.join(known) or 'none'}"
    yield Check("roles known", WARN if missing else PASS, said, f"not listed: {', '.join(missing)}" if missing else "")


def _state_folder(context: Context) -> Check:
    folder = context.settings.state_dir
    parent = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return Check("state folder", PASS, f"{folder} can be written")
    said = f"{folder} can't be written: {parent} is in the way"
    return Check("state folder", BLOCK, said, "correct it or set ROLESYNC_STATE_DIR", Exit.UNEXPECTED)


def _record(context: Context) -> Check:
    try:
        found = verify_record(context.settings.account_dir, context.settings.audit_key.get_secret_value())
    except RolesyncError as error:
        return _failed("audit record", error)
    if found.ok and found.unchecked:
        said = f"{found.unchecked} of {found.records} records are sealed with a key, and none is set: no run can go on"
        hint = "set audit_key; or go on without one on purpose: `rolesync audit rekey`"
        return Check("audit record", BLOCK, said, hint, Exit.INCOMPLETE)
    if found.ok:
        return Check("audit record", PASS, f"whole, {found.records} records")
    return Check("audit record", BLOCK, "not as it was written", "look at `rolesync audit verify`", Exit.INCOMPLETE)


def _failed(name: str, error: RolesyncError) -> Check:
    return Check(name, BLOCK, error.message, error.hint, error.exit_code)
