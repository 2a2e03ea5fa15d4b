from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.migrate import migrate
from rolesync.migrate.presets import PRESETS, find_preset
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm
from rolesync.reader.known_exports import known_exports
from tests.migrate.export_cases import CASES, Case
from tests.migrate.sources import MANAGED, TODAY, cells_with, pairs, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"
UNCONDITIONAL = {name for name, recipe in PRESETS.items() if not (recipe.keep or recipe.join_keep)}


def test_every_readable_export_has_a_recipe() -> None:
    assert [name for name, export in known_exports().items() if export.readable] == list(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_names_a_role_by_itself(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no option names the role") as caught:
        run(tmp_path, {"s.csv": ""}, PRESETS[name])
    assert "--role" in caught.value.hint


EXPORTS = Path(__file__).parent / "exports"


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_samples_are_recognised_and_only_users_who_are_there_count(case: Case) -> None:
    join = EXPORTS / case.join if case.join else None
    migration = migrate(
        [EXPORTS / case.file], Recipe(fixed="Admin"), managed=MANAGED, today=TODAY, form=ListForm(), join=join
    )
    assert migration.recipe.preset == case.preset
    assert [row.email.partition("@")[0] for row in migration.assignments] == case.users.split()
    codes = {"row_dropped", "example_row"}
    assert sorted({cell.row for cell in migration.ledger.tables[0].cells if cell.code in codes}) == case.dropped
    assert sorted({cell.row for _, cell in migration.ledger.refused()}) == case.refused


@pytest.mark.parametrize("name", sorted({case.preset for case in CASES} - set(UNCONDITIONAL)))
def test_samples_show_a_row_that_does_not_count(name: str) -> None:
    assert any(case.dropped or case.refused for case in CASES if case.preset == name)


def test_google_group_with_a_fixed_role(tmp_path: Path) -> None:
    text = (
        "Members for group staff@x.edu\n"
        "Email address,Nickname,Group status,Email status,Email preference,Posting permissions\n"
        f"{A},Ann,member,,email,allowed\n{B},Bob,owner,bouncing,email,allowed\n{C},Cy,banned,,,\nd@x.edu,Di,strange,,,\n"
    )
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["google-groups"], fixed="Admin"))
    assert pairs(migration) == [(A, "Admin"), (B, "Admin")]
    assert (6, "strange", "word_unknown") in cells_with(migration, CellOutcome.REFUSED)
    assert (5, "banned", "row_dropped") in cells_with(migration, CellOutcome.IGNORED)


def test_google_group_by_its_group_status(tmp_path: Path) -> None:
    text = f"Members for group staff@x.edu\nEmail address,Group status\n{A},owner\n{B},member\n{C},banned\n"
    recipe = replace(PRESETS["google-groups"], mapping={"owner": "Admin"})
    migration = run(tmp_path, {"s.csv": text}, recipe)
    assert pairs(migration) == [(A, "Admin")]
    assert (3, "owner", "role_alias") in cells_with(migration, CellOutcome.NORMALISED)
    migration = run(tmp_path, {"s.csv": text}, replace(recipe, mapping={"Owner": "Admin"}))
    assert pairs(migration) == []
    assert (3, "owner", "role_near_miss") in cells_with(migration, CellOutcome.REFUSED)


def test_google_group_by_its_member_roles(tmp_path: Path) -> None:
    text = (
        f"group,email,role,type,status\ng@x.edu,{A},OWNER,USER,ACTIVE\n"
        f"g@x.edu,{B},MEMBER,USER,ACTIVE\ng@x.edu,h@x.edu,OWNER,GROUP,ACTIVE\n"
    )
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["google-groups"], mapping={"OWNER": "Admin"}))
    assert pairs(migration) == [(A, "Admin")]
    assert (3, "MEMBER", "role_not_mapped") in cells_with(migration, CellOutcome.IGNORED)
    assert {row for row, _, code in cells_with(migration, CellOutcome.IGNORED) if code == "row_dropped"} == {4}


