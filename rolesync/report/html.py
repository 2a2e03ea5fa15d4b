"""A plan, or a run, as one page that needs nothing but itself: to open, mail, attach or print."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rolesync.errors import UsageError
from rolesync.model import Action, Plan, VerdictStatus
from rolesync.report.facts import (
    change_rows,
    drift_rows,
    drift_text,
    finding_rows,
    guard_rows,
    headline,
    held_rows,
    level_counts,
    next_step,
    requests_rows,
    summary,
)
from rolesync.report.text import CELL_LIMIT, safe
from rolesync.report.told import told_facts, told_headline, told_sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template

    from rolesync.recorded import Told


def plan_html(plan: Plan) -> str:
    """Render a plan as a whole HTML document: inline styles, no script, no network; write it as UTF-8.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    template = _template("plan.html")
    from markupsafe import escape  # noqa: PLC0415  # comes with Jinja2

    sentence, command = next_step(plan)
    return template.render(
        status=plan.status,
        headline=headline(plan),
        summary=[*summary(plan), *requests_rows(plan.requests), ("digest", safe(plan.digest, CELL_LIMIT))],
        roles=[(safe(role.role, CELL_LIMIT), role) for role in plan.roles],
        guards=guard_rows(plan),
        blocks=VerdictStatus.BLOCK.value,
        removals=_changes(plan, Action.REMOVE, escape),
        additions=_changes(plan, Action.ADD, escape),
        held=list(held_rows(plan)),
        drift=list(drift_rows(plan.drift)),
        drift_text=drift_text(plan.drift),
        findings=list(finding_rows(plan.findings)),
        levels=level_counts(plan.findings),
        next_step=sentence,
        command=" \\\n  ".join(command),
    )


def told_html(told: Told) -> str:
    """Render a past run likewise.

    Raises:
        UsageError: as for a plan.
    """
    tones = {"complete": "good", "planned": "calm", "empty": "calm"}
    return _template("run.html").render(
        headline=told_headline(told),
        tone=tones.get(told.summary.status, "bad"),
        facts=told_facts(told),
        sections=list(told_sections(told)),
    )


def _template(name: str) -> Template:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        message = "An HTML page can't be written, because Jinja2 is not installed."
        raise UsageError(message, hint="pip install 'rolesync[html]'") from error
    environment = Environment(
        loader=PackageLoader("rolesync.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _changes(plan: Plan, action: Action, escape: Callable[[str], str]) -> list[tuple[str | int, ...]]:
    """List the cells of the changes of one kind; of what many rows share, each text is escaped once."""
    once = cache(escape)
    return [
        (row.name, row.email, row.user_id, once(row.role), once(row.sentence), once(row.before), row.row, row.impact)
        for row in change_rows(plan, action)
    ]
