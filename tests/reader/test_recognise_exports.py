import pytest

from rolesync.reader.recognise_exports import recognise_export


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("user_id,account_id,role_id,role,status,root_account", "canvas-sis-admins"),
        ("canvas_user_id,user_id,canvas_account_id,account_id,role_id,role,status", "canvas-provisioning-admins"),
        ("sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,email", "oneroster"),
        ("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId", "oneroster"),
        ("Email address,Nickname,Group status,Email status,Email preference,Posting permissions", "google-groups"),
        ("group,email,role,type,status", "google-groups"),
        ("id,userPrincipalName,displayName,objectType,userType,isUser,isGroup,isGuest", "entra-group"),
        ("login,firstName,lastName,middleName,email", "okta"),
        ("firstname,lastname,email,country,groups,type,username,domain", "adobe-user-sync"),
        ("Identity Type,Username,Domain,Email,First Name,Last Name,Country Code,ID,User Groups", "adobe-user-sync"),
        ("course_id,user_id,role,section_id,status", "canvas-enrollments"),
        ("user_id,integration_id,login_id,first_name,email,status", "canvas-users"),
        (
            "First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY]",
            "google-workspace-users",
        ),
    ],
)
def test_exports_are_recognised_by_their_columns(header: str, name: str) -> None:
    export = recognise_export(header.split(","))
    assert export
    assert export.name == name


@pytest.mark.parametrize(
    "header", ["email,role", "user_id,role,status", "email,role,status,note", "name,email,user id,roles"]
)
def test_a_list_is_not_an_export(header: str) -> None:
    assert recognise_export(header.split(",")) is None
