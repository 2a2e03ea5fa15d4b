"""What `audit verify` found, in the terminal."""

from collections.abc import Iterator
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.verification import Verification
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import banner, heading, note, pairs


def verification_view(found: Verification, folder: str) -> RenderableType:
    """Show whether a record is whole and untouched, where it isn't, and what to do then.

    Args:
        found: what the check found.
        folder: where the record is, as the user would type it.
    """
    notices = [note(escape_for_display(notice, SENTENCE_LIMIT)) for notice in found.notices]
    return Group(
        pairs(_facts(found, folder)),
        Text(),
        _headline(found),
        *([heading("Worth knowing, but no fault"), *notices] if notices else []),
        heading("What to do"),
        _advice(found, folder),
    )


def _headline(found: Verification) -> RenderableType:
    if found.ok and found.unchecked:
        said = (
            f"whole as far as could be checked; {found.unchecked:,} of {plural(found.records, 'record')} could not be."
        )
        return banner("NOT ALL CHECKED", said, "yellow")
    if found.ok:
        return banner("WHOLE", f"{plural(found.records, 'record')}, each as it was written.", "green")
    return banner("BROKEN", "This is not the record that was written.", "red")


def _facts(found: Verification, folder: str) -> Iterator[tuple[str, str]]:
    yield "folder", escape_for_display(folder, SENTENCE_LIMIT)
    yield "good", f"{plural(found.records, 'record')} from the beginning"
    if found.first_bad:
        bad = found.first_bad
        yield (
            "first bad",
            (
                f"{escape_for_display(bad.file, CELL_LIMIT)}, line {bad.line:,}, record {bad.seq:,}: "
                f"{escape_for_display(bad.reason, SENTENCE_LIMIT)}"
            ),
        )
    yield "head", escape_for_display(found.head_problem, SENTENCE_LIMIT) or "fits the record"


def _advice(found: Verification, folder: str) -> RenderableType:
    if found.ok and found.unchecked:
        return note("Set audit_key to the key that they are sealed with, then verify again.")
    if found.ok:
        return note("Nothing. A copy of audit.head that is kept elsewhere also shows a record that was written anew.")
    trusted = f"the records up to number {found.records:,} can" if found.records else "no record in it can"
    aside = escape_for_display(f"{PurePath(folder).name}.broken", CELL_LIMIT)
    steps = (
        "Copy the folder as it is, before anything else writes to it.",
        f"Hold it against a backup, and find out what changed it: {trusted} be trusted, nothing after that.",
        f"Then rename it, to {aside} for example; the next run begins a new record.",
    )
    return pairs((f"{number}.", step) for number, step in enumerate(steps, start=1))
