"""A list that gives no managed role is refused, with the name that was probably meant."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from rolesync.model.lists import ListForm
from rolesync.reader.read import read_desired

TODAY = date(2026, 11, 2)


def messages(folder: Path, text: str, aliases: Mapping[str, str] | None = None) -> list[str]:
    """The errors of a list without a managed role."""
    path = folder / "list.csv"
    path.write_text(text, "utf-8")
    desired = read_desired(path, managed_roles=["Admin"], today=TODAY, form=ListForm(role_aliases=aliases or {}))
    assert (desired.status == "reject") == any(finding.level.value == "error" for finding in desired.findings)
    return [finding.message for finding in desired.findings if finding.code == "no_managed_role"]


@pytest.mark.parametrize(
    ("role", "advice"),
    [
        ("Studio admin", "did you mean 'Admin'?"),
        ("Subaccount admin", "correct the roles, or set managed_roles"),  # a role of Studio, and no misspelling
        ("Teacher", "correct the roles, or set managed_roles"),
        ("The boss", "did you mean 'Boss'?"),
    ],
)
def test_the_nearest_managed_role_is_suggested(role: str, advice: str, tmp_path: Path) -> None:
    aliases = {"Boss": "Admin"} if role == "The boss" else None
    (message,) = messages(tmp_path, f"email,role\na@example.edu,{role}\nb@example.edu,{role}\n", aliases)
    assert message == (f"no row gives a managed role: the roles of the list are '{role}', managed is Admin; {advice}")


def test_one_row_of_a_managed_role_is_enough(tmp_path: Path) -> None:
    assert not messages(tmp_path, "email,role\na@example.edu,Teacher\nb@example.edu,Admin\n")
    assert not messages(tmp_path, "email,role\na@example.edu,Teacher\nb@example.edu,Boss\n", {"Boss": "Admin"})


def test_a_managed_role_that_is_not_in_force_today_was_meant(tmp_path: Path) -> None:
    assert not messages(tmp_path, "email,role,expires\na@example.edu,Admin,2026-01-31\nb@example.edu,Teacher,\n")


def test_an_unreadable_row_may_name_the_managed_role_and_is_an_error_of_its_own(tmp_path: Path) -> None:
    assert not messages(tmp_path, "email,role\na@example.edu,Teacher\nb@example.edu,admin\n")


def test_a_list_without_rows_has_an_error_of_its_own(tmp_path: Path) -> None:
    assert not messages(tmp_path, "email,role\n")
