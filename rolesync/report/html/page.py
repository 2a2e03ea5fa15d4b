"""A plan or a run as one HTML file that loads nothing else: to open, search, mail, attach or print.

Without JavaScript, the page of a plan shows the first rows of each table; its script replaces them by a list of all.
The page's security policy names its scripts and styles by hash, so that no text of a plan can act as either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.approval import LONGEST_NAME
from rolesync.report.content.impact import impact_glance_total
from rolesync.report.content.outliers import outliers
from rolesync.report.content.plan_rows import guard_rows
from rolesync.report.content.plan_summary import (
    SHORT_DIGEST,
    UNNAMED_PLAN,
    NextCommands,
    approval_text,
    format_time,
    headline,
    level_counts,
    next_step,
    removals_waiting,
    requests_rows,
    summary,
    totals,
)
from rolesync.report.content.plan_tables import guards_table
from rolesync.report.content.run_summary import run_content
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, list_text, plural
from rolesync.report.html.findings import finding_kinds
from rolesync.report.html.role_cards import PICTURE, role_card
from rolesync.report.html.tables import LastChanges, PageTable, page_table, plan_page_tables, script_json
from rolesync.report.html.template import load_template, read_template, security_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rolesync.model.plans import Plan
    from rolesync.model.run_report import RunReport

WITHOUT_SCRIPT = 500
"""Rows of each table in the HTML itself, for readers without JavaScript."""

_SCRIPTS = ("groups.js", "plan.js", "address.js")

_FOLDERS = re.compile(r".*[/\\](?=[^/\\])", re.DOTALL)  # the facts at the end of the page name them

_BADGES = {"ready": "READY", "blocked": "BLOCKED", "approved": "APPROVED", "empty": "NOTHING TO DO"}
_PARTS = {
    "changes": "Changes",
    "held": "Held",
    "drift": "Changed outside rolesync",
    "guards": "Guards",
    "about": "About this plan",
}
_GUARD_WORDS = {VerdictStatus.BLOCK: "block", VerdictStatus.WARN: "to check", VerdictStatus.PASS: "passed"}


def plan_html(
    plan: Plan,
    last_changes: LastChanges | None = None,
    parent: str = "",
    commands: NextCommands = UNNAMED_PLAN,
) -> str:
    """Render a plan as an HTML document; write it as UTF-8.

    Args:
        plan: the plan.
        last_changes: by user id, the changes of the last run that changed this user; None if the record was not read.
        parent: the name of the page that this one belongs to and links to; "" for none.
        commands: the commands of the next steps.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    sentence, command = next_step(plan, commands)
    values = {
        "next_step": sentence,
        "command": " \\\n  ".join(command),
        "parent": escape_for_display(parent, CELL_LIMIT),
    }
    return _page("plan.html", "plan", plan, plan, last_changes, **values)


def review_html(
    plan: Plan, decided: Plan, draft: object, last_changes: LastChanges | None = None, parent: str = ""
) -> str:
    """Render the page of a review, which works only while `rolesync review` serves it.

    Args:
        plan: the plan under review; its rows are decided on.
        decided: the plan with the decisions so far.
        draft: the decisions so far, as JSON for the page's script.
        last_changes: as for `plan_html`.
        parent: the name of the page that this one belongs to and links to; "" for none.

    Raises:
        UsageError: as for a plan.
    """
    values: dict[str, object] = {
        "draft": draft,
        "longest_name": LONGEST_NAME,
        "parent": escape_for_display(parent, CELL_LIMIT),
    }
    return _page("review.html", "review", plan, decided, last_changes, **values)


def overview_html(decided: Plan) -> str:
    """Render the summary above the tables of a review's page, for the plan with the decisions so far."""
    return load_template("fragment.html").render(**_overview(decided))


def _page(name: str, what: str, plan: Plan, decided: Plan, last_changes: LastChanges | None, **values: object) -> str:
    template = load_template(name)
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    tables, style = plan_page_tables(plan, last_changes), read_template("plan.css")
    scripts = [read_template(script) for script in _SCRIPTS]
    if "draft" in values:
        style += read_template("review.css")
        scripts.append(read_template("review.js"))
        values["draft"] = Markup(script_json(values["draft"]))  # noqa: S704  # escaped for a script element
    return template.render(
        what=what,
        account=escape_for_display(plan.account, CELL_LIMIT),
        parts=_parts(tables, plan),
        kinds=finding_kinds(plan.findings),
        finding_counts=level_counts(plan.findings),
        policy=security_policy(style, scripts, connects="draft" in values),
        style=Markup(style),  # noqa: S704  # this package's own
        scripts=[Markup(script) for script in scripts],  # noqa: S704  # this package's own
        data=Markup(script_json([table.data for table in tables])),  # noqa: S704  # escaped for a script element
        tables={table.key: table for table in tables},
        most=WITHOUT_SCRIPT,
        **_overview(decided),
        **values,
    )


