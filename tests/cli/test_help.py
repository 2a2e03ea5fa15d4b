"""The manual on a terminal, in a pipe, and as JSON."""

import json
import re
import subprocess
import sys

import pytest

from rolesync.errors import Exit
from rolesync.manual.pages import page, topics, without_links
from tests.cli.processes import imported, on_terminal
from tests.command import clean
from tests.in_process import run_in_process
from tests.paths import ROOT

HELP = [sys.executable, "-m", "rolesync", "help"]
CONTROLS = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\]8;[^\x1b]*\x1b\\)")


def piped(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_in_process(["help", *arguments], ROOT, clean(), timeout=60)


def test_without_a_topic_all_topics_are_listed() -> None:
    listed = piped()
    assert listed.returncode == 0
    for topic, summary in topics().items():
        assert re.search(rf"^  {topic} +{re.escape(summary)}$", listed.stdout, re.MULTILINE)
    answer = json.loads(piped("--format", "json").stdout)
    assert answer == {"topics": [{"topic": topic, "summary": summary} for topic, summary in topics().items()]}


def test_a_page_in_a_pipe_is_plain_text() -> None:
    for name in ("glossary", "Glossary"):
        assert piped(name).stdout == without_links(page("glossary"))
    assert json.loads(piped("glossary", "--format", "json").stdout) == {"topic": "glossary", "text": page("glossary")}


def test_a_page_on_a_terminal_is_formatted_and_goes_through_the_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PAGER", "sh -c 'cat; echo PAGED'")
    output = CONTROLS.sub("", on_terminal(*HELP, "glossary").decode())
    assert "PAGED" in output
    assert " • drift: live roles" in output
    assert "**" not in output
    assert "PAGED" not in on_terminal(*HELP, "glossary", "--no-pager").decode()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("glosary", "did you mean glossary?"),
        ("qqq", "topics are "),
        ("undo", "`rolesync help` lists the topics; for the command: rolesync undo --help"),
        ("../errors", "topics are "),
    ],
)
def test_an_unknown_topic_is_wrong_usage_and_names_the_nearest(name: str, hint: str) -> None:
    refused = piped(name)
    assert refused.returncode == Exit.USAGE
    assert repr(name) in refused.stderr
    assert hint in refused.stderr
    error = json.loads(piped(name, "--format", "json").stdout)["error"]
    assert error["exit_code"] == Exit.USAGE
    assert hint in error["hint"]


def test_the_list_of_topics_fits_a_narrow_terminal() -> None:
    assert max(map(len, piped().stdout.splitlines())) <= 80


def test_only_a_page_on_a_terminal_imports_a_parser_of_markdown() -> None:
    for arguments in (("help",), ("help", "glossary")):
        assert imported(*arguments) & {"rich", "markdown_it", "pygments", "pandas", "rolesync.settings"} == set()
    assert "rolesync.manual" not in imported("--help")
