"""The problems of a table of decisions, and how its cells are normalised to compare them with the plan."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rolesync.errors import InputRefusedError
from rolesync.model.findings import Finding
from rolesync.report.content.plan_rows import CHANGE, HELD_KIND
from rolesync.tables.write_csv import unescape_separated

SHEETS = {"changes": CHANGE, "held": HELD_KIND}
"""The sheets that hold decisions, with the kind of their rows."""

_WHOLE = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem and its place: `sheet` is "" in a text file, `row` 0 and `column` "" if it concerns several."""

    message: str
    sheet: str = ""
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        places = (("sheet", self.sheet), ("row", self.row), ("column", self.column))
        where = ", ".join(f"{name} {place}" for name, place in places if place)
        return f"{where}: {self.message}" if where else self.message


class DecisionsRefusedError(InputRefusedError):
    """The table of decisions can't be used; `problems` lists all its problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        number = f"{len(problems):,} problem{'s' * (len(problems) != 1)}"
        super().__init__(
            f"the decisions can't be used: {number}; nothing was approved",
            hint="correct the table, or start again with a new one: rolesync show PLAN --xlsx FILE",
        )
        self.problems = tuple(problems)


def problem_of(finding: Finding, sheet: str) -> Problem:
    """Turn a finding of the table reader into a problem."""
    return Problem(finding.message, sheet, finding.row or 0, finding.column or "")


def plain(cell: object) -> str:
    """Normalise a cell: programs add or drop blanks, apostrophes that escape a formula, and `.0` after a number."""
    text = " ".join(unescape_separated("" if cell is None else str(cell)).split()).removeprefix("'")
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text
