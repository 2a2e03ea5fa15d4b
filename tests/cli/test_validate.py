"""validate: what a list asks for, without Studio."""

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell, nonzero


def test_validate_needs_no_studio_and_says_what_the_list_asks_for(sh: Shell, studio: Control) -> None:
    validation = sh.json("validate", SAMPLE, base_url=None, token=None)
    assert validation["status"] == "warn"
    assert {"email": "admin@example.edu", "role": "Admin"} in validation["assignments"]
    assert [(finding["level"], finding["row"], finding["column"]) for finding in validation["findings"]] == [
        ("warning", 15, "role")
    ]
    assert nonzero(studio.counts()) == {}


def test_a_refused_list_is_refused_by_every_command_before_studio_is_asked(sh: Shell, studio: Control) -> None:
    path = sh.list_of([*ADMINS[:8], "not an address"])
    validation = sh.json("validate", path, exit_code=3)
    assert validation["status"] == "reject"
    errors = [finding for finding in validation["findings"] if finding["level"] == "error"]
    assert [(error["row"], error["column"]) for error in errors] == [(10, "email")]
    assert sh.json("plan", path, "-o", "plan.json", exit_code=3) == validation
    assert sh.json("sync", path, exit_code=3) == validation
    assert not (sh.folder / "plan.json").exists()
    assert nonzero(studio.counts()) == {}


def test_a_list_with_its_errors_is_written_beside_it(sh: Shell) -> None:
    path = sh.list_of([*ADMINS[:2], "not an address"])
    fixed = sh.run("validate", path, "--fix", "fixed.csv")
    assert (fixed.returncode, "the list with its errors saved as fixed.csv" in fixed.stderr) == (3, True)
    assert "is not an e-mail address" in (sh.folder / "fixed.csv").read_text(encoding="utf-8")
    again = sh.json("validate", "fixed.csv", exit_code=3)
    assert {finding["code"] for finding in again["findings"]} == {"email_invalid", "error_noted"}
    overwritten = sh.run("validate", path, "--fix", path)
    assert (overwritten.returncode, "would overwrite the list" in overwritten.stderr) == (64, True)


def test_people_get_the_verdict_and_the_first_findings(sh: Shell) -> None:
    path = sh.list_of(["nobody", *(f"teacher{number}@example.edu" for number in range(60))], role="Teacher")
    completed = sh.run("validate", path)
    assert completed.returncode == 3
    output = " ".join(completed.stdout.split())
    assert "REJECTED" in output
    assert "'nobody' is not an e-mail address" in output
    assert output.count("'Teacher'") < 60
    assert " ".join(sh.run("validate", path, "--all").stdout.split()).count("'Teacher'") >= 60
