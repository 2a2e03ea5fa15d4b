"""Files of the wrong kind, and files that can't be written: refused with what to do, before Studio is asked."""

import csv
import json

import openpyxl
import pytest

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell

_MISSING = 3
PLAN_COMMANDS = (("apply", "--yes"), ("show",), ("review",), ("rehearse",))
LIST_COMMANDS = (("validate",), ("plan",), ("sync",), ("explain", "a@example.edu", "--list"), ("migrate",))


@pytest.mark.parametrize("command", [*PLAN_COMMANDS, *LIST_COMMANDS], ids=lambda command: command[0])
def test_a_missing_file_has_the_same_exit_code_everywhere(command: tuple[str, ...], sh: Shell) -> None:
    refused = sh.run(*command, "missing.json")
    assert (refused.returncode, "missing.json does not exist" in refused.stderr) == (_MISSING, True)
    (sh.folder / "folder").mkdir()
    folder = sh.run(*command, "folder")
    assert (folder.returncode, "folder is a folder" in folder.stderr) == (_MISSING, True)


def test_missing_decisions_have_it_too(sh: Shell) -> None:
    sh.run("plan", SAMPLE, "-o", "plan.json")
    refused = sh.run(
        "review", "plan.json", "--decisions", "missing.csv", "--reviewer", "R", "--sees", "remove 2, add 4"
    )
    assert (refused.returncode, "missing.csv do not exist" in refused.stderr) == (_MISSING, True)
    refused = sh.run("export", "--decisions", "missing.xlsx", "-o", "list.csv")
    assert (refused.returncode, "missing.xlsx does not exist" in refused.stderr) == (_MISSING, True)


@pytest.mark.parametrize("command", PLAN_COMMANDS, ids=lambda command: command[0])
def test_a_list_is_no_plan(command: tuple[str, ...], sh: Shell) -> None:
    path = sh.folder / "a list.csv"
    path.write_bytes(SAMPLE.read_bytes())
    refused = sh.run(*command, path.name)
    assert refused.returncode == 3
    assert refused.stderr == (
        "rolesync: a list.csv is a list, not a plan\n  → rolesync plan 'a list.csv' -o plan.json\n"
    )


@pytest.mark.parametrize("command", LIST_COMMANDS, ids=lambda command: command[0])
def test_a_plan_is_no_list_and_neither_is_the_table_of_its_review(
    command: tuple[str, ...], sh: Shell, studio: Control
) -> None:
    sh.run("plan", SAMPLE, "-o", "plan.json")
    sh.run("show", "plan.json", "--csv", "plan.csv")
    before = sum(studio.counts().values())
    for file, hint in (("plan.json", "rolesync show plan.json"), ("plan.csv", "review PLAN --decisions plan.csv")):
        refused = sh.run(*command, file)
        assert (refused.returncode, "not a list" in refused.stderr) == (3, True)
        assert hint in refused.stderr
    assert sum(studio.counts().values()) == before


