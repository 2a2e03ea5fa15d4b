"""The findings of a list by kind. The line of a kind opens to its messages; each message names its rows."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from rolesync.model.findings import Finding
from rolesync.report.content.plan_rows import finding_rows
from rolesync.report.content.text import plural

MOST_MESSAGES = 500
"""Maximum number of different messages of a kind on the page."""

_MOST_ROWS = 50  # of one message


class FindingKind(NamedTuple):
    """The `size` findings of one level and code: place and text of each message; `more` messages are left out."""

    level: str
    code: str
    title: str
    size: int
    rows: list[tuple[str, str]]
    more: int


def finding_kinds(findings: Sequence[Finding]) -> list[FindingKind]:
    """Group findings by level and code, in the order of the first of each kind."""
    places: dict[tuple[str, str], dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for finding in finding_rows(findings):
        places[finding.level, finding.code][finding.column, finding.message].append(finding.row)
    return [_kind(level, code, messages) for (level, code), messages in places.items()]


def _kind(level: str, code: str, messages: dict[tuple[str, str], list[int]]) -> FindingKind:
    size = sum(map(len, messages.values()))
    (_, first), *other_messages = messages
    title = first if not other_messages else f"{first} And {plural(len(other_messages), 'other message')} of this kind."
    rows = [(_place(column, numbers), text) for (column, text), numbers in islice(messages.items(), MOST_MESSAGES)]
    return FindingKind(level, code, title, size, rows, max(0, len(messages) - MOST_MESSAGES))


def _place(column: str, numbers: list[int]) -> str:
    """Name the rows and the column, as in `rows 4, 6, column Role`; empty for the whole file."""
    rows = [number for number in numbers if number]
    row_numbers = ", ".join(map(str, rows[:_MOST_ROWS])) + (f" … {len(rows):,} rows" if len(rows) > _MOST_ROWS else "")
    parts = [
        f"{'row' if len(rows) == 1 else 'rows'} {row_numbers}" if rows else "",
        f"column {column}" if column else "",
    ]
    return ", ".join(part for part in parts if part)
