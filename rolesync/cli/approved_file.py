"""The file of an approved plan: an earlier approval in it is never replaced silently."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.cli.json_log import log_event
from rolesync.cli.output import save_file
from rolesync.cli.plan_output import plan_text

if TYPE_CHECKING:
    from rolesync.model.plans import Plan


@dataclass
class ApprovedFile:
    """Where a review saves the approved plan.

    Args:
        path: the file; `-` for standard output.
        hint: what to do about an earlier approval of the plan in this file; "" to replace it.
        mode: the mode of a new file.
    """

    path: Path
    hint: str
    mode: int
    _announced: str = field(default="", init=False)

    def check(self, plan: "Plan", hint: str = "") -> None:
        """Refuse a file with an approval of this plan; announce that another approval in it will be replaced.

        Args:
            plan: the plan under review.
            hint: what to do about an approval of this plan, in place of `self.hint`.

        Raises:
            UsageError: the file holds an approval of this plan, or may hold one.
        """
        from rolesync.report.content.text import escape_for_display
        from rolesync.workflows.review import check_not_approved

        if str(self.path) == "-":
            return
        sentence = check_not_approved(plan.digest, self.path, self.hint and (hint or self.hint))
        if sentence and sentence != self._announced:
            message = f"{escape_for_display(sentence)}; this review replaces it"
            if not log_event("warning", message):
                sys.stderr.write(f"{message}\n")
        self._announced = sentence

    def save(self, approved: "Plan", plan: "Plan", hint: str = "") -> None:
        """Save the approved plan, unless another reviewer has approved the plan meanwhile.

        Args:
            approved: the approved plan.
            plan: the plan under review.
            hint: as for `check`.

        Raises:
            UsageError: as in `check`, or the file can't be written.
        """
        self.check(plan, hint)
        save_file(plan_text(approved), self.path, "the approved plan", mode=self.mode)
