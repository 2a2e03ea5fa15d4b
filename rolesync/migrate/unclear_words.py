"""Cells that leave something open: how messages describe them, with the options that decide."""

import shlex

from rolesync.migrate.ledger import CellReason
from rolesync.model.findings import quoted
from rolesync.reader.exports import RowCondition, RowVerdict


def describe_unclear(cell: str, header: str, condition: RowCondition) -> tuple[CellReason, str]:
    """Why a word of a condition's column refuses its row, and the options that decide."""
    option = shlex.quote(f"{header}={cell.strip()}")
    advice = f"count such rows with --keep {option}, or read all rows with --ignore-column {shlex.quote(header)}"
    if condition.judge(cell) is RowVerdict.ASKED:
        text = f"{quoted(cell)} in {quoted(header)} leaves open whether the row counts"
        return CellReason.DECISION_NEEDED, f"{text} ({condition.why}?); {advice}"
    text = f"{quoted(cell)} is not a known word in {quoted(header)}, so it is unclear whether the row counts"
    return CellReason.WORD_UNKNOWN, f"{text}; {advice}"


def describe_login(cell: str, header: str) -> str:
    """What to mind about a login name that is used as an address."""
    return f"{quoted(cell)} in {quoted(header)} is a login name, which may differ from the mail address"