def test_entra_group(tmp_path: Path) -> None:
    text = (
        "id,userPrincipalName,displayName,objectType,userType,isUser,isGroup,isGuest\n"
        f"1,{A},Ann,User,Member,TRUE,FALSE,FALSE\n2,,Group,Group,,,TRUE,\n"
        "3,cy_gmail.com#EXT#@x.onmicrosoft.com,Cy,User,Guest,TRUE,FALSE,TRUE\n"
    )
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["entra-group"], fixed="Teacher"))
    assert pairs(migration) == [(A, "Teacher")]
    assert (4, "cy_gmail.com#EXT#@x.onmicrosoft.com", "email_invalid") in cells_with(migration, CellOutcome.REFUSED)


def test_okta(tmp_path: Path) -> None:
    text = (
        f'login,firstName,lastName,email,status,groups\nann,A,X,{A},ACTIVE,"Staff,Media"\n'
        f"bob,B,X,{B},DEPROVISIONED,Media\n"
    )
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["okta"], mapping={"Media": "Admin"}))
    assert pairs(migration) == [(A, "Admin")]


def test_a_group_name_may_contain_a_comma(tmp_path: Path) -> None:
    text = (
        f'Group name,Okta username,Primary email,Okta user status\n"Staff, all",ann,{A},Active\nMedia,bob,{B},Active\n'
    )
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["okta"], mapping={"Staff, all": "Admin"}))
    assert pairs(migration) == [(A, "Admin")]


def test_adobe_user_sync(tmp_path: Path) -> None:
    text = (
        f'firstname,lastname,email,country,groups,type,username,domain\nA,X,{A},CH,"Media, All",federatedID,,\n'
        f"B,X,{B},CH,All,,,\n"
    )
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["adobe-user-sync"], mapping={"Media": "Admin"}))
    assert pairs(migration) == [(A, "Admin")]
    assert (3, "All", "role_not_mapped") in cells_with(migration, CellOutcome.IGNORED)


ADMINS = (
    "user_id,account_id,role_id,role,status,root_account\n"
    "s1,,1,AccountAdmin,active,\ns2,arts,1,AccountAdmin,active,\ns3,,1,AccountAdmin,deleted,\n"
    "s4,,2,Librarian,active,\ns9,,1,AccountAdmin,active,\ns5,,1,AccountAdmin,active,\n"
)
USERS = (
    f"user_id,login_id,full_name,email,status\ns1,ann,Ann X,{A},active\ns2,bob,Bob,{B},active\n"
    "s5,eve,Eve,e@x.edu,suspended\ns7,x,X,broken,active\n"
)


def test_canvas_sis_admins(tmp_path: Path) -> None:
    recipe = replace(PRESETS["canvas-sis-admins"], mapping={"AccountAdmin": "Admin"})
    migration = run(tmp_path, {"admins.csv": ADMINS, "users.csv": USERS}, recipe, join="users.csv")
    assert pairs(migration) == [(A, "Admin")]
    assert migration.assignments[0].name == "Ann X"
    refused = {(row, text): code for row, text, code in cells_with(migration, CellOutcome.REFUSED)}
    assert refused[6, "s9"] == "key_unknown"
    dropped = {row for row, _, code in cells_with(migration, CellOutcome.IGNORED) if code == "row_dropped"}
    assert dropped == {3, 4, 7}
    users = migration.ledger.tables[1]
    assert {(cell.row, cell.outcome, cell.code) for cell in users.cells if cell.row > 1} == {
        (2, CellOutcome.ASSIGNMENT, "used"),
        (2, CellOutcome.IGNORED, "column_unused"),
        (3, CellOutcome.IGNORED, "not_referred_to"),
        (4, CellOutcome.IGNORED, "row_dropped"),
        (5, CellOutcome.IGNORED, "not_referred_to"),
    }


