"""Exports of other programs, recognised by their columns, and why each is not a list of roles.

Some use a list's column names with another meaning: in a Canvas SIS `admins.csv`, `user_id` is the school's id, which
would name the wrong users in Studio. So an export is read only by `migrate`, and only if `--from` names it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from rolesync.tables.header_text import fold_header


class Export(NamedTuple):
    """A kind of export.

    Attributes:
        preset: its name for `migrate --from`; "" if there is none.
        title: what to call it in a message.
        header_sets: sets of folded headers; a header that contains all of any set is such an export.
        lacks: why it is not a list of roles, for a message.
    """

    preset: str
    title: str
    header_sets: tuple[frozenset[str], ...]
    lacks: str


def _header_sets(*names: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(fold_header, name.split(", "))) for name in names)


EXPORTS = (
    Export(
        "canvas-sis-admins",
        "a Canvas SIS export of admins",
        _header_sets("user_id, account_id, role", "user_id, account_id, role_id"),
        "its user_id is the school's id, not Studio's, and its roles are those of Canvas",
    ),
    Export(
        "oneroster",
        "a OneRoster export",
        _header_sets("sourcedId, role", "userSourcedId, role", "sourcedId, username", "sourcedId, enabledUser"),
        "its roles are those of a school, and some of its rows are marked for deletion",
    ),
    Export(
        "google-groups",
        "an export of a Google group",
        _header_sets(
            "Email address, Group status",
            "Email address, Email status, Posting permissions",
            "Group Email [Required], Member Email",
            "group, email, type, role",
        ),
        "it lists the members of a group, not roles in Studio",
    ),
    Export(
        "entra-group",
        "an export of users or of a group of Microsoft Entra",
        _header_sets("userPrincipalName, displayName", "User principal name, Object ID", "userPrincipalName, objectId"),
        "it lists the members of a group, not roles in Studio",
    ),
    Export(
        "okta",
        "an export of Okta users",
        _header_sets(
            "login, firstName, lastName, email",
            "profile.login, profile.email",
            "Okta username, Primary email",
            "User login, User primary email",
        ),
        "it lists the members of a group or application, not roles in Studio",
    ),
    Export(
        "adobe-user-sync",
        "a file of Adobe user-sync or of the Adobe Admin Console",
        _header_sets(
            "email, country, groups", "Identity Type, Email, User Groups", "Identity Type, Email, Country Code"
        ),
        "it has Adobe groups instead of Studio roles",
    ),
    Export(
        "",
        "a Canvas SIS export of enrollments",
        _header_sets("user_id, role, course_id", "user_id, role, section_id"),
        "its user_id is the school's id, not Studio's, and its roles are those in courses",
    ),
    Export(
        "",
        "a Canvas SIS export of users",
        _header_sets("user_id, login_id"),
        "it has no roles; `rolesync migrate --from canvas-sis-admins --join` joins it to an export of admins",
    ),
    Export(
        "",
        "a Google Workspace export of users",
        _header_sets("Email Address [Required], First Name [Required]"),
        "it has no Studio roles",
    ),
)


def recognise_export(header: Iterable[str], expected: str = "") -> Export | None:
    """Recognise an export by its header; None for any other file.

    Args:
        header: the header's cells.
        expected: the preset that is preferred if several exports match.
    """
    names = frozenset(map(fold_header, header))
    matches = [export for export in EXPORTS if any(headers <= names for headers in export.header_sets)]
    return next((export for export in matches if export.preset == expected), matches[0] if matches else None)
