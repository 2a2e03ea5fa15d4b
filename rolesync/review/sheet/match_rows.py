"""Match the rows of a filled-in table with the rows of the plan, and report rows without a match."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rolesync.model.findings import printable, quoted
from rolesync.report.content.roles_before_after import PROBABLY_LOST
from rolesync.report.spreadsheet.decisions import DecisionRow
from rolesync.review.sheet.problems import SHEETS, Problem, plain


class Form(NamedTuple):
    """A form of the table: its columns that must not change, the kind of the row first, and the plan's rows in it.

    The columns in `reworded` are not compared: versions of rolesync may put the same fact into other words. Earlier
    ones didn't mark roles as probably lost.
    """

    columns: tuple[str, ...]
    rows: Sequence[DecisionRow]
    reworded: frozenset[str] = frozenset()

    def comparable(self, cells: Sequence[object]) -> tuple[str, ...]:
        """Normalise the cells of a row to compare them."""
        return tuple(
            "" if name in self.reworded else plain(cell).replace(PROBABLY_LOST, "")
            for name, cell in zip(self.columns, cells, strict=True)
        )

    def user(self, cells: Sequence[str]) -> str:
        """Name the user of a row, and what would happen."""
        row = {name.replace(" ", "_"): cell for name, cell in zip(self.columns, cells, strict=True)}
        parts = (row["name"], row["email"] and f"<{row['email']}>", row["user_id"] and f"#{row['user_id']}")
        return f"{' '.join(filter(None, parts))}, {row['action']} {row['role']}"


class Row(NamedTuple):
    """A row of the table.

    `fixed` are the cells that must not change, normalised to compare them; `original` are the same cells as read.
    `decision` and `reason` are the cells of the reviewer.
    """

    sheet: str
    number: int
    fixed: tuple[str, ...]
    original: tuple[str, ...]
    decision: str
    reason: str


def match_rows(rows: Sequence[Row], form: Form, problems: list[Problem]) -> Iterator[tuple[Row, DecisionRow]]:
    """Yield each row of the table with its row of the plan; append a problem for every row without a match."""
    unmatched = dict(enumerate(form.comparable(row.cells) for row in form.rows))
    positions: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position in reversed(unmatched):
        positions[unmatched[position]].append(position)
    matched: dict[tuple[str, ...], int] = {}
    unknown = []
    for row in rows:
        if positions.get(row.fixed):
            position = positions[row.fixed].pop()
            matched[row.fixed] = row.number
            del unmatched[position]
            yield row, form.rows[position]
        elif row.fixed in matched:
            text = f"is the same as row {matched[row.fixed]}; each row of the plan must appear once: delete one of them"
            problems.append(Problem(text, row.sheet, row.number))
        else:
            unknown.append(row)
    if unknown:
        problems += _unknown_rows(unknown, unmatched, form.columns)
    sheet_of_kind = {kind: sheet for sheet, kind in SHEETS.items()}
    is_workbook = any(row.sheet for row in rows)
    for cells in unmatched.values():
        text = f"the row of {form.user(cells)}, is missing"
        problems.append(Problem(text, sheet_of_kind[cells[0]] if is_workbook else ""))


def _unknown_rows(
    rows: Sequence[Row], unmatched: dict[int, tuple[str, ...]], columns: Sequence[str]
) -> Iterator[Problem]:
    """Name the edited cells of rows that are not in the plan; removes from `unmatched` the rows they were edited from.

    An edited row is recognised by user id and role, then by address and role, then by user id alone.
    """
    names = [name.replace(" ", "_") for name in columns]
    at_user, at_role, at_email = (names.index(name) for name in ("user_id", "role", "email"))
    keys: tuple[Callable[[tuple[str, ...]], tuple[str, ...]], ...] = (
        lambda cells: (cells[0], cells[at_user], cells[at_role]) if cells[at_user] else (),
        lambda cells: (cells[0], cells[at_email], cells[at_role]) if cells[at_email] else (),
        lambda cells: (cells[at_user],) if cells[at_user] else (),
    )
    unexplained = list(rows)
    for key in keys:
        positions = {key(cells): position for position, cells in reversed(unmatched.items()) if key(cells)}
        for row in list(unexplained):
            position = positions.pop(key(row.fixed), None) if key(row.fixed) else None
            if position is None:
                continue
            unexplained.remove(row)
            cells = unmatched.pop(position)
            for name, cell, planned, original in zip(columns, row.fixed, cells, row.original, strict=True):
                if cell != planned:
                    text = f"is {quoted(printable(original))}, and was {quoted(planned)}: leave it as it was"
                    yield Problem(text, row.sheet, row.number, name)
    for row in unexplained:
        yield Problem("is not a row of this plan: delete it", row.sheet, row.number)
