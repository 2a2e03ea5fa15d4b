"""The exit codes of every command: what they mean, and which of them a run deserves."""

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

130 interrupted (143 where SIGTERM did it)"""


def exit_code_of(run: "Run") -> Exit:
    """Say by the exit code how a run ended."""
    if run.complete:
        return Exit.DONE
    sent = (run.outcomes["outcome"] == "done").all()
    return Exit.STUDIO if run.stopped and not sent else Exit.INCOMPLETE
