"""The recipes of the exports that `migrate --from` knows, with the headers that the programs write.

Sources: Canvas "SIS CSV Format"; 1EdTech "OneRoster CSV Binding" 1.1 and 1.2; Adobe "User Sync Tool, syncing from a CSV
file"; and what the consoles of Google, Microsoft Entra and Okta download.
"""

import re
from collections.abc import Mapping

from rolesync.migrate.recipe import Condition, Recipe


def _words(*words: str) -> frozenset[str]:
    return frozenset(words)


_ONEROSTER_KEEP = (
    Condition(("status",), _words("active", ""), _words("tobedeleted", "inactive"), "the record is to be deleted"),
    Condition(("enabledUser",), _words("true", ""), _words("false"), "the user is not enabled"),
)

_RECIPES = (
    Recipe(
        preset="google-groups",
        title="A Google group",
        email=("Email address", "Member Email", "email"),
        user_id=(),
        role=("Member Role", "role", "Group status"),
        name=("Nickname", "Member Name"),
        action=(),
        mapped_only=True,
        keep=(
            Condition(
                ("Group status",),
                _words("member", "manager", "owner", ""),
                _words("banned", "pending", "invited", "not a member"),
                "is not a member of the group",
            ),
            Condition(
                ("Member Type", "type"),
                _words("user", "user_google_account", ""),
                _words("group", "customer", "other", "external"),
                "is not a user of the organisation",
            ),
            Condition(("status",), _words("active", ""), _words("suspended", "archived"), "the account is not active"),
        ),
        gives="addresses, names, members, owners and managers of the group",
        lacks="has no Studio roles",
    ),
    Recipe(
        preset="entra-group",
        title="A Microsoft Entra group",
        email=("mail", "userPrincipalName", "User principal name"),
        user_id=(),
        role=(),
        name=("displayName", "Display name"),
        action=(),
        mapped_only=True,
        keep=(
            Condition(
                ("objectType", "Member type"),
                _words("user", "member", ""),
                _words("group", "device", "contact", "serviceprincipal", "service principal"),
                "is not a user",
            ),
            Condition(("accountEnabled",), _words("true", ""), _words("false"), "the account is disabled"),
        ),
        no_address=re.compile(r".*#ext#@.*", re.IGNORECASE),
        gives="the members of the group, by user principal names, which may differ from their mail addresses",
        lacks="has no Studio roles",
    ),
    Recipe(
        preset="okta",
        title="An export of Okta users",
        email=("email", "profile.email", "Primary email", "User primary email"),
        user_id=(),
        role=("Group name", "groups", "group"),
        name=("displayName", "profile.displayName", "User fullname"),
        name_parts=(("firstName", "profile.firstName", "First name"), ("lastName", "profile.lastName", "Last name")),
        action=(),
        separator=",",
        mapped_only=True,
        keep=(
            Condition(
                ("status", "Okta user status"),
                _words("active", "password_expired", "password expired", "locked_out", "locked out", "recovery", ""),
                _words("deprovisioned", "deactivated", "suspended", "staged", "provisioned"),
                "the account is not active",
            ),
        ),
        gives="addresses, names, and in some reports groups",
        lacks="has no Studio roles",
    ),
    Recipe(
        preset="adobe-user-sync",
        title="A file of Adobe user-sync",
        email=("email",),
        user_id=(),
        role=("groups", "User Groups"),
        name=(),
        action=(),
        separator=",",
        mapped_only=True,
        gives="addresses and groups",
        lacks="has Adobe groups instead of Studio roles",
    ),
    Recipe(
        preset="canvas-sis-admins",
        title="A Canvas SIS export of admins",
        email=(),
        user_id=(),
        role=("role",),
        name=(),
        action=(),
        mapped_only=True,
        key=("user_id",),
        join_key=("user_id",),
        join_email=("email",),
        join_name=("full_name", "short_name"),
        keep=(
            Condition(("status",), _words("active", ""), _words("deleted"), "the admin is deleted"),
            Condition(("account_id",), _words(""), None, "is an admin of a sub-account, not of the whole account"),
            Condition(
                ("canvas_account_id",),
                _words(""),
                _words(),
                "",
                "may be a sub-account without a SIS id (keep only rows of the whole account, and delete this column)",
            ),
        ),
        join_keep=(
            Condition(("status",), _words("active", ""), _words("deleted", "suspended"), "the user is not active"),
        ),
        gives="the holders of each role in Canvas, by the school's ids",
        lacks="has no addresses (the joined users.csv has them), and its roles are those of Canvas, not of Studio",
    ),
    Recipe(
        preset="oneroster",
        title="A OneRoster export",
        email=("email",),
        user_id=(),
        role=("role",),
        name=(),
        starts=("beginDate",),
        expires=("endDate",),
        action=(),
        mapped_only=True,
        key=("userSourcedId",),
        join_key=("sourcedId",),
        join_email=("email",),
        keep=_ONEROSTER_KEEP,
        join_keep=_ONEROSTER_KEEP,
        gives="the holders of each role at school; from version 1.2 on in roles.csv, with the addresses in users.csv",
        lacks="has the roles of a school, not of Studio",
    ),
)

PRESETS: Mapping[str, Recipe] = {recipe.preset: recipe for recipe in _RECIPES}
