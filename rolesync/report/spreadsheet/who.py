"""An access review as tables for a spreadsheet: CSV, and a workbook where the extra `excel` is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.model.who import HolderStatus
from rolesync.report.content.who import HolderRow, holder_rows, who_facts, who_headline
from rolesync.report.spreadsheet.sheet import MOST_CHARACTERS, Cells, Column, Footer, Sheet, row_cells
from rolesync.report.spreadsheet.workbook import format_xlsx
from rolesync.tables.write_csv import format_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rolesync.model.who import AccessReview, Holder

_WIDTHS = {"name": 22, "email": 30, "how": 50, "run": 24, "list": 24}
_TITLES = {
    "row": "list row",
    "since": "since (UTC)",
    "not_before": "not before (UTC)",
    "last_proven": "last proven (UTC)",
}
_SHEETS = {HolderStatus.HOLDS: "holders", HolderStatus.UNCLEAR: "unclear", HolderStatus.LOST: "lost by other hands"}


def who_csv(review: AccessReview) -> str:
    """Render a review as CSV with the fields of `HolderRow` as header and LF line ends."""
    return format_csv(HolderRow._fields, _cells(review.holders))


def who_xlsx(review: AccessReview) -> bytes:
    """Render a review as a workbook: a summary and the holders, then the unclear holders and the lost roles, if any.

    Raises:
        UsageError: the extra `excel` is not installed, or a sheet can't hold all holders.
    """
    footer = Footer("who, as of", review.as_of or review.time[:10], review.account)
    return format_xlsx(len(review.holders), _sheets(review), footer, instead="use CSV: rolesync who ROLE --csv FILE")


def _sheets(review: AccessReview) -> Iterator[Sheet]:
    word, sentence = who_headline(review)
    title = (Column(f"Who holds which role: {word.lower()}", 20), Column("", 92))
    facts = [("", sentence), *who_facts(review)]
    yield Sheet("summary", title, map(row_cells, facts), is_text=True)
    columns = tuple(Column(_TITLES.get(name, name.replace("_", " ")), _WIDTHS.get(name, 20)) for name in _SHOWN)
    for status, name in _SHEETS.items():
        holders = review.of(status)
        if holders or status is HolderStatus.HOLDS:
            yield Sheet(name, columns, (cells[1:] for cells in _cells(holders)))


_SHOWN = HolderRow._fields[1:]
"""The columns of the workbook, whose sheets show the status."""


def _cells(holders: Sequence[Holder]) -> Iterator[Cells]:
    return map(row_cells, holder_rows(holders, cut=MOST_CHARACTERS))
