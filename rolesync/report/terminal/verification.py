"""What `audit verify` found, in the terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.report.facts import SENTENCE_LIMIT
from rolesync.report.terminal.pieces import banner, heading, note, pairs
from rolesync.report.text import plural, safe


def verification_view(found: Mapping[str, Any], folder: Path) -> RenderableType:
    """Show whether a record is whole and untouched.

    Args:
        found: the fields of an `audit.Verification`: `records`, `first_bad` (None or `line`, `seq`, `reason`),
            `head_problem` ("" for none) and `notices` (sentences).
        folder: where the record is.
    """
    bad, head = found["first_bad"], found["head_problem"]
    whole = plural(found["records"], "record")
    if bad or head:
        title = banner(
            "BROKEN", "This is not the record that was written. Keep the folder as it is, and ask why.", "red"
        )
    else:
        title = banner("WHOLE", f"{whole}, each as it was written.", "green")
    facts = [("folder", safe(str(folder), SENTENCE_LIMIT)), ("good", f"{whole} from the beginning")]
    if bad:
        facts.append(("broken", f"line {bad['line']}, record {bad['seq']}: {safe(bad['reason'], SENTENCE_LIMIT)}"))
    if head:
        facts.append(("head", safe(head, SENTENCE_LIMIT)))
    notices = [note(safe(notice, SENTENCE_LIMIT)) for notice in found["notices"]]
    return Group(pairs(facts), Text(), title, *([heading("Worth knowing, but no fault"), *notices] if notices else []))
