"""The result of `audit verify` in the terminal."""

from collections.abc import Iterator
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.verification import Verification
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import banner, heading, note, pairs


def verification_view(result: Verification, folder: str) -> RenderableType:
    """Show whether a record is complete and unchanged, its first bad place, and what to do.

    Args:
        result: the result of the check.
        folder: the folder of the record, as the user would type it.
    """
    notices = [note(escape_for_display(notice, SENTENCE_LIMIT)) for notice in result.notices]
    return Group(
        pairs(_facts(result, folder)),
        Text(),
        _headline(result),
        *([heading("Notices"), *notices] if notices else []),
        heading("What to do"),
        _advice(result, folder),
    )


def _headline(result: Verification) -> RenderableType:
    if result.ok and result.unchecked:
        sentence = (
            f"{result.unchecked:,} of {plural(result.records, 'record')} could not be checked; the others are intact."
        )
        return banner("NOT ALL CHECKED", sentence, "yellow")
    if result.ok:
        return banner("WHOLE", f"{plural(result.records, 'record')}, none changed or missing.", "green")
    if result.only_appended:
        sentence = f"Bytes that are not a record follow the last of {plural(result.records, 'record')}."
        return banner("APPENDED BYTES", sentence, "red")
    return banner("BROKEN", "The record was changed after it was written.", "red")


def _facts(result: Verification, folder: str) -> Iterator[tuple[str, str]]:
    yield "folder", escape_for_display(folder, SENTENCE_LIMIT)
    yield "good", f"{plural(result.records, 'record')} from the beginning"
    if result.first_bad:
        bad = result.first_bad
        yield (
            "first bad",
            (
                f"{escape_for_display(bad.file, CELL_LIMIT)}, line {bad.line:,}, record {bad.seq:,}: "
                f"{escape_for_display(bad.reason, SENTENCE_LIMIT)}"
            ),
        )
    yield "head", escape_for_display(result.head_problem, SENTENCE_LIMIT) or "matches the record"


def _advice(result: Verification, folder: str) -> RenderableType:
    if result.ok and result.unchecked:
        return note("Set audit_key to the key that seals these records, then verify again.")
    if result.ok:
        return note("Nothing. To detect a record that was rewritten as a whole, keep copies of audit.head elsewhere.")
    if result.only_appended:
        return note("Find out what appended them, such as an editor. The records are intact, and the next run goes on.")
    trusted = f"trust only the records up to number {result.records:,}" if result.records else "trust no record in it"
    aside = escape_for_display(f"{PurePath(folder).name}.broken", CELL_LIMIT)
    steps = (
        "Copy the folder before anything else writes to it.",
        f"Compare it with a backup, and find out what changed it; {trusted}.",
        f"Then rename it, for example to {aside}; the next run starts a new record.",
    )
    return pairs((f"{number}.", step) for number, step in enumerate(steps, start=1))
