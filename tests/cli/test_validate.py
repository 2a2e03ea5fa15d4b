"""validate: what a list asks for, without Studio."""

from rolesync.sandbox.control import Control
from tests.e2e.command import ADMINS, SAMPLE, Shell, some


def test_validate_needs_no_studio_and_says_what_the_list_asks_for(sh: Shell, studio: Control) -> None:
    said = sh.json("validate", SAMPLE, base_url=None, token=None)
    assert said["status"] == "warn"
    assert {"email": "admin@example.edu", "role": "Admin"} in said["assignments"]
    assert [(found["level"], found["row"], found["column"]) for found in said["findings"]] == [("warning", 15, "role")]
    assert some(studio.counts()) == {}


def test_a_refused_list_is_refused_by_every_command_before_studio_is_asked(sh: Shell, studio: Control) -> None:
    path = sh.list_of([*ADMINS[:8], "not an address"])
    said = sh.json("validate", path, exit_code=3)
    assert said["status"] == "reject"
    errors = [found for found in said["findings"] if found["level"] == "error"]
    assert [(error["row"], error["column"]) for error in errors] == [(10, "email")]
    assert sh.json("plan", path, "-o", "plan.json", exit_code=3) == said
    assert sh.json("sync", path, exit_code=3) == said
    assert not (sh.folder / "plan.json").exists()
    assert some(studio.counts()) == {}