def test_a_suspended_user_of_the_joined_file_holds_up_nobody(tmp_path: Path) -> None:
    users = USERS + f"s5,eve2,Eve,{C},active\n"
    recipe = replace(PRESETS["canvas-sis-admins"], mapping={"AccountAdmin": "Admin"})
    migration = run(tmp_path, {"admins.csv": ADMINS, "users.csv": users}, recipe, join="users.csv")
    assert pairs(migration) == [(A, "Admin"), (C, "Admin")]  # any active login counts


def test_canvas_provisioning_report(tmp_path: Path) -> None:
    admins = (
        "canvas_user_id,user_id,canvas_account_id,account_id,role_id,role,status,created_by_sis\n"
        "1,s1,1,,1,AccountAdmin,active,TRUE\n2,s2,7,arts,1,AccountAdmin,active,TRUE\n"
    )
    recipe = replace(PRESETS["canvas-sis-admins"], mapping={"AccountAdmin": "Admin"})
    migration = run(tmp_path, {"admins.csv": admins, "users.csv": USERS}, recipe, join="users.csv")
    assert pairs(migration) == []
    ((_, cell),) = migration.ledger.refused()
    assert (cell.row, cell.column, cell.code) == (2, 2, "decision_needed")
    assert "--keep canvas_account_id=1" in cell.detail
    decided = replace(recipe, keep_words={"canvas_account_id": ["1"]})
    migration = run(tmp_path, {"admins.csv": admins, "users.csv": USERS}, decided, join="users.csv")
    assert pairs(migration) == [(A, "Admin")]
    assert not migration.refused


def test_canvas_sis_admins_need_the_joined_users(tmp_path: Path) -> None:
    recipe = replace(PRESETS["canvas-sis-admins"], fixed="Admin")
    with pytest.raises(InputRefusedError, match="by 'user_id' alone") as caught:
        run(tmp_path, {"admins.csv": ADMINS}, recipe)
    assert "--join" in caught.value.hint


def test_an_export_is_read_only_as_what_it_is(tmp_path: Path) -> None:
    mapping = {"AccountAdmin": "Admin"}
    admins = ADMINS.replace("s1,", "12,")
    with pytest.raises(InputRefusedError, match="looks like a Canvas SIS export of admins") as caught:
        run(tmp_path, {"admins.csv": admins}, replace(PRESETS["okta"], mapping=mapping))
    assert "--from canvas-sis-admins" in caught.value.hint
    with pytest.raises(InputRefusedError, match="by 'user_id' alone"):
        run(tmp_path, {"admins.csv": admins}, Recipe(mapping=mapping))
    with pytest.raises(InputRefusedError, match="enrollments"):
        run(tmp_path, {"e.csv": "course_id,user_id,role,status\n1,2,teacher,active\n"}, Recipe(fixed="Admin"))
    users = f"user_id,login_id,email\n12,ann,{A}\n"
    assert pairs(run(tmp_path, {"users.csv": users}, Recipe(fixed="Admin"))) == [(A, "Admin")]
    files = {"admins.csv": admins.replace("status", "state"), "users.csv": users}
    recipe = Recipe(mapping=mapping, key=("user_id",), join_key=(("user_id",),))
    assert [row.user_id for row in run(tmp_path, files, recipe, join="users.csv").assignments] == [0]


def test_one_name_means_all_exports_of_a_program(tmp_path: Path) -> None:
    text = "Block credential,User principal name,Display name,Object ID\nFalse,a@x.edu,Ann,1\nTrue,b@x.edu,Bob,2\n"
    recipe = find_preset("entra-group")
    assert recipe
    migration = run(tmp_path, {"s.csv": text}, replace(recipe, fixed="Admin"))
    assert (migration.recipe.preset, pairs(migration)) == ("m365-users", [(A, "Admin")])
    assert find_preset("none") is None


