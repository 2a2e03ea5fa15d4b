"""fleet review: the page of a night behind its key, and one account without a page."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.sandbox import Options, Sandbox
from tests.command import Shell
from tests.fleet.tools import write_fleet
from tests.review.page.running_review import Visitor

pytestmark = pytest.mark.usefixtures("shared_workers")  # tests of `rolesync.fleet` measure its workers


@pytest.fixture
def night(sh: Shell, sandboxes: Callable[[Options], Sandbox]) -> Shell:
    """A shell without settings, beside a night of two accounts whose plans need an approval."""
    studios = {name: sandboxes(Options(seed=seed)).base_url for seed, name in enumerate(("north", "south"), 1)}
    path = write_fleet(sh.folder, studios)
    text = path.read_text(encoding="utf-8").replace("[defaults]\n", "[defaults]\nrequire_approval = true\n")
    path.write_text(text, encoding="utf-8")
    variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
    shell = replace(sh, variables=variables)
    planned = shell.run("fleet", "plan", "fleet.toml", "-o", "night")
    assert (planned.returncode, planned.stdout.rstrip().endswith("rolesync fleet review night")) == (0, True)
    return shell


def effect(night: Shell, name: str) -> str:
    plan = json.loads((night.folder / "night" / "plans" / f"{name}.json").read_text(encoding="ascii"))
    removals = sum(change["action"] == "remove" for change in plan["changes"])
    return f"remove {removals}, add {len(plan['changes']) - removals}"


def by_hand(night: Shell, name: str) -> tuple[str, ...]:
    sees = effect(night, name)
    return ("fleet", "review", "night", "--account", name, "--reviewer", "Rita Levi", "--sees", sees)


def test_one_account_is_approved_without_a_page_and_applied_alone(night: Shell) -> None:
    completed = night.run(*by_hand(night, "north"))
    assert completed.returncode == 0, completed.stderr
    assert "rolesync fleet apply night" in completed.stdout
    again = night.run(*by_hand(night, "north"))
    assert again.returncode == 64
    assert "holds the approval of this plan by Rita Levi" in again.stderr
    assert "approve the plan again: rm night/plans/north.approved.json" in again.stderr
    applied = night.run("fleet", "apply", "night", "--yes", "--format", "json")
    assert applied.returncode == 5
    accounts = {each["account"]: each for each in json.loads(applied.stdout)["accounts"]}
    assert {name: each["status"] for name, each in accounts.items()} == {"north": "done", "south": "waiting"}
    assert accounts["south"]["hint"] == f"rolesync fleet review {night.folder / 'night'}"


def test_options_for_one_account_need_its_name(night: Shell) -> None:
    assert night.run("fleet", "review", "night", "--reviewer", "Rita").returncode == 64
    assert night.run("fleet", "review", "night", "--account", "nrth").returncode == 64
    assert night.run("fleet", "review", "none").returncode == 64
    alone = night.run("fleet", "review", "night")
    assert (alone.returncode, "--port 0" in alone.stderr, "--account NAME" in alone.stderr) == (64, True, True)
    assert night.run(*by_hand(night, "north")[:-1], "remove 99, add 0").returncode == 4


def test_a_blocked_plan_is_overridden_by_a_command_of_its_account(night: Shell) -> None:
    path = night.folder / "fleet.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[accounts.north]\n", "[accounts.north]\nmax_removals = 0\n"), encoding="utf-8")
    assert night.run("fleet", "plan", "fleet.toml", "-o", "second").returncode == 5
    words = [word.replace("night", "second") for word in by_hand(night, "north")]
    reviewed = night.run(*words)
    assert reviewed.returncode == 4
    advice = " ".join(reviewed.stdout.partition("rolesync fleet run north")[2].replace("\\", "").split())
    applied = night.run("fleet", "run", "north", *advice.split(), "--yes")
    assert applied.returncode == 0, applied.stderr


def test_an_account_without_a_plan_is_planned_again_before_its_review(night: Shell) -> None:
    (night.folder / "lists" / "north.csv").write_text("email,role\n", encoding="utf-8")
    assert night.run("fleet", "plan", "fleet.toml", "-o", "second").returncode == 5
    refused = night.run(
        "fleet", "review", "second", "--account", "north", "--reviewer", "R", "--sees", "remove 1, add 1"
    )
    assert refused.returncode == 64
    assert "north has no plan, because planning failed" in refused.stderr
    assert f"rolesync fleet plan {night.folder / 'fleet.toml'} --only north -o NEWFOLDER" in refused.stderr


def open_page(lines: list[str]) -> Visitor:
    return Visitor(next(line.strip() for line in lines if "/open/" in line))


def test_a_page_shows_the_night_and_approves_account_by_account(night: Shell) -> None:
    with night.started("fleet", "review", "night", "--port", "0", "--format", "json") as process:
        assert process.stderr
        assert process.stdout
        lines = [process.stderr.readline() for _ in range(3)]
        visitor = open_page(lines)
        assert "2 plans wait for approval" in visitor.page().text
        assert visitor.get(f"{visitor.origin}{visitor.path}guess/").status_code == 404
        assert "Admin" in visitor.get(f"{visitor.origin}{visitor.path}north/").text
        sees = {"revision": 0, "reviewer": "Rita Levi", "sees": effect(night, "north")}
        foreign = visitor.post("north/approve", sees, Origin="http://evil.example")
        assert foreign.status_code == 403
        assert visitor.post("north/here", {}).status_code == 204
        assert visitor.post("north/approve", {**sees, "sees": "remove 99, add 0"}).status_code == 422
        assert visitor.post("north/approve", sees).status_code == 200
        assert "1 plan waits for approval" in visitor.page().text
        assert visitor.post("leave", {}).status_code == 200
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    states = {each["account"]: each["review"] for each in json.loads(output)["accounts"]}
    assert states == {"north": "approved", "south": "waiting"}
    assert "nobody has approved the plans of south" in errors
    assert Path(night.folder, "night", "plans", "north.approved.json").exists()
    assert not Path(night.folder, "night", "plans", "south.approved.json").exists()
