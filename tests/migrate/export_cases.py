"""Samples of exports in `exports/`: real headers with made-up rows, and what each gives with `--role Admin`."""

from typing import NamedTuple


class Case(NamedTuple):
    """A sample: the export that it is, its users (before the `@`), and the rows that are ignored or refused."""

    file: str
    preset: str
    users: str
    dropped: list[int]
    refused: list[int]
    join: str = ""


CASES = [
    Case("ad-group-members.csv", "ad-group-members", "ann", dropped=[4, 6], refused=[5], join="ad-users.csv"),
    Case("ad-users.csv", "ad-users", "ann cy", dropped=[4], refused=[5]),
    Case("adobe-console.csv", "adobe-user-sync", "alee bkim cfox", dropped=[], refused=[]),
    Case("adobe-user-sync.csv", "adobe-user-sync", "alee bkim cfox", dropped=[], refused=[]),
    Case("atlassian-managed-accounts.csv", "atlassian-managed-accounts", "ann", dropped=[3], refused=[]),
    Case("atlassian-users.csv", "atlassian-users", "ann", dropped=[4, 5], refused=[]),
    Case("blackboard-users.txt", "blackboard-users", "ann bo", dropped=[4, 5, 6], refused=[]),
    Case(
        "canvas-api-admins-browser.json",
        "canvas-api-admins",
        "ann bo",
        dropped=[3],
        refused=[],
        join="canvas-users.csv",
    ),
    Case("canvas-api-admins.json", "canvas-api-admins", "ann bo", dropped=[3], refused=[], join="canvas-users.csv"),
    Case(
        "canvas-provisioning-admins.csv",
        "canvas-provisioning-admins",
        "",
        dropped=[4, 5, 6],
        refused=[2, 3, 7],
        join="canvas-users.csv",
    ),
    Case(
        "canvas-sis-admins.csv", "canvas-sis-admins", "ann", dropped=[3, 4, 5], refused=[], join="canvas-users-sis.csv"
    ),
    Case("canvas-users-sis.csv", "canvas-users", "ann", dropped=[3, 4], refused=[]),
    Case("canvas-users.csv", "canvas-users", "ann bo eve", dropped=[3, 5, 6], refused=[]),
    Case("classlink-oneroster.csv", "oneroster", "ann bo sam", dropped=[4, 5], refused=[]),
    Case("clever-admins.csv", "clever-admins", "di eve fay", dropped=[], refused=[]),
    Case("clever-staff.csv", "clever-staff", "di eve", dropped=[], refused=[]),
    Case("clever-students.csv", "clever-students", "sam lou", dropped=[], refused=[3]),
    Case("clever-teachers.csv", "clever-teachers", "ann bo", dropped=[], refused=[5]),
    Case("d2l-data-set-users.csv", "d2l-data-set-users", "ann bo", dropped=[4], refused=[]),
    Case("d2l-ipsis-users.csv", "d2l-ipsis-users", "ann bo sam", dropped=[4, 5], refused=[]),
    Case("echo360-import.csv", "echo360-import", "alee bkim", dropped=[], refused=[]),
    Case("echosystem-users.csv", "echosystem-users", "alee bkim cfox", dropped=[], refused=[]),
    Case("entra-bulk-members.csv", "entra-bulk-members", "ann bob", dropped=[3, 6], refused=[], join="entra-users.csv"),
    Case("entra-bulk-users.csv", "entra-bulk-users", "ann", dropped=[3, 5], refused=[]),
    Case("entra-group-members.csv", "entra-group", "ann bob", dropped=[4, 5], refused=[]),
    Case("entra-users.csv", "entra-users", "ann bob", dropped=[4, 5], refused=[]),
    Case("gam-group-members.csv", "google-groups", "ann eve", dropped=[3, 5, 6], refused=[]),
    Case("gam-users.csv", "gam-users", "ann", dropped=[3, 4], refused=[]),
    Case("github-enterprise.csv", "github-enterprise", "ann cy ed", dropped=[], refused=[4]),
    Case("github-org.csv", "github-org", "ann cy", dropped=[], refused=[4]),
    Case("google-groups-bulk.csv", "google-groups", "ann bob", dropped=[4], refused=[]),
    Case("google-groups.csv", "google-groups", "ann bob", dropped=[], refused=[5, 6]),
    Case("google-workspace-users.csv", "google-workspace-users", "ann cy", dropped=[3], refused=[]),
    Case("kaltura-bulk.csv", "kaltura-bulk", "alee bkim dray", dropped=[6], refused=[]),
    Case("ldif-groups.ldif", "ldif-groups", "ann", dropped=[2], refused=[3], join="ldif-users.ldif"),
    Case("ldif-posix-groups.ldif", "ldif-posix-groups", "ann", dropped=[2], refused=[], join="ldif-users.ldif"),
    Case("ldif-users-ad.ldif", "ldif-users", "ann", dropped=[2], refused=[]),
    Case("ldif-users.ldif", "ldif-users", "ann cy", dropped=[1, 4, 5], refused=[]),
    Case("m365-users-alphabetical.csv", "m365-users", "ann", dropped=[3, 4], refused=[]),
    Case("m365-users.csv", "m365-users", "ann", dropped=[3, 4, 5], refused=[]),
    Case("moodle-download-users.csv", "moodle-download-users", "ann bo cy", dropped=[], refused=[]),
    Case("moodle-upload-users.csv", "moodle-upload-users", "ann bo cy fay", dropped=[5, 6], refused=[]),
    Case("okta-json.json", "okta", "ann", dropped=[2, 3], refused=[]),
    Case("okta-password-health.csv", "okta", "ann cy", dropped=[3, 6], refused=[5]),
    Case("okta-rockstar-group.csv", "okta", "ann", dropped=[3], refused=[4]),
    Case("okta-rockstar-users.csv", "okta", "ann cy", dropped=[3], refused=[5]),
    Case("okta-user-accounts.csv", "okta", "ann", dropped=[3], refused=[]),
    Case("oneroster-11.csv", "oneroster", "ann bo sam", dropped=[4, 5], refused=[]),
    Case("oneroster-12-roles.csv", "oneroster", "ann bo", dropped=[5, 6, 7], refused=[], join="oneroster-12-users.csv"),
    Case("oneroster-12-users.csv", "oneroster", "ann bo", dropped=[4, 5], refused=[]),
    Case("oneroster-json.json", "oneroster", "ann", dropped=[2, 3], refused=[]),
    Case("panopto-users.csv", "panopto-users", "alee bkim", dropped=[], refused=[4]),
    Case("scim-groups.json", "scim-groups", "ann", dropped=[2], refused=[3], join="scim-users.json"),
    Case("scim-users.json", "scim-users", "ann cy", dropped=[2, 4], refused=[]),
    Case("sds-v1-student.csv", "sds-v1-student", "sam lou", dropped=[], refused=[3]),
    Case("sds-v1-teacher.csv", "sds-v1-teacher", "ann", dropped=[4], refused=[3]),
    Case("sds-v2-users.csv", "sds-v2-users", "ann bo sam", dropped=[], refused=[]),
    Case("sds-v21-roles.csv", "sds-v21-roles", "ann bo sam", dropped=[6], refused=[], join="sds-v21-users.csv"),
    Case("sds-v21-users.csv", "sds-v21-users", "ann bo sam cy parent", dropped=[], refused=[]),
    Case("servicenow-memberships.csv", "servicenow-memberships", "ann", dropped=[3], refused=[]),
    Case("servicenow-users.csv", "servicenow-users", "ann", dropped=[3, 5], refused=[4]),
    Case("slack-members.csv", "slack-members", "ann cy", dropped=[4, 5], refused=[6]),
    Case("wordpress-cli-multisite.csv", "wordpress-cli", "alee", dropped=[3, 4], refused=[]),
    Case("wordpress-cli.csv", "wordpress-cli", "alee bkim cfox", dropped=[], refused=[]),
    Case("wordpress-export-codection.csv", "wordpress-export-codection", "alee bkim cfox", dropped=[], refused=[]),
    Case(
        "wordpress-export-users-to-csv.csv", "wordpress-export-users-to-csv", "alee bkim cfox", dropped=[], refused=[]
    ),
    Case("wordpress-export-webtoffee.csv", "wordpress-export-webtoffee", "alee bkim", dropped=[4], refused=[]),
    Case("yuja-roster.csv", "yuja-roster", "alee cfox", dropped=[3], refused=[]),
    Case("yuja-upload.csv", "yuja-upload", "alee bkim cfox", dropped=[], refused=[]),
    Case("zoom-users.csv", "zoom-users", "ann cy", dropped=[3], refused=[]),
]