def test_a_role_column_of_the_users_own_holds_roles_of_studio(tmp_path: Path) -> None:
    text = f"Email Address [Required],First Name [Required],Studio,Status [READ ONLY]\n{A},A,Admin,Active\n"
    recipe = Recipe(role=("Studio",), named=frozenset({"role"}), needed=())
    assert pairs(run(tmp_path, {"s.csv": text}, recipe)) == [(A, "Admin")]


def test_roles_with_a_minus_are_taken_away(tmp_path: Path) -> None:
    text = f"username,email,sysrole1,sysrole2\na,{A},coursecreator,manager\nb,{B},-manager,\nc,{C},manager,-manager\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(mapping={"manager": "Admin"}))
    assert pairs(migration) == [(A, "Admin")]
    assert {cell.row for _, cell in migration.ledger.refused()} == {4}


def test_a_login_name_is_used_where_the_address_is_blank_and_said(tmp_path: Path) -> None:
    text = f"mail,userPrincipalName,displayName\n{A},x@x.edu,Ann\n,{B},Bob\n,cy,Cy\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin"))
    assert pairs(migration) == [(A, "Admin"), (B, "Admin")]
    assert (3, B, "login_used") in cells_with(migration, CellOutcome.NORMALISED)
    assert (4, "cy", "no_address") in cells_with(migration, CellOutcome.REFUSED)


def test_a_decision_about_a_column(tmp_path: Path) -> None:
    text = f"Email address,Group status\n{A},member\n{B},invited\n{C},banned\n"
    recipe = Recipe(fixed="Admin")
    assert [cell.code for _, cell in run(tmp_path, {"s.csv": text}, recipe).ledger.refused()] == ["decision_needed"]
    counted = replace(recipe, keep_words={"group status": ["Invited"]})
    assert pairs(run(tmp_path, {"s.csv": text}, counted)) == [(A, "Admin"), (B, "Admin")]
    left_out = replace(recipe, keep_words={"Group status": ["member"]})
    assert pairs(run(tmp_path, {"s.csv": text}, left_out)) == [(A, "Admin")]
    ignored = replace(recipe, ignored_columns=["Group status"])
    assert len(pairs(run(tmp_path, {"s.csv": text}, ignored))) == 3
    with pytest.raises(InputRefusedError, match="no file has the column 'State'"):
        run(tmp_path, {"s.csv": text}, replace(recipe, ignored_columns=["State"]))


@pytest.mark.parametrize(
    ("extra", "against", "code"),
    [
        ("LockedOut", "True", "decision_needed"),
        ("Leaving date", "2020-01-01", "decision_needed"),
        ("Info", "ausgeschieden", "decision_needed"),
        ("Remove", "yes", "row_dropped"),
        ("AccountExpirationDate", "1/1/2020 12:00:00 AM", "row_dropped"),
    ],
)
def test_a_further_column_of_an_export_may_speak_against_a_user(
    extra: str, against: str, code: str, tmp_path: Path
) -> None:
    text = f"SamAccountName,mail,Enabled,{extra}\na,{A},True,\nb,{B},True,{against}\nc,{C},False,{against}\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin"))
    assert migration.recipe.preset == "ad-users"
    assert pairs(migration) == [(A, "Admin")]
    cells = migration.ledger.tables[0].cells
    assert next(cell.code for cell in reversed(cells) if (cell.row, cell.text) == (3, against)) == code
    assert {cell.row for _, cell in migration.ledger.refused()} == ({3} if code == "decision_needed" else set())
    ignored = Recipe(fixed="Admin", ignored_columns=[extra])
    assert pairs(run(tmp_path, {"s.csv": text}, ignored)) == [(A, "Admin"), (B, "Admin")]


