import shlex
from io import StringIO
from pathlib import Path

from rich.console import Console

from rolesync.migrate.overview import describe_file
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm
from rolesync.report.terminal.file_overview import overview_view
from tests.migrate.sources import MANAGED, TODAY
from tests.report.terminal.screen import flat


def view(path: Path, text: str) -> tuple[str, str]:
    path.write_text(text, encoding="utf-8")
    shown = overview_view(describe_file(path, Recipe(), managed=MANAGED, today=TODAY, form=ListForm()))
    console = Console(file=StringIO(), width=60, color_system=None)
    console.print(shown, crop=False)
    screen = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above
    assert isinstance(screen, str)
    return flat(shown), screen


def test_the_program_the_columns_and_a_command_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a very long name of a file with blanks.csv"
    text, screen = view(path, "Block credential,User principal name\nFalse,a@x.edu\n")
    assert "is a list of Microsoft 365 users, with 1 row." in text
    assert "Read as m365-users." in text
    assert "login name, read as the address" in text
    output = path.with_name(f"{path.stem}-list.csv")
    command = shlex.join(["rolesync", "migrate", str(path), "--role", "Admin", "-o", str(output)])
    assert command in screen  # a long command is not broken


def test_what_is_not_confirmed_is_said(tmp_path: Path) -> None:
    text, _ = view(tmp_path / "s.csv", "Email,Last Login(UTC),Last Client Version\na@x.edu,,\n")
    assert "are confirmed: check the result" in text


def test_a_file_without_addresses_has_no_command(tmp_path: Path) -> None:
    text, _ = view(tmp_path / "s.csv", "name,phone\nAnn,1\n")
    assert "not an export that rolesync knows" in text
    assert "No column holds addresses" in text
