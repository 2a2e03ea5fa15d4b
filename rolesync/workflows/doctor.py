"""Check what a run needs: settings, token, Studio, clock, roles, state folder and record."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rolesync.audit.files import RECORD
from rolesync.audit.verify import verify_record
from rolesync.errors import Exit, RolesyncError, StudioError
from rolesync.live.read_users import look_up
from rolesync.model.keys import ANY_USER
from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.report.content.text import plural
from rolesync.settings import Settings
from rolesync.studio.users import StudioReader
from rolesync.tables.regular_file import is_standard_input
from rolesync.workflows.connect import connect, oauth_of
from rolesync.workflows.context import Context
from rolesync.workflows.secret_files import check_secrets

_MAX_SKEW = 60.0  # seconds; with more, times in the record mislead, and tokens seem to expire too early or too late

PASS, WARN, BLOCK = VerdictStatus.PASS, VerdictStatus.WARN, VerdictStatus.BLOCK


def run_checks(context: Context) -> list[Check]:
    """Run every check; one that fails doesn't hide the others. Never writes to Studio."""
    checks = [*_settings(context), *_studio(context), *_list(context), *_folders(context.settings), _record(context)]
    first: dict[tuple[str, str], Check] = {}
    for check in checks:
        if check.status is BLOCK:
            first.setdefault((check.message, check.hint), check)
    return [
        replace(check, message=f"not checked: {check.message}", hint="")
        if check is not first.get((check.message, check.hint), check)
        else check
        for check in checks
    ]


def _settings(context: Context) -> Iterator[Check]:
    settings = context.settings
    names_by_source: dict[str, list[str]] = {}
    for name, origin in settings.origins.items():
        names_by_source.setdefault(origin.name, []).append(name)
    for source, names in names_by_source.items():
        yield Check("settings", PASS, f"from {source}: {', '.join(sorted(names))}")
    try:
        yield Check("Studio", PASS, settings.studio)
    except RolesyncError as error:
        yield _failed("Studio", error)
    try:
        yield _stored_token(context) if settings.client_id else _fixed_token(context)
    except RolesyncError as error:
        yield _failed("token", error)
    yield from check_secrets(settings)
    yield Check(
        "owner",
        PASS if settings.owner else WARN,
        settings.owner or "not set: nothing keeps the token's owner from losing a role",
        "" if settings.owner else "set ROLESYNC_OWNER to the address of the person who made the token",
    )
    yield Check("managed roles", PASS, ", ".join(settings.managed_roles))


def _fixed_token(context: Context) -> Check:
    if context.settings.token.get_secret_value():
        return Check("token", PASS, f"set, sent with {context.settings.auth_scheme or 'no scheme'}")
    hint = "set ROLESYNC_TOKEN or a file of the secrets folder; or set a developer key, then run `rolesync login`"
    return Check("token", BLOCK, "not set", hint, Exit.USAGE)


def _stored_token(context: Context) -> Check:
    """Check that there is an OAuth token, without using it."""
    stored = oauth_of(context.settings, context.now).current()
    if stored is not None:
        expiry = f"expires {stored.expires_at:%Y-%m-%d %H:%M:%S %Z}" if stored.expires_at else "its expiry is not known"
        message = f"OAuth, stored since {stored.obtained_at:%Y-%m-%d %H:%M:%S %Z}; {expiry}, renews itself"
        return Check("token", PASS, message)
    if context.settings.refresh_token.get_secret_value():
        return Check("token", PASS, "OAuth, none stored yet; the first request exchanges ROLESYNC_REFRESH_TOKEN")
    hint = "run `rolesync login` to get the first token, or set ROLESYNC_REFRESH_TOKEN"
    return Check("token", BLOCK, "client_id is set, but it has no token yet", hint, Exit.USAGE)


def _studio(context: Context) -> Iterator[Check]:
    try:
        with connect(context) as client:
            studio = StudioReader(client)
            studio.ping()
            yield _clock(client.clock_skew)
            yield Check("reachable", PASS, f"{context.settings.studio} answers")
            yield from _roles(studio, context.settings.managed_roles)
            yield from _named_users(studio, context.settings)
    except RolesyncError as error:
        yield _failed("reachable", error)


def _clock(skew: float | None) -> Check:
    if skew is None:
        return Check("clock", WARN, "Studio's answer names no time to compare with")
    if abs(skew) <= _MAX_SKEW:
        return Check("clock", PASS, f"within {_MAX_SKEW:g} s of Studio's")
    return Check("clock", WARN, f"{skew:+.0f} s from Studio's", "set this machine's clock (NTP)")


