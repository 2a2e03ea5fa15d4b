"""What is wrong with a table of decisions, and how its cells are compared with those of the plan."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rolesync.errors import InputRefusedError
from rolesync.model.findings import Finding
from rolesync.report.content.plan_rows import CHANGE, HELD_KIND

SHEETS = {"changes": CHANGE, "held": HELD_KIND}
"""The sheets in which is decided, each with the kind of its rows."""

_WHOLE = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: `sheet` is "" in a text file, `row` 0 and `column` "" where it is about several."""

    message: str
    sheet: str = ""
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        places = (("sheet", self.sheet), ("row", self.row), ("column", self.column))
        where = ", ".join(f"{name} {place}" for name, place in places if place)
        return f"{where}: {self.message}" if where else self.message


class DecisionsRefusedError(InputRefusedError):
    """The table of decisions can't be used as it is; `problems` is everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        number = f"{len(problems):,} problem{'s' * (len(problems) != 1)}"
        super().__init__(
            f"the decisions can't be used: {number}; nothing was approved",
            hint="put it right, or begin again with what `rolesync show PLAN --xlsx FILE` writes",
        )
        self.problems = tuple(problems)


def of_finding(finding: Finding, sheet: str) -> Problem:
    """Tell what the reader of tables found wrong."""
    return Problem(finding.message, sheet, finding.row or 0, finding.column or "")


def plain(cell: object) -> str:
    """Make a cell comparable: programs add or lose blanks, an apostrophe before a text, and `.0` after a number."""
    text = " ".join(("" if cell is None else str(cell)).split()).removeprefix("'")
    found = _WHOLE.fullmatch(text)
    return found[1] if found else text