@pytest.mark.parametrize("words", [("bouncing", "x"), ("Licensed", "")])
def test_an_unknown_word_in_a_further_column_of_an_export_says_nothing(words: tuple[str, str], tmp_path: Path) -> None:
    text = f"SamAccountName,mail,Enabled,Mail status\na,{A},True,{words[0]}\nb,{B},True,{words[1]}\n"
    assert pairs(run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin"))) == [(A, "Admin"), (B, "Admin")]


def test_unclear_or_unreadable_keys_are_refused(tmp_path: Path) -> None:
    users = f"user_id,email\ns1,{A}\ns1,{B}\ns9,ann\ns5,\n"
    recipe = replace(PRESETS["canvas-sis-admins"], mapping={"AccountAdmin": "Admin"})
    migration = run(tmp_path, {"admins.csv": ADMINS, "users.csv": users}, recipe, join="users.csv")
    assert pairs(migration) == []
    refused = {text: code for _, text, code in cells_with(migration, CellOutcome.REFUSED)}
    assert (refused["s1"], refused["s9"], refused["s5"]) == ("key_unclear", "email_invalid", "identity_missing")


def test_oneroster_1_1(tmp_path: Path) -> None:
    text = (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email\n"
        f"1,active,,true,o,administrator,ann,A,X,{A}\n2,tobedeleted,,true,o,administrator,bob,B,X,{B}\n"
        f"3,active,,false,o,administrator,cy,C,X,{C}\n4,active,,true,o,student,di,D,X,\n"
    )
    migration = run(tmp_path, {"users.csv": text}, replace(PRESETS["oneroster"], mapping={"administrator": "Admin"}))
    assert pairs(migration) == [(A, "Admin")]
    assert not migration.refused


def test_oneroster_1_2_joins_roles_with_users(tmp_path: Path) -> None:
    roles = (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n"
        "r1,active,,u1,primary,teacher,2025-08-01,2026-07-31,o\nr2,active,,u2,primary,teacher,,2026-01-31,o\n"
    )
    users = f"sourcedId,status,enabledUser,username,email\nu1,active,true,ann,{A}\nu2,active,true,bob,{B}\n"
    recipe = replace(PRESETS["oneroster"], mapping={"teacher": "Teacher"})
    migration = run(tmp_path, {"roles.csv": roles, "users.csv": users}, recipe, join="users.csv")
    assert pairs(migration) == [(A, "Teacher")]
    assert migration.assignments[0].period.text == "from 2025-08-01 until 2026-07-31"


def test_first_and_last_names_are_joined(tmp_path: Path) -> None:
    text = f"login,firstName,lastName,email\nx,Ann,Lee,{A}\ny,,Kim,{B}\n"
    migration = run(tmp_path, {"s.csv": text}, replace(PRESETS["okta"], fixed="Admin"))
    assert [row.name for row in migration.assignments] == ["Ann Lee", "Kim"]
    files = {
        "roles.csv": "sourcedId,userSourcedId,role,beginDate,endDate\n1,u1,teacher,,\n",
        "users.csv": f"sourcedId,enabledUser,username,givenName,familyName,email\nu1,true,ann,Ann,Lee,{A}\n",
    }
    joined = run(tmp_path, files, replace(PRESETS["oneroster"], fixed="Admin"), join="users.csv")
    assert [(row.email, row.name) for row in joined.assignments] == [(A, "Ann Lee")]
    assert (2, "Lee", "used") in cells_with(joined, CellOutcome.ASSIGNMENT)
    whole = run(tmp_path, {"s.csv": f"name,first name,email,role\nAnn Lee,A,{A},Admin\n"}, Recipe())
    assert [row.name for row in whole.assignments] == ["Ann Lee"]


def test_an_account_that_active_directory_disables_does_not_count(tmp_path: Path) -> None:
    text = "mail,role,userAccountControl\na@x.edu,Admin,514\nb@x.edu,Admin,512\n"
    assert pairs(run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin"))) == [("b@x.edu", "Admin")]
