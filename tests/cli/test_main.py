"""A command imports only modules that it uses; measured by module names, not by time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rolesync import __version__
from tests.cli.processes import imported, on_terminal
from tests.command import Shell
from tests.paths import SAMPLE

HTTP = {"requests", "urllib3", "http.client", "urllib.request", "rolesync.studio"}
RECORD = {"structlog", "filelock", "tenacity", "rolesync.audit", "rolesync.executor", "rolesync.workflows"}
EXTRAS = {"starlette", "uvicorn", "rolesync.sandbox", "openpyxl", "python_calamine", "xlrd", "jinja2", "rapidfuzz"}
LOOKUPS = {"dns", "socketserver"}
RICH = {"rich", "markdown_it", "pygments"}
DATA = {"pandas", "numpy", "pydantic", "pydantic_settings", "email_validator", "rolesync.reader", "rolesync.settings"}


def test_help_imports_neither_data_nor_http() -> None:
    modules = imported("--help")
    assert "typer" in modules
    assert modules & (DATA | HTTP | RECORD | EXTRAS | LOOKUPS | RICH) == set()


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "migrate", "audit"])
def test_the_help_of_a_command_imports_no_more(command: str) -> None:
    modules = imported(command, "--help") - {"pydantic"}  # which Typer itself reads arguments with
    assert modules & (DATA | HTTP | RECORD | EXTRAS | LOOKUPS | RICH) == set()


def test_validate_reads_a_list_without_http_and_the_record() -> None:
    modules = imported("validate", SAMPLE, "--format", "json")
    assert modules >= {"pandas", "pydantic_settings", "rolesync.reader"}
    assert modules & (HTTP | RECORD | EXTRAS | LOOKUPS | RICH | {"email_validator"}) == set()
    for_people = imported("validate", SAMPLE)
    assert "rich" in for_people
    assert for_people & (HTTP | RECORD | EXTRAS | LOOKUPS | {"markdown_it"}) == set()


@pytest.mark.parametrize(
    ("command", "exit_code", "unneeded"),
    [
        (["runs"], 0, DATA - {"pydantic", "pydantic_settings", "rolesync.settings", "rolesync.reader"} | HTTP),
        (["explain", "ann@example.edu"], 0, {"pandas", "structlog", "tenacity"} | HTTP - {"rolesync.studio"}),
        (["doctor"], 6, {"pandas"}),
    ],
)
def test_what_plans_nothing_imports_no_pandas(
    command: list[str], exit_code: int, unneeded: set[str], tmp_path: Path
) -> None:
    account = {"base_url": "http://127.0.0.1:9", "token": "t", "state_dir": tmp_path, "attempts": 1}
    settings = [word for name, value in account.items() for word in ("--set", f"{name}={value}")]
    assert imported(*command, *settings, exit_code=exit_code) & unneeded == set()


def test_help_has_boxes_on_a_terminal_and_none_in_a_pipe() -> None:
    command = [sys.executable, "-m", "rolesync", "plan", "--help"]
    output = on_terminal(*command)
    assert "╭".encode() in output
    piped = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    assert "╭".encode() not in piped
    for text in (re.sub(rb"\x1b\[[\d;]*m", b"", output), piped):
        assert b"[bold]" not in text
        assert b"rolesync plan roles.csv -o plan.json" in text


def test_the_version_is_that_of_the_package_and_imports_no_command() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "rolesync", "--version"], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert completed.stdout == f"rolesync {__version__}\n"
    modules = imported("--version")
    assert modules & (DATA | HTTP | RECORD | EXTRAS | LOOKUPS | RICH | {"rolesync.cli.plan"}) == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "frobnicate"),
        (["version"], "No such command 'version'; to see the version: rolesync --version\n"),
        (["--quiet", "version"], "rolesync --version"),
        (["-V"], "No such option: -V; to see the version: rolesync --version\n"),
        (["plan"], "FILE"),
        (["plan", SAMPLE, "--format", "xml"], "xml"),
        (["sandbox", "--port", "0", "--faults", "500=2"], "500"),
    ],
)
def test_wrong_usage_is_explained_without_a_traceback(sh: Shell, arguments: list[object], message: str) -> None:
    refused = sh.run(*arguments)
    assert (refused.returncode, refused.stdout) == (64, "")
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "Value error" not in refused.stderr


def test_wrong_usage_is_json_where_json_was_asked_for(sh: Shell) -> None:
    refused = sh.json("plan", exit_code=64)
    assert refused["error"]["exit_code"] == 64
    assert "FILE" in refused["error"]["message"]
