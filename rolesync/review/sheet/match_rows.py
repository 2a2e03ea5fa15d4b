"""The rows of a filled-in table, each held against the plan's: which is which, and which are none of them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rolesync.model.findings import printable, quoted
from rolesync.report.spreadsheet.plan import COLUMNS, DecisionRow
from rolesync.review.sheet.problems import SHEETS, Problem, plain

_FIXED = COLUMNS[:-2]


class Row(NamedTuple):
    """A row of the table: the cells that must be as they were, made comparable, and the two that are the reviewer's."""

    sheet: str
    number: int
    fixed: tuple[str, ...]
    shown: tuple[str, ...]
    decision: str
    reason: str


def match_rows(
    rows: Sequence[Row], planned: Sequence[DecisionRow], problems: list[Problem]
) -> Iterator[tuple[Row, DecisionRow]]:
    """Find the plan's row of each row of the table, and tell of those that have none."""
    free = dict(enumerate(tuple(map(plain, row.cells)) for row in planned))
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in reversed(free):
        places[free[at]].append(at)
    known: dict[tuple[str, ...], int] = {}
    strange = []
    for row in rows:
        if places.get(row.fixed):
            at = places[row.fixed].pop()
            known[row.fixed] = row.number
            del free[at]
            yield row, planned[at]
        elif row.fixed in known:
            text = f"is the same as row {known[row.fixed]}; each row of the plan stands there once"
            problems.append(Problem(text, row.sheet, row.number))
        else:
            strange.append(row)
    if strange:
        problems += _strange(strange, free)
    by_kind = {kind: sheet for sheet, kind in SHEETS.items()}
    workbook = any(row.sheet for row in rows)
    for cells in free.values():
        who = " ".join(part for part in (cells[4], cells[5] and f"<{cells[5]}>", cells[3] and f"#{cells[3]}") if part)
        text = f"the row of {who}, {cells[1]} {cells[2]}, is missing"
        problems.append(Problem(text, by_kind[cells[0]] if workbook else ""))


def _strange(rows: Sequence[Row], free: dict[int, tuple[str, ...]]) -> Iterator[Problem]:
    """Tell what is wrong with rows that are none of the plan's, as exactly as can be; takes theirs out of `free`."""
    at_user, at_role, at_email = (_FIXED.index(name) for name in ("user_id", "role", "email"))
    ways: tuple[Callable[[tuple[str, ...]], tuple[str, ...]], ...] = (
        lambda cells: (cells[0], cells[at_user], cells[at_role]) if cells[at_user] else (),
        lambda cells: (cells[0], cells[at_email], cells[at_role]) if cells[at_email] else (),
        lambda cells: (cells[at_user],) if cells[at_user] else (),
    )
    left = list(rows)
    for way in ways:
        of = {way(cells): at for at, cells in reversed(free.items()) if way(cells)}
        for row in list(left):
            at = of.pop(way(row.fixed), None) if way(row.fixed) else None
            if at is None:
                continue
            left.remove(row)
            cells = free.pop(at)
            for name, given, was, shown in zip(_FIXED, row.fixed, cells, row.shown, strict=True):
                if given != was:
                    text = f"is {quoted(printable(shown))}, and was {quoted(was)}: leave it as it was"
                    yield Problem(text, row.sheet, row.number, name)
    for row in left:
        yield Problem("is no row of this plan", row.sheet, row.number)
