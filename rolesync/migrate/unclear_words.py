"""Cells that leave something open: how messages describe them, with the options that decide."""

from rolesync.migrate.ledger import CellReason
from rolesync.model.findings import quoted, quoted_or_blank
from rolesync.reader.header_findings import option
from rolesync.reader.known_exports import RowCondition, RowVerdict


def describe_unclear(cell: str, header: str, condition: RowCondition) -> tuple[CellReason, str]:
    """Why a word of a condition's column refuses its row, and the options that decide."""
    counting = [cell.strip()]
    if counting != [""] and condition.judge("") is RowVerdict.COUNTS:  # and no longer without its option
        counting.append("")
    keeps, ignores = (option("keep", f"{header}={word}") for word in counting), option("ignore-column", header)
    rows = "such rows and those with a blank cell" if counting[1:] else "such rows"
    advice = f"read all rows with {ignores}"
    if not condition.named_only:
        advice = f"count {rows} with {' '.join(keeps)}, or {advice}"
    if condition.judge(cell) is RowVerdict.ASKED:
        text = f"{quoted_or_blank(cell)} in {quoted(header)} leaves open whether the row counts"
        return CellReason.DECISION_NEEDED, f"{text} ({condition.why}?); {advice}"
    text = f"{quoted_or_blank(cell)} is not a known word in {quoted(header)}, so it is unclear whether the row counts"
    return CellReason.WORD_UNKNOWN, f"{text}; {advice}"


def describe_dropped(cell: str, header: str, condition: RowCondition) -> str:
    """Why a word of a condition's column drops its row."""
    if condition.leaves_out(cell):
        return f"{quoted_or_blank(cell)} in {quoted(header)} is none of the words of --keep, so the row is left out"
    return f"{quoted_or_blank(cell)} in {quoted(header)}: {condition.why}"


def describe_login(cell: str, header: str) -> str:
    """What to mind about a login name that is used as an address."""
    return f"{quoted(cell)} in {quoted(header)} is a login name, which may differ from the mail address"
