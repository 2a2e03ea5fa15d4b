"""The result of `audit verify` in the terminal."""

from collections.abc import Iterator
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.verification import Verification
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import banner, heading, note, pairs


def verification_view(verification: Verification, folder: str) -> RenderableType:
    """Show whether a record is complete and unchanged, its first bad place, and what to do.

    Args:
        verification: the result of the check.
        folder: the folder of the record, as the user would type it.
    """
    notices = [note(escape_for_display(notice, SENTENCE_LIMIT)) for notice in verification.notices]
    return Group(
        pairs(_facts(verification, folder)),
        Text(),
        _headline(verification),
        *([heading("Notices"), *notices] if notices else []),
        heading("What to do"),
        _advice(verification, folder),
    )


def _headline(verification: Verification) -> RenderableType:
    if verification.ok and verification.unchecked:
        number = f"{verification.unchecked:,} of {plural(verification.records, 'record')}"
        sentence = f"{number} could not be checked; the others are intact."
        return banner("NOT ALL CHECKED", sentence, "yellow")
    if verification.ok:
        return banner("WHOLE", f"{plural(verification.records, 'record')}, none changed or missing.", "green")
    if verification.only_appended:
        sentence = f"Bytes that are not a record follow the last of {plural(verification.records, 'record')}."
        return banner("APPENDED BYTES", sentence, "red")
    return banner("BROKEN", "The record was changed after it was written.", "red")


def _facts(verification: Verification, folder: str) -> Iterator[tuple[str, str]]:
    yield "folder", escape_for_display(folder, SENTENCE_LIMIT)
    yield "good", f"{plural(verification.records, 'record')} from the beginning"
    if verification.first_bad:
        bad = verification.first_bad
        yield (
            "first bad",
            (
                f"{escape_for_display(bad.file, CELL_LIMIT)}, line {bad.line:,}, record {bad.seq:,}: "
                f"{escape_for_display(bad.reason, SENTENCE_LIMIT)}"
            ),
        )
    yield "head", escape_for_display(verification.head_problem, SENTENCE_LIMIT) or "matches the record"


def _advice(verification: Verification, folder: str) -> RenderableType:
    if verification.ok and verification.unchecked:
        return note("Set audit_key to the key that seals these records, then verify again.")
    if verification.ok:
        return note("Nothing. To detect a record that was rewritten as a whole, keep copies of audit.head elsewhere.")
    if verification.only_appended:
        return note("Find out what appended them, such as an editor. The records are intact, and the next run goes on.")
    trusted = (
        f"trust only the records up to number {verification.records:,}"
        if verification.records
        else "trust no record in it"
    )
    aside = escape_for_display(f"{PurePath(folder).name}.broken", CELL_LIMIT)
    steps = (
        "Copy the folder before anything else writes to it.",
        f"Compare it with a backup, and find out what changed it; {trusted}.",
        f"Then rename it, for example to {aside}; the next run starts a new record.",
    )
    return pairs((f"{number}.", step) for number, step in enumerate(steps, start=1))