@pytest.mark.parametrize("command", ["undo", "audit show"])
def test_a_file_is_no_run(command: str, sh: Shell) -> None:
    sh.run("plan", SAMPLE, "-o", "plan.json")
    (sh.folder / "list.csv").write_text("email,role\n")
    for file, kind in (("plan.json", "a plan"), ("list.csv", "a file")):
        refused = sh.run(*command.split(), file)
        assert (refused.returncode, f"{file} is {kind}, not a run" in refused.stderr) == (64, True)
    for name in ("x" * 300, f"{'x' * 300}/y"):
        refused = sh.run(*command.split(), name)
        assert (refused.returncode, "No run begins with 'xxx" in refused.stderr) == (64, True)
    run = sh.run("apply", "20261129T214824-8c35c8", "--yes")
    assert "rolesync show 20261129T214824-8c35c8" in run.stderr


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "plan.json", "plan.json is empty"),
        (b"", "plan.csv", "plan.csv is empty, and not a plan"),
        (b"<!doctype html><p>", "plan.html", "is a page for reading, not a plan"),
        (b"PK\x03\x04\xff", "list.xlsx", "is a list, not a plan"),
        (b"\xef\xbb\xbfkind,action,decision\n", "table.csv", "is a table for the review of a plan"),
        (b'{"a": 1}', "any.json", "it has no key rolesync_plan"),
        (b"[1, 2]", "any.json", "it has no key rolesync_plan"),
        (b"hello", "any.json", "this is not a plan of rolesync, and not JSON"),
        (b"\x89PNG\xff", "any.json", "is not a plan of rolesync: byte 0 isn't ASCII"),
        (b'{\n"rolesync_plan": 1,\n"digest": "1481', "any.json", "the plan is cut off or damaged"),
    ],
)
def test_what_a_file_is_instead_of_a_plan(content: bytes, name: str, message: str, sh: Shell) -> None:
    (sh.folder / name).write_bytes(content)
    refused = sh.run("apply", name, "--yes")
    assert (refused.returncode, message in refused.stderr) == (3, True), refused.stderr


