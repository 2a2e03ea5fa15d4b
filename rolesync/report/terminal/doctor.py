"""The checks of `doctor` in the terminal."""

from collections.abc import Iterable

from rich.console import Group, RenderableType

from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import STYLES, banner, column, table, words

_WORDS = {VerdictStatus.PASS: "ok", VerdictStatus.WARN: "warning", VerdictStatus.BLOCK: "failed"}


def checks_view(checks: Iterable[Check]) -> RenderableType:
    """Show the number of failures and warnings, then each check with its hint: failures first, then warnings."""
    listed = list(checks)
    failed = sum(check.status is VerdictStatus.BLOCK for check in listed)
    warnings = sum(check.status is VerdictStatus.WARN for check in listed)
    order = [VerdictStatus.BLOCK, VerdictStatus.WARN, VerdictStatus.PASS]
    word, style = ("READY", "green") if not failed else ("NOT READY", "red")
    return Group(
        banner(word, f"{plural(len(listed), 'check')}: {failed} failed, {plural(warnings, 'warning')}.", style),
        table(
            [column("status", whole=True), column("check"), column("result, and what to do")],
            (
                (
                    words(_WORDS[check.status], STYLES[check.status]),
                    escape_for_display(check.name, CELL_LIMIT),
                    escape_for_display(check.message, SENTENCE_LIMIT)
                    + (f"\n> {escape_for_display(check.hint, SENTENCE_LIMIT)}" if check.hint else ""),
                )
                for check in sorted(listed, key=lambda check: order.index(check.status))
            ),
        ),
    )
