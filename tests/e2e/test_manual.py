"""The commands of README and manual do what the text around them promises."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from rolesync.manual.pages import page, topics
from rolesync.sandbox.control_client import Control
from tests.command import OWNER, ROLESYNC, TOKEN, clean
from tests.manual.examples import missing_line, run_page
from tests.paths import ROOT
from tests.servers import free_port

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")


@pytest.fixture
def port() -> int:
    return free_port()


def environment(**settings: str) -> Mapping[str, str]:
    paths = {"PATH": f"{ROLESYNC.parent}{os.pathsep}{os.environ['PATH']}"}
    return {**{name: value for name, value in clean().items() if not name.startswith("XDG_")}, **paths, **settings}


def person(shown: str, account: str = "") -> str:
    """Type what a person types: the account, the address at which the browser ends, or the secret of the key."""
    if shown.endswith("Account: "):
        return account
    address = re.search(r"\S+/oauth/authorize\?\S+", shown)
    if address is None:
        return "sandbox-secret\n"
    return requests.get(address[0], timeout=10, allow_redirects=False).headers["location"]


def run(text: str, folder: Path, port: int, account: str, **settings: str) -> dict[str, str]:
    """Run a page; returns the output of each command without `rolesync`."""
    for shown, actual in {"8765": str(port), "8766": str(free_port())}.items():
        text = text.replace(shown, actual)
    steps = run_page(text, folder, environment(**settings), lambda shown: person(shown, account))
    return {step.command.removeprefix("rolesync "): step.output for step in steps}


def test_the_readme_leads_to_a_plan_and_through_the_three_jobs(tmp_path: Path, port: int, studio: Control) -> None:
    output = run((ROOT / "README.md").read_text("utf-8"), tmp_path, port, studio.base_url)
    assert "0 failed" in output["doctor"]
    for command in ("apply plan.approved.json --yes", "sync roles.csv", "apply additions.json --yes"):
        assert "live equals the plan" in output[command]


@pytest.mark.parametrize("topic", topics())
def test_the_commands_of_a_page_do_what_it_says(topic: str, tmp_path: Path, port: int, studio: Control) -> None:
    text = page(topic)
    settings = {"base_url": studio.base_url, "token": TOKEN, "owner": OWNER, "state_dir": "state"}
    if "rolesync sandbox --port" in text:  # all other pages build on the sandbox that this one starts
        settings = {}
    output = run(
        text, tmp_path, port, studio.base_url, **{f"ROLESYNC_{name.upper()}": it for name, it in settings.items()}
    )
    if topic == "audit":
        (run_id,) = re.findall(r"^ *run +(\S+)", output["sync team.csv"], re.MULTILINE)
        about_the_run = ("runs", "show RUN", "audit show RUN", "undo RUN -o undo.json")
        for command in (*about_the_run, "explain omar.haddad@example.edu --list team.csv --live"):
            assert run_id in output[command], command
    if topic == "review":
        written = {path.name for path in tmp_path.glob("shell-0/plan.*") if path.stat().st_size}
        assert written == {f"plan.{form}" for form in ("json", "html", "md", "xlsx", "csv", "approved.json")}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("```sh\n(exit 3)\n```\n", "the page states 0"),
        ("```sh\ntrue  # exits 3\n```\n", "the page states 3"),
        ("```sh\nrolesync help glossary\n```\n\n```text\nGlossary\nNo such line\n```\n", "No such line"),
    ],
)
def test_a_page_that_promises_what_does_not_come_is_refused(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=why):
        run_page(text, tmp_path, environment(), person)


def test_a_page_is_run_block_by_block_in_its_shells(tmp_path: Path) -> None:
    text = """
```csv a.csv
email,role
```
```sh
# a comment
export NAME=value
wc -l \\
  a.csv
umask 077
mkdir deep && cd deep
rolesync sandbox --port 0 &
```
```sh
echo "$NAME in $(basename $PWD)"; umask; false   # exits 1
```
```text
value…deep
0077
```
<!-- new shell -->
```sh
test -z "${NAME-}" && ls
```
"""
    steps = run_page(text, tmp_path, environment(), person)
    assert [step.command.split()[0] for step in steps] == ["export", "wc", "umask", "mkdir", "rolesync", "echo", "test"]
    assert steps[1].output == "1 a.csv\n"
    assert steps[-1].output.split() == ["sample_data"]


def test_shown_lines_have_to_come_in_order() -> None:
    output = "a  b\nc\nd: e f\n"
    assert missing_line("a b\nd…f", output) == ""
    assert missing_line("c\na b", output) == "a b"
    assert missing_line("a…f", output) == "a…f"
