import pytest

from rolesync.reader.foreign_exports import EXPORTS, recognise_export


@pytest.mark.parametrize(
    ("header", "preset"),
    [
        ("user_id,account_id,role_id,role,status,root_account", "canvas-sis-admins"),
        ("canvas_user_id,user_id,canvas_account_id,account_id,role_id,role,status", "canvas-sis-admins"),
        ("sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,email", "oneroster"),
        ("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId", "oneroster"),
        ("Email address,Nickname,Group status,Email status,Email preference,Posting permissions", "google-groups"),
        ("group,email,role,type,status", "google-groups"),
        ("id,userPrincipalName,displayName,objectType,userType,isUser,isGroup,isGuest", "entra-group"),
        ("login,firstName,lastName,middleName,email", "okta"),
        ("firstname,lastname,email,country,groups,type,username,domain", "adobe-user-sync"),
        ("Identity Type,Username,Domain,Email,First Name,Last Name,Country Code,ID,User Groups", "adobe-user-sync"),
        ("course_id,user_id,role,section_id,status", ""),
        ("user_id,integration_id,login_id,first_name,email,status", ""),
        ("First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY]", ""),
    ],
)
def test_exports_are_recognised_by_their_columns(header: str, preset: str) -> None:
    export = recognise_export(header.split(","))
    assert export
    assert export.preset == preset


@pytest.mark.parametrize(
    "header", ["email,role", "user_id,role,status", "email,role,status,note", "name,email,user id,roles"]
)
def test_a_list_is_not_an_export(header: str) -> None:
    assert recognise_export(header.split(",")) is None


def test_every_export_says_what_it_lacks() -> None:
    for export in EXPORTS:
        assert export.title.startswith("a")
        assert export.lacks
        assert all(len(headers) > 1 for headers in export.header_sets)
