"""The exit codes of all commands: what they mean, and which code a run gets."""

from typing import TYPE_CHECKING

from rolesync.errors import Exit

if TYPE_CHECKING:
    from rolesync.model.runs import Run

EXIT_CODES = """Exit codes, the same for every command:

0 done (for plan: planned)

1 unexpected failure

2 changes are pending (plan --detailed-exitcode only)

3 the input was refused

4 blocked by a guard or a digest

5 incomplete: some actions failed, drifted or could not be verified

6 Studio refused or could not be reached

7 another run holds the lock

64 wrong usage

130 interrupted (143 by SIGTERM)"""


def exit_code_of(run: "Run") -> Exit:
    """Choose the exit code of a run: 0 if complete, 6 if Studio stopped it before all changes were done, else 5."""
    if run.complete:
        return Exit.DONE
    all_done = (run.outcomes["outcome"] == "done").all()
    return Exit.STUDIO if run.stopped and not all_done else Exit.INCOMPLETE
