"""migrate: any spreadsheet becomes a list, and no cell is lost on the way."""

import csv
import json
import shlex
import subprocess

import openpyxl
import pytest

from rolesync.sandbox.control_client import Control
from tests.command import ROLESYNC, Shell
from tests.tables.books import xlsx

MATRIX = """Admins of Studio,,,
Name,Mail,Admin?,Note
Ann,Ann <admin@example.edu>,x,owner
Maria,maria.fernandes@example.edu,yes,
Zoe,zoe.akerstrom@example.edu,no,left
"""


@pytest.fixture
def sheet(sh: Shell) -> str:
    (sh.folder / "sheet.csv").write_text(MATRIX, encoding="utf-8")
    return "sheet.csv"


def test_a_sheet_becomes_a_list_that_validate_calls_ok(sh: Shell, sheet: str) -> None:
    completed = sh.run(
        "migrate",
        sheet,
        "-o",
        "list.csv",
        "--email-column",
        "Mail",
        "--matrix",
        "Admin?=Admin",
        "--account",
        "account.xlsx",
    )
    assert completed.returncode == 0, completed.stderr
    assert "COMPLETE" in completed.stdout
    assert "list.csv" in completed.stdout
    assert (sh.folder / "list.csv").read_text(encoding="utf-8") == (
        'email,role,name\n"admin@example.edu","Admin","Ann"\n"maria.fernandes@example.edu","Admin","Maria"\n'
    )
    assert sh.json("validate", "list.csv")["status"] == "ok"
    again = sh.run("migrate", sheet, "-o", "-", "--email-column", "Mail", "--matrix", "Admin?=Admin")
    assert again.stdout == (sh.folder / "list.csv").read_text(encoding="utf-8")
    assert "COMPLETE" in again.stderr
    answer = sh.json("migrate", sheet, "-o", "-", "--email-column", "Mail", "--matrix", "Admin?=Admin")
    assert [assignment["email"] for assignment in answer["assignments"]] == [
        "admin@example.edu",
        "maria.fernandes@example.edu",
    ]
    assert openpyxl.load_workbook(sh.folder / "account.xlsx").sheetnames[:2] == ["totals", "to look at"]


def test_settings_about_the_source_are_not_about_the_list(sh: Shell, sheet: str) -> None:
    completed = sh.run(
        "migrate", sheet, "-o", "list.csv", "--matrix", "Admin?=Admin", email_column="Mail", header_row=2
    )
    assert completed.returncode == 0, completed.stderr
    assert "without the settings header_row, email_column, which describe the source" in " ".join(
        completed.stdout.split()
    )


