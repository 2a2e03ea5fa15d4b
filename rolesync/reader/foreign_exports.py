"""Exports of other programs, known by their columns: what each is, and what it can and can't tell.

Some have columns named like those of a list and mean something else by them: in a Canvas SIS `admins.csv`, `user_id` is
an id of the school's own, and taken for Studio's it would name strangers. So an export is read only by who names it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from rolesync.tables.header_text import fold_header


class Export(NamedTuple):
    """One kind of export.

    `preset` is its name for `migrate --from`, "" where there is none. `marks` are sets of folded headers: any of them
    whole is enough to know it. `lacks` says, for people, why it is no list of roles.
    """

    preset: str
    title: str
    marks: tuple[frozenset[str], ...]
    lacks: str


def _marks(*names: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(fold_header, name.split(", "))) for name in names)


EXPORTS = (
    Export(
        "canvas-sis-admins",
        "a Canvas SIS export of admins",
        _marks("user_id, account_id, role", "user_id, account_id, role_id"),
        "its user_id is the school's id, not Studio's, and its roles are those of Canvas",
    ),
    Export(
        "oneroster",
        "a OneRoster export",
        _marks("sourcedId, role", "userSourcedId, role", "sourcedId, username", "sourcedId, enabledUser"),
        "its roles are those of a school, and some of its rows are to be deleted",
    ),
    Export(
        "google-groups",
        "an export of a Google group",
        _marks(
            "Email address, Group status",
            "Email address, Email status, Posting permissions",
            "Group Email [Required], Member Email",
            "group, email, type, role",
        ),
        "it tells who is in a group, not who has which role in Studio",
    ),
    Export(
        "entra-group",
        "an export of users or of a group of Microsoft Entra",
        _marks("userPrincipalName, displayName", "User principal name, Object ID", "userPrincipalName, objectId"),
        "it tells who is in a group, not who has which role in Studio",
    ),
    Export(
        "okta",
        "an export of Okta users",
        _marks(
            "login, firstName, lastName, email",
            "profile.login, profile.email",
            "Okta username, Primary email",
            "User login, User primary email",
        ),
        "it tells who is in a group or application, not who has which role in Studio",
    ),
    Export(
        "adobe-user-sync",
        "a file of Adobe user-sync or of the Adobe Admin Console",
        _marks("email, country, groups", "Identity Type, Email, User Groups", "Identity Type, Email, Country Code"),
        "it has groups of Adobe instead of roles of Studio",
    ),
    Export(
        "",
        "a Canvas SIS export of enrollments",
        _marks("user_id, role, course_id", "user_id, role, section_id"),
        "its user_id is the school's id, not Studio's, and its roles are those in courses",
    ),
    Export(
        "",
        "a Canvas SIS export of users",
        _marks("user_id, login_id"),
        "it has no roles; `rolesync migrate --from canvas-sis-admins --join` takes it beside an export of admins",
    ),
    Export(
        "",
        "a Google Workspace export of users",
        _marks("Email Address [Required], First Name [Required]"),
        "it has no roles of Studio",
    ),
)


def recognise_export(header: Iterable[str], expected: str = "") -> Export | None:
    """Tell which export has such a header, if any; the one with the preset `expected` where several may be meant."""
    names = frozenset(map(fold_header, header))
    found = [export for export in EXPORTS if any(mark <= names for mark in export.marks)]
    return next((export for export in found if export.preset == expected), found[0] if found else None)
