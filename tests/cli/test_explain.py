"""explain: why a user has, gets or lost a role, from record, list and Studio."""

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell


def test_explain_answers_from_record_list_and_studio(sh: Shell, studio: Control) -> None:
    greg = "greg.stone@example.edu"
    unknown = sh.run("explain", greg)
    assert unknown.returncode == 0
    assert f"Unknown user {greg}" in unknown.stdout
    before = sh.json("explain", greg, "--list", SAMPLE, "--live")
    assert [(change["action"], change["reason"]) for change in before["next"]] == [("remove", "not_listed")]
    run = sh.json("sync", SAMPLE)["run"]["run"]
    requests_before = studio.counts()
    explanation = sh.json("explain", greg, token=None)
    assert studio.counts() == requests_before
    assert [(change["run"], change["action"], change["outcome"]) for change in explanation["changes"]] == [
        (run, "remove", "done")
    ]
    assert (explanation["now"], explanation["next"]) == (None, None)
    text = sh.run("explain", str(explanation["user_ids"][0]), "--list", SAMPLE, "--live")
    assert text.returncode == 0
    assert "No row names this user." in text.stdout
    assert run in text.stdout
    assert sh.json("explain", " ", exit_code=64)["error"]["hint"]


def test_people_get_the_past_from_the_record_alone(synced: Shell) -> None:
    completed = synced.run("explain", "GREG.STONE@example.edu", token=None)
    assert completed.returncode == 0
    assert all(words in completed.stdout for words in ("greg.stone@example.edu", "Admin", synced.record()[0]["run"]))


def test_a_change_that_undoes_a_run_names_it_instead_of_the_list(synced: Shell) -> None:
    run = synced.record()[0]["run"]
    synced.run("undo", run, "-o", "undo.json", max_removals_share=1)
    synced.run("apply", "undo.json", "--yes")
    past = synced.json("explain", "greg.stone@example.edu")["changes"]
    assert [(change["action"], change["undoes"]) for change in past] == [("remove", None), ("add", run)]
    shown = synced.run("explain", "greg.stone@example.edu").stdout
    removed, added = (line for line in shown.splitlines() if " Admin " in line)
    assert removed.endswith("not in the list")
    assert added.endswith(f"undo of run {run}")