def _roles(studio: StudioReader, managed: tuple[str, ...]) -> Iterator[Check]:
    """Search for one holder of each managed role, which also shows whether the token may read."""
    for role in managed:
        try:
            page = studio.search_role(role, per_page=1)
            yield Check(f"role {role}", PASS, plural(page.total_count, "holder"))
        except StudioError as error:
            yield _failed(f"role {role}", error)
    try:
        known_roles = studio.known_roles()
    except StudioError as error:
        yield Check("roles known", WARN, error.message, "no run depends on it; each role is checked by a search above")
        return
    missing = [role for role in managed if role not in known_roles]
    message = f"Studio's description lists {', '.join(known_roles) or 'none'}"
    yield Check(
        "roles known", WARN if missing else PASS, message, f"not listed: {', '.join(missing)}" if missing else ""
    )


def _named_users(studio: StudioReader, settings: Settings) -> Iterator[Check]:
    """Search for the users whom the settings name: an entry that no user has protects nobody."""
    for name, entries in (("owner", (settings.owner,)), ("protected_users", settings.protected_users)):
        keys = [
            int(entry) if entry.isdecimal() else entry for entry in entries if entry and not entry.startswith(ANY_USER)
        ]
        if not keys:
            continue
        try:
            users = list(studio.client.each(lambda key: look_up(studio, key), keys))
        except StudioError as error:
            yield _failed(f"{name} in Studio", error)
            continue
        unknown = [str(key) for key, matches in zip(keys, users, strict=True) if not matches.ids]
        if unknown:
            hint = f"correct {name}; until then it protects nobody of that name"
            yield Check(f"{name} in Studio", WARN, f"no user is {', '.join(unknown)}", hint)
        else:
            yield Check(f"{name} in Studio", PASS, f"{len(keys):,} of {len(keys):,} found")


def _list(context: Context) -> Iterator[Check]:
    """Read the list that the settings name."""
    name = context.settings.list
    if not name or is_standard_input(name):
        return
    from rolesync.workflows.read_list import read_list  # noqa: PLC0415  # brings pandas, which nothing else needs here

    try:
        desired = read_list(name, context)
    except RolesyncError as error:
        yield _failed("list", error)
        return
    source = desired.source
    age = f", last modified {source.modified_at:%Y-%m-%d %H:%M:%S %Z}" if source.modified_at else ", of unknown age"
    if desired.status == "reject":
        hint = "`rolesync validate` shows all findings"
        yield Check("list", BLOCK, f"{source.path} can't be used", hint, Exit.INPUT_REFUSED)
    else:
        yield Check("list", PASS, f"{source.path} has {plural(source.rows, 'row')}{age}")


def _folders(settings: Settings) -> Iterator[Check]:
    """Check whether this user can write the state folder, which may have to be made, and the file of metrics."""
    folder, metrics = settings.state_dir, settings.metrics_file
    parent = next((path for path in (folder, *folder.parents) if os.access(path, os.F_OK)), folder)
    if impossible := _impossible(folder):
        message = f"{folder} can't be made: {impossible}"
        yield Check("state folder", BLOCK, message, "set ROLESYNC_STATE_DIR to a folder that can exist", Exit.USAGE)
    elif _is_writable(parent):
        yield Check("state folder", PASS, f"{folder} can be written")
    else:
        message = f"{folder} can't be written: {parent} is not a folder that this user can write to"
        yield Check("state folder", BLOCK, message, "correct its permissions, or set ROLESYNC_STATE_DIR", Exit.USAGE)
    if metrics and _is_writable(metrics.parent):
        yield Check("metrics file", PASS, f"{metrics} can be written")
    elif metrics:
        message = f"{metrics} can't be written: {metrics.parent} is not a folder that this user can write to"
        yield Check("metrics file", WARN, message, "make the folder, correct its permissions, or correct metrics_file")


def _impossible(folder: Path) -> str:
    """Return why a folder can't exist, such as that its path is too long; "" if it can."""
    try:
        (folder / RECORD).stat()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _record(context: Context) -> Check:
    try:
        verification = verify_record(context.settings.account_dir, context.settings.audit_key.get_secret_value())
    except RolesyncError as error:
        return _failed("audit record", error)
    records = plural(verification.records, "record")
    if verification.ok and verification.unchecked:
        sealed = f"{verification.unchecked:,} of {records} are sealed with a key"
        message = f"{sealed}, and no key is set: no run can start"
        hint = "set audit_key; or continue without a key on purpose: `rolesync audit rekey`"
        return Check("audit record", BLOCK, message, hint, Exit.INCOMPLETE)
    if verification.only_appended:
        message = f"whole, {records}, and bytes after them that are not a record"
        return Check("audit record", WARN, message, "run `rolesync audit verify` to see which")
    if verification.ok:
        return Check("audit record", PASS, f"whole, {records}")
    return Check(
        "audit record",
        BLOCK,
        "changed after it was written",
        "run `rolesync audit verify` to see where",
        Exit.INCOMPLETE,
    )


def _failed(name: str, error: RolesyncError) -> Check:
    """Make the check of an error. Advice to run these checks is of no use in them."""
    hint = "check account or base_url, and the network" if "rolesync doctor" in error.hint else error.hint
    return Check(name, BLOCK, error.message, hint, error.exit_code)
