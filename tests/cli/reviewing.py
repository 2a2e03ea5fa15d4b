"""The plan that tests of reviews decide on, and the steps of a review."""

from typing import Any

import openpyxl

from tests.command import ADMINS, Shell

NEW = "omar.haddad@example.edu"


KEPT, GONE = ADMINS[:8], ADMINS[8:]


def planned(sh: Shell, *options: str, operator: str | None = None) -> dict[str, Any]:
    """Plan to give one person Admin and to take it from two, and write the plan as a workbook and as CSV."""
    plan: dict[str, Any] = sh.json("plan", sh.list_of([*KEPT, NEW]), "-o", "plan.json", *options, operator=operator)
    assert sh.run("show", "plan.json", "--xlsx", "plan.xlsx", "--csv", "plan.csv").returncode == 0
    return plan


def decide(sh: Shell, word: str, email: str, reason: str = "", sheet: str = "changes") -> None:
    book = openpyxl.load_workbook(sh.folder / "plan.xlsx")
    head, *rows = book[sheet].iter_rows()
    at = {cell.value: place for place, cell in enumerate(head)}
    (row,) = (row for row in rows if row[at["email"]].value == email)
    row[at["decision"]].value, row[at["decision_reason"]].value = word, reason
    book.save(sh.folder / "plan.xlsx")


def review(sees: str, *options: str) -> tuple[str, ...]:
    return ("review", "plan.json", "--reviewer", "Rita Levi", "--sees", sees, *options)


def admins(sh: Shell) -> set[str]:
    return {line.split(",")[0].strip('"') for line in sh.run("export").stdout.splitlines()[1:]}
