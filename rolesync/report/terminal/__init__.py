"""Everything that a person sees in a terminal, as rich renderables for `cli` to print.

Signs and words carry the meaning, colour only helps; nothing is ever read as rich markup.
"""

from rolesync.report.terminal.checks import checks_view
from rolesync.report.terminal.explain import explanation_view
from rolesync.report.terminal.history import record_view, runs_view
from rolesync.report.terminal.plan import plan_view
from rolesync.report.terminal.rehearsal import rehearsal_view
from rolesync.report.terminal.run import run_view
from rolesync.report.terminal.told import told_view
from rolesync.report.terminal.validation import desired_view
from rolesync.report.terminal.verification import verification_view

__all__ = [
    "checks_view",
    "desired_view",
    "explanation_view",
    "plan_view",
    "record_view",
    "rehearsal_view",
    "run_view",
    "runs_view",
    "told_view",
    "verification_view",
]
