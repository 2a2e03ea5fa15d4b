import re
import shlex
from pathlib import Path

import pytest

from rolesync.migrate.overview import describe_file
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm
from tests.migrate.export_cases import CASES, Case
from tests.migrate.sources import MANAGED, TODAY

EXPORTS = Path(__file__).parent / "exports"
A, B = "a@x.edu", "b@x.edu"


def commands(folder: Path, files: dict[str, str]) -> list[str]:
    """The commands for the first of these files, without the path and the list's name."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    overview = describe_file(folder / next(iter(files)), Recipe(), managed=MANAGED, today=TODAY, form=ListForm())
    return [
        re.sub(" -o s-list.csv| -o admins-list.csv", "", shlex.join(command.words).replace(f"{folder}/", ""))[17:]
        for command in overview.commands
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Mail address,Job\n{A},Teacher\n{B},x\n", ["s.csv --email-column 'Mail address' --role-column Job"]),
        (f"email,role\n{A},Boss\n", ["s.csv --map Boss=Admin", "s.csv --role Admin"]),
        (f"name,who\nAnn,{A}\n", ["s.csv --email-column who --role Admin"]),
        (f"email,role\n{A},Admin\n", ["s.csv"]),
        (
            f"Faculty,Mail,Access\nArts,{A},Media boss\n",
            ["s.csv --role-column Access --map 'Media boss=Admin'", "s.csv --role Admin"],
        ),
        ("name,phone\nAnn,1\n", []),
        (f"{A}\n{B}\n", ["s.csv --no-header --email-column 1 --role Admin"]),
        (f"Ann,{A},Admin\nBob,{B},Admin\n", ["s.csv --no-header --email-column 2 --role-column 3"]),
        (f"Courriel,Rôle\n{A},Admin\n", ["s.csv"]),
        (
            f"email,role,enabled\n{A},Admin,yes\n{B},Admin,no\n",
            ["s.csv --keep enabled=yes", "s.csv --keep enabled=no"],
        ),
        (
            f"email,role,Status\n{A},Admin,Active\n{B},Admin,\nc@x.edu,Admin,On leave\n",
            [
                "s.csv --keep Status=Active",
                "s.csv --keep Status=Active --keep Status=",
                "s.csv --keep 'Status=On leave' --keep Status=",
            ],
        ),
        (f"email,Admin?\n{A},yes\n{B},no\n", ["s.csv --matrix 'Admin?=Admin'", "s.csv --role Admin"]),
        (f"email,Studio admin\n{A},x\n{B},\n", ["s.csv --matrix 'Studio admin=Admin'", "s.csv --role Admin"]),
        (
            f"email,role,isAdmin,Teacher?\n{A},Staff,1,\n{B},Staff,0,1\n",
            ["s.csv --matrix isAdmin=Admin --matrix 'Teacher?=Teacher'", "s.csv --map Staff=Admin"],
        ),
        (
            f"email,Admin\n{A},ja\n{B},nein\n",
            ["s.csv --matrix Admin=Admin --yes ja --no nein", "s.csv --role Admin"],
        ),
        (f"email,Media admin\n{A},yes\n{B},no\n", ["s.csv --role Admin"]),
        (
            f"email,Studio access\n{A},none\n{B},Administrator\nc@x.edu,Caption editor\n",
            [
                "s.csv --matrix 'Studio access=Admin' --yes Administrator --no none --no 'Caption editor'",
                "s.csv --role Admin",
            ],
        ),
        (
            f"email,Studio access\n{A},Viewer\n{B},Administrator\n",
            ["s.csv --role-column 'Studio access' --map Administrator=Admin", "s.csv --role Admin"],
        ),
        (
            f"email,Access\n{A},no\n{B},yes\nc@x.edu,no\nd@x.edu,\n",
            ["s.csv --matrix Access=Admin --yes yes --no no", "s.csv --role Admin"],
        ),
        (
            f"email,role\n{A},Boss\n{B},\nc@x.edu,-\nd@x.edu,Clerk\n",
            ["s.csv --matrix role=Admin --yes Boss --no - --no Clerk", "s.csv --role Admin"],
        ),
        (f"email,role\n{A},Admin\n{B},\nc@x.edu,Clerk\n", ["s.csv --matrix role=Admin --yes Admin --no Clerk"]),
        (f"email,role\n{A},Admin\n{B},\nc@x.edu,Admn\n", ["s.csv"]),
        (f"email,roles\n{A},Admin\n{B},\nc@x.edu,Admin; Clerk\n", ["s.csv"]),
        (f"email,role\n{A},Admin\n{B},\nc@x.edu,Teacher\n", ["s.csv"]),
        ("101,Admin\n102,Admin\n", ["s.csv --no-header --user-id-column 1 --role-column 2"]),
        (f"user_id,login_id,email,role\n1,a,{A},Admin\n", ["s.csv --role-column role"]),
        (
            f"user_id,login_id,email,role\n1,a,{A},Boss\n",
            ["s.csv --role-column role --map Boss=Admin", "s.csv --role Admin"],
        ),
        (
            f"email,role,until\n{A},Admin,2024-12-31\n{B},Admin,2025-12-31\n",
            ["s.csv --ignore-column until"],
        ),
        (
            f"email,role,Access end\n{A},Admin,12/31/2024\n{B},Admin,1/5/2030\n",
            ["s.csv --keep 'Access end=1/5/2030'", "s.csv --keep 'Access end=12/31/2024'"],
        ),
        (f",role\n{A},Admin\n{B},Admin\n", ["s.csv --email-column 'column A'"]),
        (f"email,\n{A},Admin\n{B},Clerk\n", ["s.csv --role-column 'column B'"]),
        (
            f"Home,School,Access\n{A},{B},Boss\n",
            [
                "s.csv --email-column Home --role-column Access --map Boss=Admin",
                "s.csv --email-column School --role-column Access --map Boss=Admin",
            ],
        ),
        (f"username,email,sysrole1\nann,{A},manager\n", ["s.csv --map manager=Admin", "s.csv --role Admin"]),
        (
            f"Email address,Group status\n{A},invited\n{B},owner\n",
            ["s.csv --map owner=Admin", "s.csv --role Admin --keep 'Group status=owner'"],
        ),
        (
            f"login,firstName,lastName,email,status\nx,A,L,{A},STAGED\ny,B,L,{B},ACTIVE\n",
            ["s.csv --role Admin --keep status=ACTIVE", "s.csv --role Admin --keep status=STAGED"],
        ),
    ],
)
def test_commands_name_the_columns_and_the_words(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert commands(tmp_path, {"s.csv": text}) == expected


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_every_sample_has_a_command(case: Case) -> None:
    overview = describe_file(EXPORTS / case.file, Recipe(), managed=MANAGED, today=TODAY, form=ListForm())
    assert overview.recipe.preset == case.preset
    assert 1 <= len(overview.commands) <= 3
    for command in overview.commands:
        assert "-o" in command.words
        assert "--join" in command.words or not case.join or overview.recipe.login


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        (f"email,Admin?\n{A},yes\n{B},no\n", "whatever 'Admin?' says"),
        (f"email,Media admin\n{A},yes\n{B},no\n", "whatever 'Media admin' says"),
        (f"email,Studio access\n{A},none\n{B},Administrator\n", "whatever 'Studio access' says"),
        (f"email,Studio access\n{A},full\n{B},limited\n", "whatever 'Studio access' says"),
        (f"email,Level\n{A},Administrator\n{B},Viewer\n", "whatever 'Level' says"),
        (f"Ann,{A},yes\nBob,{B},no\n", "whatever column 3 says"),
        (f"email,Access,Level\n{A},full,Super admin\n{B},none,x\n", "whatever 'Access' and 'Level' say"),
        (f"email,Last access,phone\n{A},2026-01-02,1\n{B},2026-01-02,2\n", ""),
    ],
)
def test_the_command_for_all_users_names_the_columns_that_it_ignores(tmp_path: Path, text: str, ignored: str) -> None:
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    overview = describe_file(tmp_path / "s.csv", Recipe(), managed=MANAGED, today=TODAY, form=ListForm())
    purpose = next(command.purpose for command in overview.commands if "--role" in command.words)
    assert purpose == "give Admin to all users" + (f", {ignored}" if ignored else "")


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        (f"Home,School,role\n{A},{B},Admin\n", ", by the addresses in 'Home', not in 'School' (--email-column)"),
        (
            f"email,Work email,role\n{A},{B},Admin\n",
            ", by the addresses in 'email', not in 'Work email' (--email-column)",
        ),
        (f"email,role\n{A},Admin\n{B} at x,Admn\n", ", but first correct A3 'b@x.edu at x', B3 'Admn'"),
        (
            f"email,role,expires,End date\n{A},Admin,,\n",
            " but first: s.csv: 'expires' and 'End date' are columns for the same",
        ),
    ],
)
def test_a_purpose_names_what_was_chosen_and_what_is_in_the_way(tmp_path: Path, text: str, purpose: str) -> None:
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    overview = describe_file(tmp_path / "s.csv", Recipe(), managed=MANAGED, today=TODAY, form=ListForm())
    assert purpose in overview.commands[0].purpose.replace(f"{tmp_path}/", "")


def test_a_command_names_the_encoding_and_decides_about_the_words_in_it(tmp_path: Path) -> None:
    text = "メールアドレス,権限,在籍区分\na@x.edu,Admin,在籍\nb@x.edu,Admin,退職\n"
    (tmp_path / "s.csv").write_bytes(text.encode("cp932"))
    overview = describe_file(tmp_path / "s.csv", Recipe(), managed=MANAGED, today=TODAY, form=ListForm())
    options = [list(command.words[5:]) for command in overview.commands]
    assert options == [
        ["--encoding", "shift_jis", "--keep", "在籍区分=在籍"],
        ["--encoding", "shift_jis", "--ignore-column", "在籍区分"],
    ]
