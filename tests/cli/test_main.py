"""A command imports only modules that it uses; measured by module names, not by time."""

import os
import pty
import subprocess
import sys

import pytest

from tests.paths import SAMPLE

HTTP = {"requests", "urllib3", "http.client", "urllib.request", "rolesync.studio"}
RECORD = {"structlog", "filelock", "tenacity", "rolesync.audit", "rolesync.executor", "rolesync.workflows"}
EXTRAS = {"starlette", "uvicorn", "rolesync.sandbox", "openpyxl", "python_calamine", "xlrd", "jinja2", "rapidfuzz"}
LOOKUPS = {"dns", "socketserver"}
RICH = {"rich", "markdown_it", "pygments"}
DATA = {"pandas", "numpy", "pydantic", "pydantic_settings", "email_validator", "rolesync.reader", "rolesync.settings"}


def imported(*arguments: object) -> set[str]:
    """Run a command, and name every module that it imported."""
    command = [sys.executable, "-X", "importtime", "-m", "rolesync", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


def test_help_imports_neither_data_nor_http() -> None:
    found = imported("--help")
    assert "typer" in found
    assert found & (DATA | HTTP | RECORD | EXTRAS | LOOKUPS | RICH) == set()


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "migrate", "audit"])
def test_the_help_of_a_command_imports_no_more(command: str) -> None:
    found = imported(command, "--help") - {"pydantic"}  # which Typer itself reads arguments with
    assert found & (DATA | HTTP | RECORD | EXTRAS | LOOKUPS | RICH) == set()


def test_validate_reads_a_list_without_http_and_the_record() -> None:
    found = imported("validate", SAMPLE, "--format", "json")
    assert found >= {"pandas", "pydantic_settings", "rolesync.reader"}
    assert found & (HTTP | RECORD | EXTRAS | LOOKUPS | RICH | {"email_validator"}) == set()
    for_people = imported("validate", SAMPLE)
    assert "rich" in for_people
    assert for_people & (HTTP | RECORD | EXTRAS | LOOKUPS | {"markdown_it"}) == set()


def on_terminal(*command: str) -> bytes:
    """Run a command on a terminal of its own, and return what it shows there, standard error included."""
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            shown += more
        process.wait(60)
    os.close(ours)
    assert process.returncode == 0
    return shown


def test_help_has_boxes_on_a_terminal_and_none_in_a_pipe() -> None:
    command = [sys.executable, "-m", "rolesync", "--help"]
    shown = on_terminal(*command)
    assert "╭".encode() in shown
    piped = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    assert "╭".encode() not in piped
    for text in (shown, piped):
        assert b"[bold]" not in text
        assert b"130 interrupted" in text


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "-h"]])
def test_help_on_a_terminal_imports_no_markdown_and_no_highlighter(arguments: list[str]) -> None:
    shown = on_terminal(sys.executable, "-X", "importtime", "-m", "rolesync", *arguments).decode()
    found = {line.rpartition("|")[2].strip() for line in shown.splitlines() if line.startswith("import time:")}
    assert "typer.rich_utils" in found
    assert found & {"markdown_it", "pygments", "rich.markdown", "rich.traceback", "pandas"} == set()


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["audit", "--help"]])
def test_help_on_a_terminal_looks_as_typer_alone_makes_it(arguments: list[str]) -> None:
    ours = f"import sys; sys.argv = ['rolesync', *{arguments}]; from rolesync.cli.main import main; main()"
    shown = on_terminal(sys.executable, "-c", ours)
    assert "╭".encode() in shown
    assert shown == on_terminal(sys.executable, "-c", f"import typer.rich_utils; {ours}")


def test_the_stand_ins_are_gone_after_the_boxes_are_imported() -> None:
    done = "from rolesync.cli.rich_imports import import_rich_lightly; import_rich_lightly(); "
    look = "from rich.markdown import Markdown; from rich.traceback import Traceback; print(Markdown('*so*').parsed[0])"
    assert (
        b"paragraph_open" in subprocess.run([sys.executable, "-c", done + look], capture_output=True, check=True).stdout
    )
