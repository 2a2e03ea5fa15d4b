"""The file of an approved plan: an approval in it is replaced only on purpose, or with a word."""

import json

from tests.cli.reviewing import KEPT, planned, review
from tests.command import Shell


def test_an_approval_is_replaced_only_on_purpose(sh: Shell) -> None:
    planned(sh)
    assert sh.run(*review("remove 2, add 1"), operator="rita").returncode == 0
    path = sh.folder / "plan.approved.json"
    approved = path.read_bytes()
    bo = ("review", "plan.json", "--reviewer", "Bo", "--sees", "remove 2, add 1")
    for again in (bo, ("review", "plan.json", "--port", "0")):
        refused = sh.run(*again)
        assert (refused.returncode, refused.stdout, path.read_bytes()) == (64, "", approved)
        assert "plan.approved.json holds the approval of this plan by Rita Levi (rita), 2" in refused.stderr
        assert "rolesync show plan.approved.json; " in refused.stderr
        assert "--output" in refused.stderr
        assert "--force" in refused.stderr
    planned_anew = sh.run("plan", "list.csv", "-o", "plan.approved.json")
    assert planned_anew.returncode == 64
    assert "plan.approved.json: it is an approved plan; nothing was read or written" in planned_anew.stderr
    assert path.read_bytes() == approved
    assert sh.run(*bo, "-o", "second.json").returncode == 0
    assert path.read_bytes() == approved
    completed = sh.run(*bo, "--force")
    assert completed.returncode == 0
    assert "plan.approved.json holds the approval of this plan by Rita Levi (rita), 2" in completed.stderr
    assert "this review replaces it" in completed.stderr
    assert json.loads(path.read_text("ascii"))["approval"]["reviewer"] == "Bo"


def test_the_approval_of_another_plan_is_replaced_with_a_word(sh: Shell) -> None:
    planned(sh)
    assert sh.run(*review("remove 2, add 1")).returncode == 0
    assert sh.run("plan", sh.list_of(KEPT), "-o", "plan.json").returncode == 0
    completed = sh.run("--quiet", *review("remove 2, add 0"))
    assert completed.returncode == 0
    assert "plan.approved.json holds the approval of another plan by Rita Levi" in completed.stderr
    assert "this review replaces it" in completed.stderr


def test_a_file_that_may_be_an_approval_is_replaced_only_on_purpose(sh: Shell) -> None:
    planned(sh)
    assert sh.run(*review("remove 2, add 1")).returncode == 0
    path = sh.folder / "plan.approved.json"
    path.write_text(path.read_text("ascii").replace("Rita", "Rosa"), encoding="ascii")
    refused = sh.run(*review("remove 2, add 1"))
    assert refused.returncode == 64
    assert "plan.approved.json may be an approval, and can't be read" in refused.stderr
    assert "Rosa" in path.read_text("ascii")
    assert sh.run(*review("remove 2, add 1", "--force")).returncode == 0
    path.write_bytes(b"")
    assert sh.run(*review("remove 2, add 1")).returncode == 0