def test_refused_cells_keep_the_list_from_being_written(sh: Shell, sheet: str) -> None:
    with (sh.folder / sheet).open("a", encoding="utf-8") as file:
        file.write("Bob,bob(at)example.edu,x,\n")
    options = ["--email-column", "Mail", "--matrix", "Admin?=Admin", "--format", "json"]
    completed = sh.run("migrate", sheet, "-o", "list.csv", *options, "--account", "account.csv")
    assert completed.returncode == 3
    assert not (sh.folder / "list.csv").exists()
    answer = json.loads(completed.stdout)
    assert answer["status"] == "incomplete"
    assert [(cell["cell"], cell["code"]) for cell in answer["refused"]] == [("B6", "email_invalid")]
    assert sum(number for end, number in answer["cells"].items() if end != "total") == answer["cells"]["total"]
    with (sh.folder / "account.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == answer["cells"]["total"]
    (command,) = answer["commands"]
    partly = sh.run(*shlex.split(command["command"])[1:])
    assert partly.returncode == 5
    assert len((sh.folder / "list.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_people_are_looked_up_and_near_matches_suggested(sh: Shell, studio: Control) -> None:
    text = "email,role,name\nmaria.fernandez@example.edu,Admin,\nadmin@example.edu,Admin,\n"
    text += "lukasz.zak@example.edu,Admin,a student so far\n"
    (sh.folder / "sheet.csv").write_text(text, encoding="utf-8")
    completed = sh.run("migrate", "sheet.csv", "-o", "list.csv", "--resolve")
    assert completed.returncode == 0, completed.stderr
    assert "Not in Studio: 1" in completed.stdout
    assert "maria.fernandes@example.edu" in completed.stdout.casefold()
    assert "maria.fernandez@example.edu" in (sh.folder / "list.csv").read_text(encoding="utf-8")
    answer = json.loads(sh.run("migrate", "sheet.csv", "-o", "list.csv", "--resolve", "--format", "json").stdout)
    (suggestion,) = answer["suggestions"]
    assert suggestion["email"] == "maria.fernandez@example.edu"
    assert suggestion["candidates"][0]["email"].casefold() == "maria.fernandes@example.edu"
    assert studio.log() == []


def test_an_export_is_refused_with_the_command_that_reads_it(sh: Shell) -> None:
    text = "user_id,account_id,role_id,role,status,root_account\ns1,,1,AccountAdmin,active,\n"
    (sh.folder / "admins.csv").write_text(text, encoding="utf-8")
    (sh.folder / "users.csv").write_text(
        "user_id,login_id,email,status\ns1,ann,admin@example.edu,active\n", encoding="utf-8"
    )
    refused = sh.json("validate", "admins.csv", exit_code=3)
    assert "--from canvas-sis-admins" in refused["findings"][0]["message"]
    completed = sh.run(
        "migrate",
        "admins.csv",
        "--from",
        "canvas-sis-admins",
        "--join",
        "users.csv",
        "--map",
        "AccountAdmin=Admin",
        "-o",
        "-",
    )
    assert completed.returncode == 0, completed.stderr
    assert "A Canvas SIS export of admins gives the holders of each Canvas admin role" in " ".join(
        completed.stderr.split()
    )
    assert completed.stdout == 'email,role\n"admin@example.edu","Admin"\n'


def test_standard_input_becomes_standard_output(sh: Shell) -> None:
    completed = subprocess.run(
        [ROLESYNC, "migrate", "-", "-o", "-"],
        input="email,role\nann@example.edu,Admin\n",
        cwd=sh.folder,
        env=sh.environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (completed.returncode, completed.stdout) == (0, 'email,role\n"ann@example.edu","Admin"\n'), completed.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--from", "excel"], "no such export"),
        (["--map", "Boss"], "not NAME=ROLE"),
        (["--map", "a=Admin", "--map", "a=Teacher"], "appears twice"),
        (["--key", "id"], "not HEADER=HEADER"),
        (["--account", "account.txt"], "neither .csv nor .xlsx"),
        (["--sheet", "1", "--sheet-role", "A=Admin"], "contradict each other"),
        (["--account", "sheet.csv"], "one of the sources"),
        (["--from", "okta"], "no option names the role"),
        (["--role", "Teacher"], "'Teacher' is not a managed role (Admin)"),
        (["--matrix", "Admin?=admin"], "'admin' is not a managed role"),
        (["--sheet-role", "A=Boss"], "'Boss' is not a managed role"),
        (["--role", "Admin", "--matrix", "Admin?=Admin"], "--role alone decides"),
        (["--matrix", "Admin?=Admin", "--sheet-role", "A=Admin"], "--sheet-role would have no effect"),
        (["--from", "okta", "--role", "Admin", "--map", "Media=Admin"], "--map would have no effect"),
        (["--role", "Admin", "--role-column", "Note"], "--role-column would have no effect"),
        (["--role", "Admin", "--yes", "ok"], "there is no --matrix"),
        (["--matrix", "Admin?=Admin", "--yes", " "], "both yes and no"),
        (["--role", "Admin", "--join", "users.csv"], "no option names its key column"),
        (["--role", "Admin", "--account", "list.csv"], "the file of the list"),
        (["--role", "Admin", "./sheet.csv"], "is named twice"),
    ],
)
def test_wrong_usage(sh: Shell, sheet: str, options: list[str], says: str) -> None:
    refused = sh.run("migrate", sheet, "-o", "list.csv", *options)
    assert refused.returncode == 64
    assert says in refused.stderr
    assert not (sh.folder / "list.csv").exists()


def test_nobody_with_a_managed_role_is_no_list(sh: Shell) -> None:
    (sh.folder / "sheet.csv").write_text("email,role\na@x.edu,Reader\n", encoding="utf-8")
    for options in ([], ["--resolve"]):
        refused = sh.run("migrate", "sheet.csv", "-o", "list.csv", *options)
        assert refused.returncode == 3
        assert "No user gets a managed role" in refused.stdout
    assert sh.json("migrate", "sheet.csv", "-o", "-", exit_code=3)["status"] == "empty"
    assert not (sh.folder / "list.csv").exists()


def test_a_refused_cell_is_named_as_the_cause_of_an_empty_list(sh: Shell) -> None:
    (sh.folder / "refused.csv").write_text("email,role\nann,Admin\n", encoding="utf-8")
    refused = sh.run("migrate", "refused.csv", "-o", "list.csv")
    assert refused.returncode == 3
    assert "No list was written. Correct the refused cells." in refused.stdout
    assert "managed_roles" not in refused.stdout


def test_without_an_output_the_file_is_described_with_commands_that_work(sh: Shell) -> None:
    text = "Email address,Group status\nann@example.edu,member\nbob@example.edu,invited\ncy@example.edu,banned\n"
    (sh.folder / "group.csv").write_text(text, encoding="utf-8")
    completed = sh.run("migrate", "group.csv")
    assert completed.returncode == 64
    assert "group.csv is an export of a Google group, with 3 rows." in completed.stdout
    files = {path.name for path in sh.folder.iterdir()}
    answer = sh.json("migrate", "group.csv", exit_code=64)
    assert answer["source"]["preset"] == "google-groups"
    assert [column["read_as"] for column in answer["columns"]] == ["address", "role and whether the row counts"]
    assert {path.name for path in sh.folder.iterdir()} == files
    assert len(answer["commands"]) == 2
    for command in answer["commands"]:
        assert command["command"] in completed.stdout
        again = sh.run(*shlex.split(command["command"])[1:])
        assert again.returncode == 0, again.stdout


A, B = "a@example.edu", "b@example.edu"
BOOK = {"2025": [["email", "x"], ["old@example.edu", ""]], "2026": [["Title"], [""], ["Mail", "x"], [A, "1"], [B, "2"]]}


@pytest.mark.parametrize(
    ("files", "typed"),
    [
        ({"s.xlsx": xlsx(BOOK)}, "--sheet 2026"),
        ({"s.xlsx": xlsx(BOOK)}, "--sheet 2026 --header-row 3 --email-column Mail"),
        ({"s.csv": f"email,Rôle\n{A},Chef\n{B},Prüfer\n".encode("cp1252")}, "--encoding cp1252"),
        ({"s.csv": f"One,Two,Who\n{A},{B},Ann\n"}, "--email-column Two --name-column Who"),
        ({"s.csv": f"{A},Boss\n{B},Staff\n"}, "--no-header --email-column A --role-column B"),
        ({"s.csv": f"email,Job\n{A},Boss|Chief\n{B},Staff\n"}, "--role-column Job --separator '|' --map Boss=Admin"),
        ({"s.csv": f"email,Job\n{A},oui\n{B},non\n"}, "--matrix Job=Admin --yes oui --no non"),
        ({"s.csv": f"email,Status,x\n{A},Active,1\n{B},Away,2\n"}, "--keep Status=Away --ignore-column x"),
        ({"s.csv": f"email,until\n{A},2020-01-01\n"}, "--ignore-column until"),
        ({"s.csv": f"email,user_id\n{A},x7\n"}, "--no-user-id --role Admin"),
        ({"s.csv": f"email,role\n{A},Boss\n"}, "--set 'managed_roles=[\"Boss\"]'"),
        ({"s.csv": f"email,role\n{A},Boss\n", "b.toml": 'managed_roles = ["Boss"]\n'}, "--config b.toml"),
        (
            {"s.csv": "Number,role\n1,Admin\n", "u.csv": f"id,Mail\n1,{A}\n"},
            "--join u.csv --key Number=id --email-column Mail",
        ),
        ({"s.csv": f"email,Group status\n{A},member\n"}, "--from google-groups"),
        ({"s.csv": f"email,Studio access\n{A},Administrator\n{B},none\nc@example.edu,\n"}, ""),
        ({"s.csv": f"email,Access\n{A},nein\n{B},ja\n"}, ""),
        ({"s.xlsx": xlsx({"A": [["email", "Is Admin"], [A, "TRUE"], [B, "FALSE"]]})}, "--sheet A"),
        ({"s.csv": f"{A};ja\n{B};nein\n"}, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_command_that_is_shown_has_the_options_that_describe_the_source(
    sh: Shell, files: dict[str, str | bytes], typed: str
) -> None:
    for name, content in files.items():
        (sh.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    source = next(iter(files))
    commands = sh.json("migrate", source, *shlex.split(typed), exit_code=64)["commands"]
    assert commands
    for command in commands:
        words = shlex.split(command["command"])
        missing = [name for name in shlex.split(typed) if name.startswith("--") and name not in words]
        assert not missing or missing == ["--role-column"]
        completed = sh.run(*words[1:])
        assert completed.returncode == 0, (command, completed.stdout, completed.stderr)


def test_a_list_that_is_refused_names_the_command_with_its_sheet(sh: Shell) -> None:
    (sh.folder / "s.xlsx").write_bytes(xlsx({"x": [["a"], ["b"]], "2026": [["email", "note"], [A, "x"]]}))
    (message,) = [
        finding["message"]
        for finding in sh.json("validate", "s.xlsx", "--sheet", "2026", exit_code=3)["findings"]
        if finding["level"] == "error"
    ]
    command = message.partition("give all users one role, whatever other columns say: ")[2].partition(";")[0]
    assert sh.run(*shlex.split(command)[1:]).returncode == 0


def test_an_export_without_a_role_is_described_beside_the_error(sh: Shell) -> None:
    (sh.folder / "zoom.csv").write_text(
        "Email,Last Login(UTC),Last Client Version,Role\na@x.edu,,,Owner\n", encoding="utf-8"
    )
    completed = sh.run("migrate", "zoom.csv", "-o", "list.csv")
    assert completed.returncode == 64
    assert "    rolesync migrate zoom.csv --map Owner=Admin -o zoom-list.csv" in completed.stderr
    assert "no option names the role" in completed.stderr
    assert json.loads(sh.run("migrate", "zoom.csv", "-o", "list.csv", "--format", "json").stdout)["status"] == "refused"


def test_a_refused_word_comes_with_the_commands_that_decide(sh: Shell) -> None:
    text = "Email address,Group status\nann@example.edu,member\nbob@example.edu,invited\nzoe@example.edu,invited\n"
    (sh.folder / "group.csv").write_text(text, encoding="utf-8")
    completed = sh.run("migrate", "group.csv", "--role", "Admin", "-o", "list.csv")
    assert completed.returncode == 3
    assert completed.stdout.count("leaves open whether the row counts") == 2  # among the reasons and the refused cells
    assert "group.csv B3, B4" in completed.stdout
    commands = [line.strip() for line in completed.stdout.splitlines() if line.startswith("    rolesync migrate")]
    users = []
    for command in commands:
        assert sh.run(*shlex.split(command)[1:]).returncode == 0
        users.append(len((sh.folder / "list.csv").read_text(encoding="utf-8").splitlines()) - 1)
    assert users == [1, 3]


def test_several_files_need_an_output(sh: Shell, sheet: str) -> None:
    (sh.folder / "other.csv").write_text("email,role\n", encoding="utf-8")
    refused = sh.run("migrate", sheet, "other.csv")
    assert refused.returncode == 64
    assert "-o FILE" in refused.stderr


def test_a_list_without_a_header_is_migrated_as_the_refusal_says(sh: Shell) -> None:
    (sh.folder / "plain.txt").write_text("admin@example.edu\nzoe.akerstrom@example.edu\n", encoding="utf-8")
    for options in (["--role", "Admin"], ["--role", "Admin", "--email-column", "admin@example.edu"]):
        refused = sh.run("migrate", "plain.txt", *options, "-o", "list.csv")
        assert refused.returncode == 3
        assert "this list has no header: 'admin@example.edu' is an address" in refused.stderr
        command = shlex.split(refused.stderr.partition("→ ")[2])
        assert command[:4] == ["rolesync", "migrate", "plain.txt", "--no-header"]
        assert sh.run(*command[1:]).returncode == 0
        assert sh.json("validate", "LIST")["assignments"] == [
            {"email": "admin@example.edu", "role": "Admin"},
            {"email": "zoe.akerstrom@example.edu", "role": "Admin"},
        ]
    described = sh.run("migrate", "plain.txt")
    assert described.returncode == 64
    assert (
        "    rolesync migrate plain.txt --no-header --email-column 1 --role Admin -o plain-list.csv" in described.stdout
    )


def test_columns_without_a_header_are_named_by_letter_or_number(sh: Shell) -> None:
    (sh.folder / "rows.csv").write_text("Ann,x,admin@example.edu,on\nBo,,bo@example.edu,off\n", encoding="utf-8")
    options = ["--no-header", "--email-column", "C", "--matrix", "B=Admin", "--name-column", "1", "--keep", "d=on"]
    migration = sh.json("migrate", "rows.csv", *options, "-o", "-")
    assert [row["email"] for row in migration["assignments"]] == ["admin@example.edu"]
    assert migration["cells"]["total"] == 7  # all but the blank one


@pytest.mark.parametrize(
    "secret",
    [["--set", "token=hunter2"], ["--set=token=hunter2"], ["-s", "proxy=http://me:hunter2@[::1]"], ["-stoken=hunter2"]],
)
@pytest.mark.parametrize("cell", ["invited", "nobody@"])
def test_advice_repeats_the_command_without_its_secrets(sh: Shell, secret: list[str], cell: str) -> None:
    addresses = ("ann@example.edu", "nobody@" if cell == "nobody@" else "bob@example.edu")
    status = ("member", "member" if cell == "nobody@" else cell)
    lines = [f"{address},{word}" for address, word in zip(addresses, status, strict=True)]
    (sh.folder / "-group.csv").write_text("\n".join(["Email address,Group status", *lines]), encoding="utf-8")
    words = ["migrate", *secret, "-s", "managed_roles=Boss", "--set=encoding=utf-8", "--role", "Boss", "-o", "list.csv"]
    words[3 if len(secret) == 1 else 4] = 'managed_roles=["Boss"]'
    completed = sh.run(*words, "--", "-group.csv")
    assert completed.returncode == 3, completed.stderr
    assert "hunter2" not in completed.stdout + completed.stderr
    command = next(line.strip() for line in completed.stdout.splitlines() if line.startswith("    rolesync migrate"))
    again = sh.run(*shlex.split(command)[1:])
    assert again.returncode == (5 if cell == "nobody@" else 0), again.stderr
