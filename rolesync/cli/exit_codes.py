"""The exit codes of all commands: what they mean, and which code a run gets."""

from typing import TYPE_CHECKING

from rolesync.errors import Exit

if TYPE_CHECKING:
    from rolesync.model.runs import Run

EXIT_CODES = {
    Exit.DONE: "done (for plan: planned)",
    Exit.UNEXPECTED: "unexpected failure",
    Exit.PENDING: "changes (--detailed-exitcode only)",
    Exit.INPUT_REFUSED: "the input was refused",
    Exit.BLOCKED: "blocked by a guard or a digest",
    Exit.INCOMPLETE: "incomplete: failed or not verified",
    Exit.STUDIO: "Studio refused or can't be reached",
    Exit.LOCKED: "another run holds the lock",
    Exit.USAGE: "wrong usage",
    Exit.INTERRUPTED: "interrupted (143 by SIGTERM)",
}
"""What each exit code means, for every command; short enough for two columns."""


def exit_code_of(run: "Run") -> Exit:
    """Choose the exit code of a run: 0 if complete, 6 if Studio stopped it before all changes were done, else 5."""
    if run.complete:
        return Exit.DONE
    all_done = (run.outcomes["outcome"] == "done").all()
    return Exit.STUDIO if run.stopped and not all_done else Exit.INCOMPLETE
