"""The boxes of Typer's help, without its slow imports."""

import subprocess
import sys

import pytest
import rich.markdown

from rolesync.cli.rich_imports import asks_for_help, import_rich_lightly
from tests.cli.processes import on_terminal

pytestmark = pytest.mark.usefixtures("unmeasured_processes")  # another test of help on a terminal measures its process


@pytest.mark.parametrize("arguments", [["plan", "-h"], ["audit", "--help"]])
def test_help_on_a_terminal_imports_no_markdown_and_no_highlighter(arguments: list[str]) -> None:
    shown = on_terminal(sys.executable, "-X", "importtime", "-m", "rolesync", *arguments).decode()
    modules = {line.rpartition("|")[2].strip() for line in shown.splitlines() if line.startswith("import time:")}
    assert "typer.rich_utils" in modules
    assert modules & {"markdown_it", "pygments", "rich.markdown", "rich.traceback", "pandas"} == set()


@pytest.mark.parametrize("arguments", [["plan", "--help"], ["audit", "--help"]])
def test_help_on_a_terminal_looks_as_typer_alone_makes_it(arguments: list[str]) -> None:
    ours = f"import sys; sys.argv = ['rolesync', *{arguments}]; from rolesync.cli.main import main; main()"
    output = on_terminal(sys.executable, "-c", ours)
    assert "╭".encode() in output
    assert output == on_terminal(sys.executable, "-c", f"import typer.rich_utils; {ours}")


def test_the_stand_ins_are_gone_after_the_boxes_are_imported() -> None:
    done = "from rolesync.cli.rich_imports import import_rich_lightly; import_rich_lightly(); "
    look = "from rich.markdown import Markdown; from rich.traceback import Traceback; print(Markdown('*so*').parsed[0])"
    assert (
        b"paragraph_open" in subprocess.run([sys.executable, "-c", done + look], capture_output=True, check=True).stdout
    )


def test_only_arguments_that_may_show_help_ask_for_the_boxes() -> None:
    assert all(map(asks_for_help, ([], ["--help"], ["plan", "-h"], ["plan", "--help"])))
    assert not any(map(asks_for_help, (["plan", "list.csv"], ["help"], ["show", "-o", "help"])))


def test_modules_that_are_there_already_stay() -> None:
    before = {name: module for name, module in sys.modules.items() if name.startswith("rich.")}
    import_rich_lightly()
    after = {name: module for name, module in sys.modules.items() if name in before}
    assert after == before
    assert rich.markdown.Markdown("*so*").parsed
