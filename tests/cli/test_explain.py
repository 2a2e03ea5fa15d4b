"""explain: why a user has, gets or lost a role, from record, list and Studio."""

from rolesync.sandbox.control import Control
from tests.e2e.command import SAMPLE, Shell


def test_explain_answers_from_record_list_and_studio(sh: Shell, studio: Control) -> None:
    greg = "greg.stone@example.edu"
    unknown = sh.run("explain", greg)
    assert unknown.returncode == 0
    assert f"Unknown user {greg}" in unknown.stdout
    before = sh.json("explain", greg, "--list", SAMPLE, "--live")
    assert [(one["action"], one["reason"]) for one in before["next"]] == [("remove", "not_listed")]
    run = sh.json("sync", SAMPLE)["run"]["run"]
    asked = studio.counts()
    found = sh.json("explain", greg, token=None)
    assert studio.counts() == asked
    assert [(one["run"], one["action"], one["outcome"]) for one in found["changes"]] == [(run, "remove", "done")]
    assert (found["now"], found["next"]) == (None, None)
    text = sh.run("explain", str(found["user_ids"][0]), "--list", SAMPLE, "--live")
    assert text.returncode == 0
    assert "No row names this user." in text.stdout
    assert run in text.stdout
    assert sh.json("explain", " ", exit_code=64)["error"]["hint"]