def _overview(decided: Plan) -> dict[str, Any]:
    """Return the values of the summary above and below the tables."""
    guards = guard_rows(decided)
    statuses = [guard.status for guard in guards]
    changing = [role for role in decided.roles if role.additions or role.removals] or decided.roles[:1]
    return {
        "headline": headline(decided),
        "verdict": _verdict(decided),
        "approved": approval_text(decided.approval) if decided.approval else "",
        "blocks": [guard for guard in guards if guard.status == VerdictStatus.BLOCK],
        "warnings": [guard for guard in guards if guard.status == VerdictStatus.WARN],
        "role_cards": [role_card(role) for role in changing],
        "unchanged_roles": ", ".join(
            f"{escape_for_display(role.role, CELL_LIMIT)} {role.before:,}"
            for role in decided.roles
            if role not in changing
        ),
        "picture": PICTURE,
        "outliers": outliers(decided),
        "media": impact_glance_total(decided),
        "guards": page_table(guards_table(decided))._replace(key="guards-table"),
        "guard_counts": ", ".join(
            f"{statuses.count(status):,} {word}"
            for status, word in _GUARD_WORDS.items()
            if statuses.count(status) or status is VerdictStatus.PASS
        ),
        "short_digest": escape_for_display(decided.digest[:SHORT_DIGEST]),
        "requests": f"{decided.requests.total:,}",
        "summary": [
            *summary(decided),
            *requests_rows(decided.requests),
            ("digest", escape_for_display(decided.digest, CELL_LIMIT)),
        ],
    }


def _verdict(plan: Plan) -> dict[str, str]:
    """Return the headline of the page: a title, its badge with a tone, and where the plan comes from."""
    source = plan.source
    origin = (
        f"undo of run {escape_for_display(source.undoes, CELL_LIMIT)}"
        if source.undoes
        else f"{list_text(_FOLDERS.sub('', source.path))}, {plural(source.rows, 'row')}"
    )
    by = f" by {escape_for_display(plan.planned_by, CELL_LIMIT)}" if plan.planned_by else ""
    tone = "approved" if plan.approval and plan.status == "ready" else plan.status
    warned = sum(verdict.status is VerdictStatus.WARN for verdict in plan.verdicts)
    to_check = f"{warned:,} {_GUARD_WORDS[VerdictStatus.WARN]}" if tone == "ready" and warned else ""
    sentence = f"{headline(plan).sentence} " if plan.status == "empty" else ""
    if len(plan.changes) and (waiting := removals_waiting(plan)):
        sentence = f"{plural(waiting, 'removal')} held · "
    return {
        "title": totals(plan) if len(plan.changes) else "No changes",
        "word": f"{_BADGES[tone]}, {to_check}" if to_check else _BADGES[tone],
        "tone": f"{tone} to-check" if to_check else tone,
        "sentence": f"{sentence}{origin} · planned {format_time(plan.created_at)}{by}",
    }


def _parts(tables: Iterable[PageTable], plan: Plan) -> list[dict[str, Any]]:
    """List the parts of the page that the links at its top lead to."""
    parts = [{"key": table.key, "title": _PARTS[table.key], "size": table.size} for table in tables]
    if plan.findings:
        parts.append({"key": "findings", "title": "Findings", "size": len(plan.findings)})
    return [*parts, *({"key": key, "title": _PARTS[key], "size": 0} for key in ("guards", "about"))]


def run_html(report: RunReport) -> str:
    """Render a past run as an HTML document.

    Raises:
        UsageError: as for a plan.
    """
    template = load_template("run.html")
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    style, content = read_template("plan.css"), run_content(report)
    return template.render(
        what="run",
        account=escape_for_display(report.account, CELL_LIMIT),
        policy=security_policy(style),
        style=Markup(style),  # noqa: S704  # this package's own
        headline=content.headline,
        tone={"complete": "good", "planned": "calm", "empty": "calm"}.get(content.status, "bad"),
        facts=content.facts,
        tables=[page_table(table) for table in content.tables],
    )