@pytest.mark.parametrize("command", PLAN_COMMANDS, ids=lambda command: command[0])
def test_a_plan_that_was_cut_off_is_no_input_and_an_edited_one_is_blocked(command: tuple[str, ...], sh: Shell) -> None:
    sh.run("plan", SAMPLE, "-o", "plan.json")
    path = sh.folder / "plan.json"
    text = path.read_text("ascii")
    for damaged, code in (
        (text[:700], 3),
        (text[:-3], 3),
        (text.replace("greg.stone", "grég.stone"), 4),
        (text.replace("Admin", "Admim"), 4),
        (text.replace('"rolesync_plan": 1', '"rolesync_plan": 9'), 4),
    ):
        path.write_text(damaged, encoding="utf-8")
        refused = sh.run(*command, path.name)
        assert (refused.returncode, refused.stderr.startswith("rolesync: plan.json: the plan ")) == (code, True)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("none/x.json", "the folder none does not exist"),
        ("folder", "it is a folder"),
        ("file.txt/x.json", "file.txt is not a folder"),
        ("/proc/x.json", "No such file or directory"),  # a folder that looks as if it could be written
        ("x" * 300, "File name too long"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_studio_is_asked(
    target: str, problem: str, sh: Shell, studio: Control
) -> None:
    (sh.folder / "folder").mkdir()
    (sh.folder / "file.txt").write_text("text")
    before = sum(studio.counts().values())
    for command in (
        ["plan", SAMPLE, "-o"],
        ["export", "-o"],
        ["export", "--review"],
        ["undo", "20261129T2148", "-o"],
        ["who", "--csv"],
        ["validate", SAMPLE, "--fix"],
    ):
        refused = sh.run(*command, target)
        assert (refused.returncode, f"can't be written to {target}: {problem}" in refused.stderr) == (64, True)
    assert sum(studio.counts().values()) == before
    assert {path.name for path in sh.folder.iterdir()} == {"folder", "file.txt"}


@pytest.mark.parametrize(
    "command",
    [
        ["export", "-o", "x.xlsx"],
        ["export", "--review", "x.csv"],
        ["who", "--csv", "x.ods"],
        ["who", "--xlsx", "x.html"],
    ],
    ids=" ".join,
)
def test_a_name_that_promises_a_workbook_gets_no_text_nor_the_other_way_round(
    command: list[str], sh: Shell, studio: Control
) -> None:
    before = sum(studio.counts().values())
    refused = sh.run(*command)
    assert (refused.returncode, "can't be written to x." in refused.stderr) == (64, True)
    assert "such as x." in refused.stderr
    assert sum(studio.counts().values()) == before


def test_no_report_is_written_if_one_of_them_cannot_be(sh: Shell) -> None:
    sh.run("plan", SAMPLE, "-o", "plan.json")
    refused = sh.run("show", "plan.json", "--html", "plan.html", "--csv", "none/plan.csv")
    assert (refused.returncode, (sh.folder / "plan.html").exists()) == (64, False)


def test_a_plan_never_replaces_its_list(sh: Shell) -> None:
    (sh.folder / "list.csv").write_bytes(SAMPLE.read_bytes())
    refused = sh.run("plan", "list.csv", "-o", "list.csv")
    assert refused.returncode == 64
    assert "list.csv: that file is not a plan; nothing was read or written" in refused.stderr
    assert (sh.folder / "list.csv").read_bytes() == SAMPLE.read_bytes()


@pytest.mark.parametrize(
    ("words", "name", "content", "message"),
    [
        (("plan", SAMPLE, "-o"), "roles.csv", "email,role\n", "that file is not a plan"),
        (("plan", SAMPLE, "-o"), "token", "s3cret\n", "that file is not a plan"),
        (("plan", SAMPLE, "-o"), "new.toml", "", "it is a file of settings"),
        (("show", "plan.json", "--html"), "plan.json", None, "it is a plan"),
        (("show", "plan.json", "--markdown"), "rolesync.toml", "", "it is a file of settings"),
        (("show", "plan.json", "--html"), "page.html", "email,role\n", "that file is not a page"),
        (("show", "plan.json", "--html"), "roles.csv", "email,role\n", "that file is not a page"),
        (("show", "plan.json", "--json"), "roles.txt", "email,role\n", "that file is not JSON"),
        (("show", "plan.json", "--markdown"), "roles.csv", "email,role\n", "that file is not a report in Markdown"),
        (("show", "plan.json", "--markdown"), "notes.md", "# Mine\n", "that file is not a report in Markdown"),
        (("show", "plan.json", "--csv"), "roles.csv", "email,role\n", "that file is not a table of rolesync"),
        (
            ("show", "plan.json", "--xlsx"),
            "staff.xlsx",
            "PK, but no archive",
            "that file is not a workbook of rolesync",
        ),
        (("who", "Admin", "--csv"), "roles.csv", "email,role\n", "that file is not a table of rolesync"),
        (("who", "Admin", "--json"), "roles.txt", "email,role\n", "that file is not JSON"),
        (("who", "Admin", "--json"), "plan.json", None, "it is a plan"),
        (
            ("migrate", SAMPLE, "-o", "new.csv", "--account"),
            "a.csv",
            "email,role\n",
            "that file is not a table of rolesync",
        ),
    ],
)
def test_a_result_replaces_only_its_like(
    words: tuple[object, ...], name: str, content: str | None, message: str, sh: Shell
) -> None:
    assert sh.run("plan", SAMPLE, "-o", "plan.json").returncode == 0
    if content is not None:
        (sh.folder / name).write_text(content, encoding="utf-8")
    before = (sh.folder / name).read_bytes()
    completed = sh.run(*words, name)
    assert completed.returncode == 64
    assert f"can't be written to {name}: {message}; nothing was read or written" in completed.stderr
    assert (sh.folder / name).read_bytes() == before


def test_a_result_replaces_an_earlier_one(sh: Shell) -> None:
    assert sh.run("sync", SAMPLE).returncode == 0
    (run,) = sh.json("runs")["runs"]
    staff = SAMPLE.with_name("staff.xlsx")
    reports = ("--html", "r.html", "--csv", "r.csv", "--json", "r.json", "--xlsx", "r.xlsx")
    for _ in range(2):
        assert sh.run("plan", SAMPLE, "-o", "plan.json").returncode == 0
        targets = ("--html", "p.html", "--markdown", "p.md", "--csv", "p.csv", "--json", "p.json", "--xlsx", "p.xlsx")
        assert sh.run("show", "plan.json", *targets).returncode == 0
        assert sh.run("show", run["run"], *reports, "--markdown", "r.md").returncode == 0
        assert sh.run("who", "Admin", *(name.replace("r.", "w.") for name in reports)).returncode == 0
        assert sh.run("export", "-o", "list.csv", "--force").returncode == 0
        for account in ("account.csv", "account.xlsx"):
            migrate = ("migrate", staff, "-o", "new.csv", "--matrix", "Studio admin=Admin", "--account", account)
            assert (done := sh.run(*migrate)).returncode == 0, done.stderr


def test_no_report_of_a_run_replaces_a_plan(sh: Shell) -> None:
    assert sh.run("plan", SAMPLE, "-o", "plan.json").returncode == 0
    assert sh.run("apply", "plan.json", "--yes").returncode == 0
    before = (sh.folder / "plan.json").read_bytes()
    run = sh.json("runs")["runs"][-1]["run"]
    refused = sh.run("show", run, "--json", "plan.json")
    assert (refused.returncode, "plan.json: it is a plan" in refused.stderr) == (64, True)
    assert (sh.folder / "plan.json").read_bytes() == before


def test_the_json_of_a_plan_replaces_no_approved_plan_unless_it_is_approved(sh: Shell) -> None:
    assert sh.run("plan", SAMPLE, "-o", "plan.json").returncode == 0
    approve = ("review", "plan.json", "--reviewer", "Rita Levi", "--sees", "remove 2, add 4")
    assert (done := sh.run(*approve)).returncode == 0, done.stderr
    before = (sh.folder / "plan.approved.json").read_bytes()
    refused = sh.run("show", "plan.json", "--json", "plan.approved.json")
    assert (refused.returncode, "it is an approved plan" in refused.stderr) == (64, True)
    assert (sh.folder / "plan.approved.json").read_bytes() == before
    for _ in range(2):
        assert sh.run("show", "plan.approved.json", "--json", "copy.json").returncode == 0
    assert (sh.folder / "copy.json").read_bytes() == before


@pytest.mark.parametrize("column", ["decision", "decision_reason"])
def test_no_report_replaces_what_a_reviewer_has_filled_in(column: str, sh: Shell) -> None:
    reports = ("--csv", "review.csv", "--xlsx", "review.xlsx")
    assert sh.run("plan", SAMPLE, "-o", "plan.json").returncode == 0
    assert sh.run("show", "plan.json", *reports).returncode == 0
    table, workbook = sh.folder / "review.csv", sh.folder / "review.xlsx"
    with table.open(encoding="utf-8-sig", newline="") as file:
        header, first, *others = csv.reader(file)
    first[header.index(column)] = "exclude"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, first, *others])
    book = openpyxl.load_workbook(workbook)
    titles = [cell.value for cell in book["changes"][1]]
    book["changes"].cell(book["changes"].max_row, titles.index(column) + 1, "exclude")
    book.save(workbook)

    for option, path in zip(reports[::2], (table, workbook), strict=True):
        before = path.read_bytes()
        refused = sh.run("show", "plan.json", option, path.name)
        assert refused.returncode == 64
        assert f"can't be written to {path.name}: a reviewer has filled in decisions there" in refused.stderr
        assert f"rolesync review PLAN --decisions {path.name}" in refused.stderr
        assert path.read_bytes() == before


def test_an_export_replaces_a_file_only_by_force(sh: Shell, studio: Control) -> None:
    path = sh.folder / "list.csv"
    path.write_text("email,role\nkept@example.edu,Admin\n")
    before = sum(studio.counts().values())
    refused = sh.run("export", "-o", "list.csv")
    assert (refused.returncode, "--force" in refused.stderr) == (64, True)
    assert "kept" in path.read_text()
    assert sum(studio.counts().values()) == before
    assert sh.run("export", "-o", "list.csv", "--force").returncode == 0
    assert "kept" not in path.read_text("utf-8")
    (sh.folder / "empty.csv").touch()
    assert sh.run("export", "-o", "empty.csv").returncode == 0
    assert json.loads(sh.run("export", "--format", "json").stdout)["assignments"]
