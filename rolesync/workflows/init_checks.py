"""The checks of `init`: does Studio answer, accept the token, know owner and roles; and what does the list ask for."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from rolesync.configuration.error_messages import near_names
from rolesync.configuration.values import check_redirect
from rolesync.errors import (
    InputRefusedError,
    NotFoundError,
    StudioError,
    UnauthorizedError,
    UnprocessableError,
    UnreachableError,
    UsageError,
)
from rolesync.live.read_users import look_up
from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import Level
from rolesync.private_files import check_replaceable
from rolesync.report.content.text import format_user, plural
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context
from rolesync.workflows.read_list import read_list

_WORKBOOKS = {".xlsx", ".xlsm", ".ods", ".xls"}
PLACEHOLDER = "not-known-yet"
"""Sent where no token is known yet: a Studio answers it with 401."""

_ROLES_COUNTED = 12  # a request each
_FINDINGS_SHOWN = 3


def is_first(text: str) -> bool:
    """Read the answer to a choice of two.

    Raises:
        UsageError: it is neither 1 nor 2.
    """
    if text.strip() not in {"1", "2"}:
        raise UsageError("answer 1 or 2")
    return text.strip() == "1"


def parse_client_id(text: str) -> str:
    """Read the id of a developer key.

    Raises:
        UsageError: it is empty.
    """
    if not text.strip():
        raise UsageError("the client id is empty", hint="Studio shows it in Settings, Developer Keys")
    return text.strip()


def parse_redirect(text: str) -> str:
    """Read the redirect URI of a developer key.

    Raises:
        UsageError: Studio would not accept it.
    """
    try:
        return check_redirect(text.strip())
    except ValueError as error:
        raise UsageError(f"the redirect URI {error}", hint="copy it from Studio's Developer Keys") from None


def parse_secret(secret: SecretStr) -> str:
    """Read a secret that was typed or pasted.

    Raises:
        UsageError: it is empty.
    """
    if not (text := secret.get_secret_value().strip()):
        raise UsageError("nothing was typed or pasted", hint="paste it and press Enter; it stays invisible")
    return text


def why_no_new_list(path: Path) -> str:
    """Find out why no list can be written to a file that isn't there; "" if one can."""
    if path.suffix.casefold() in _WORKBOOKS:
        return f"a new list is a CSV file, and {path.name} names a workbook"
    try:
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}"
        check_replaceable(path)
    except OSError as error:
        return f"{path} can't be written: {error.strerror}"
    return ""


def check_studio_answers(context: Context) -> None:
    """Check that there is a Studio at the address, without a token.

    Raises:
        StudioError: nothing answers there, or something else than Studio.
    """
    try:
        with connect(context) as client:
            StudioReader(client).ping()
    except UnauthorizedError:  # it wants a token
        return
    except StudioError as error:
        hint = "correct the account; is the network, or a proxy, in the way?"
        reason = "" if isinstance(error, UnreachableError) else f": {error.message}"
        raise StudioError(f"no Studio answers at {context.settings.studio}{reason}", hint=hint) from error


def accepted_scheme(context_of: Callable[[str], Context]) -> tuple[str, int]:
    """Find the word before the token with which Studio accepts it; returns it and the number of admins.

    Args:
        context_of: makes a context that sends the token after this word.

    Raises:
        UnauthorizedError: Studio refuses the token with and without the word Bearer.
        StudioError: the owner of the token may not search for users, or Studio can't be reached.
    """
    for scheme in ("Bearer", ""):
        try:
            with connect(context_of(scheme)) as client:
                return scheme, StudioReader(client).search_role("Admin", per_page=1).total_count
        except UnauthorizedError:
            continue
    raise UnauthorizedError("Studio doesn't accept this token (401)", hint="copy the whole token again")


def describe_owner(key: str, context: Context) -> str:
    """Find the owner of the token in Studio, and describe this user.

    Args:
        key: a normalised address or an id.
        context: the account.

    Raises:
        UsageError: Studio has no such user, or several.
    """
    with connect(context) as client:
        users = look_up(StudioReader(client), int(key) if key.isdecimal() else key)
    if not users.ids:
        hint = "take the address from Studio's list of users, or the user id"
        raise UsageError(f"no user of Studio is {key}", hint=hint)
    if len(users.ids) > 1:
        ids = ", ".join(map(str, users.ids))
        raise UsageError(f"{len(users.ids)} users of Studio have the address {key}: {ids}", hint="name one by user id")
    roles = ", ".join(parse_roles(users.roles[0])) or "no role"
    return f"{format_user(users.names[0], users.emails[0], users.ids[0])} holds {roles}."


def count_roles(context: Context) -> dict[str, int]:
    """The roles in Studio's description, each with the number of its holders; empty if they can't be read."""
    try:
        with connect(context) as client:
            studio = StudioReader(client)
            names = studio.known_roles()[:_ROLES_COUNTED]
            counts = client.each(lambda name: studio.search_role(name, per_page=1).total_count, names)
            return dict(zip(names, counts, strict=True))
    except StudioError:  # no run depends on the description
        return {}


def check_roles_exist(names: Sequence[str], roles: Mapping[str, int], context: Context) -> None:
    """Check that each role is in Studio's description, or that a user holds it.

    Raises:
        UsageError: no role is named, or nobody holds one that Studio's description doesn't list.
    """
    if not names:
        raise UsageError("at least one role has to be managed", hint="Admin is the usual one")
    with connect(context) as client:
        studio = StudioReader(client)
        for name in names:
            if name not in roles and not _is_held(name, studio):
                hint = f"Studio's roles are {', '.join(roles)}" if roles else "write it exactly as Studio shows it"
                raise UsageError(f"nobody in Studio holds the role {name!r}{near_names(name, roles)}", hint=hint)


def _is_held(name: str, studio: StudioReader) -> bool:
    try:
        return studio.search_role(name, per_page=1).total_count > 0
    except (NotFoundError, UnprocessableError):  # Studio knows no such role
        return False


def describe_list(path: Path | str, context: Context) -> list[str]:
    """Read a list, and describe what it asks for and its first findings.

    Raises:
        InputRefusedError: the list can't be used.
    """
    desired = read_list(path, context)
    findings = [finding for finding in desired.findings if finding.level is not Level.INFO]
    if desired.status == "reject":
        errors = [finding for finding in findings if finding.level is Level.ERROR]
        hint = f"`rolesync validate {path}` shows all errors"
        raise InputRefusedError(f"{path} can't be used: {errors[0].message}", hint=hint)
    counts = {str(role): int(number) for role, number in desired.listed.role.value_counts().items() if number}
    asks = ", ".join(f"{role} for {plural(number, 'user')}" for role, number in counts.items()) or "no role"
    lines = [f"{plural(desired.source.rows, 'row')}: {asks}."]
    lines += [f"{finding.level.value}: {finding.message}" for finding in findings[:_FINDINGS_SHOWN]]
    if len(findings) > _FINDINGS_SHOWN:
        lines.append(f"… and {len(findings) - _FINDINGS_SHOWN:,} more: rolesync validate {path}")
    return lines
