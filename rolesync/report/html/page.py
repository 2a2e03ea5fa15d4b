"""A plan or a run as one HTML file that loads nothing else: to open, search, mail, attach or print.

Without JavaScript, the page of a plan shows the first rows of each table; its script replaces them by a list of all.
The page's security policy names its scripts and styles by hash, so that no text of a plan can act as either.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.planner.approval import LONGEST_NAME
from rolesync.report.content.plan_summary import headline, next_step, number_of, requests_rows, summary
from rolesync.report.content.plan_tables import guards_table, left_without_role, roles_table
from rolesync.report.content.run_summary import run_content
from rolesync.report.content.table import NO_ROLE, TAGS
from rolesync.report.content.text import CELL_LIMIT, escape_for_display
from rolesync.report.html.tables import LastChanges, page_table, plan_page_tables, script_json

if TYPE_CHECKING:
    from jinja2 import Template

    from rolesync.model.plans import Plan, RoleCount
    from rolesync.model.run_report import RunReport

WITHOUT_SCRIPT = 500
"""Rows of each table in the HTML itself, for readers without JavaScript."""

PICTURE = 1000
"""Units of a bar's whole length."""

_VISIBLE = 6
"""Units of the shortest bar, so that one user among very many stays visible."""


def plan_html(plan: Plan, last_changes: LastChanges | None = None) -> str:
    """Render a plan as an HTML document; write it as UTF-8.

    Args:
        plan: the plan.
        last_changes: by user id, the changes of the last run that changed this user; None if the record was not read.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    sentence, command = next_step(plan)
    return _page("plan.html", "plan", plan, plan, last_changes, next_step=sentence, command=" \\\n  ".join(command))


def review_html(plan: Plan, decided: Plan, draft: object, last_changes: LastChanges | None = None) -> str:
    """Render the page of a review, which works only while `rolesync review` serves it.

    Args:
        plan: the plan under review; its rows are decided on.
        decided: the plan with the decisions so far.
        draft: the decisions so far, as JSON for the page's script.
        last_changes: as for `plan_html`.

    Raises:
        UsageError: as for a plan.
    """
    return _page("review.html", "review", plan, decided, last_changes, draft=draft, longest_name=LONGEST_NAME)


def overview_html(decided: Plan, plan: Plan) -> str:
    """Render the summary above the tables of a review's page, for the plan with the decisions so far."""
    return _template("fragment.html").render(**_overview(decided, plan))


def _page(name: str, what: str, plan: Plan, decided: Plan, last_changes: LastChanges | None, **values: object) -> str:
    template = _template(name)
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    tables, style, scripts = (
        plan_page_tables(plan, last_changes),
        _read_template("plan.css"),
        [_read_template("plan.js")],
    )
    connect = ""
    if "draft" in values:
        style, scripts = style + _read_template("review.css"), [*scripts, _read_template("review.js")]
        connect = "connect-src 'self'; "
        values["draft"] = Markup(script_json(values["draft"]))  # noqa: S704  # escaped for a script element
    return template.render(
        what=what,
        policy=f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src {_hash(style)}; {connect}"
        "base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704  # this package's own
        scripts=[Markup(script) for script in scripts],  # noqa: S704  # this package's own
        data=Markup(script_json([table.data for table in tables])),  # noqa: S704  # escaped for a script element
        tables={table.key: table for table in tables},
        most=WITHOUT_SCRIPT,
        **_overview(decided, plan),
        **values,
    )


def _overview(decided: Plan, plan: Plan) -> dict[str, Any]:
    """Return the values of the summary above the tables, with links to the sections of the plan that have rows."""
    return {
        "status": decided.status,
        "headline": headline(decided),
        "summary": [
            *summary(decided),
            *requests_rows(decided.requests),
            ("digest", escape_for_display(decided.digest, CELL_LIMIT)),
        ],
        "roles": page_table(roles_table(decided)),
        "bars": [_bar(role) for role in decided.roles],
        "picture": PICTURE,
        "guards": page_table(guards_table(decided)),
        "blocks": sum(1 for verdict in decided.verdicts if verdict.status is VerdictStatus.BLOCK),
        "removals": number_of(decided, Action.REMOVE),
        "additions": number_of(decided, Action.ADD),
        "held": len(decided.held),
        "findings": len(decided.findings),
        "without_role": left_without_role(decided),
        "sections": {key for key, rows in (("changes", plan.changes), ("held", plan.held)) if len(rows)},
    }


def run_html(report: RunReport) -> str:
    """Render a past run as an HTML document.

    Raises:
        UsageError: as for a plan.
    """
    template = _template("run.html")
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    style, content = _read_template("run.css"), run_content(report)
    return template.render(
        what="run",
        policy=f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704  # this package's own
        headline=content.headline,
        tone={"complete": "good", "planned": "calm", "empty": "calm"}.get(content.status, "bad"),
        facts=content.facts,
        tables=[page_table(table) for table in content.tables],
    )


def _template(name: str) -> Template:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        message = "An HTML page can't be written, because Jinja2 is not installed."
        raise UsageError(message, hint=install_command("html")) from error
    environment = Environment(
        loader=PackageLoader("rolesync.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"tags": TAGS, "no_role": NO_ROLE}
    return environment.get_template(name)


def _read_template(name: str) -> str:
    return (files("rolesync.report.html") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression of an inline script or style for a Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


def _bar(role: RoleCount) -> dict[str, int | str]:
    """Measure the parts of a role's two bars, in units; the longer bar has the whole length."""
    whole = max(role.before, role.after, 1)

    def units(holders: int) -> int:
        return max(_VISIBLE, round(holders * PICTURE / whole)) if holders > 0 else 0

    kept = units(role.before - role.removals)
    if kept:
        kept = min(kept, PICTURE - _VISIBLE * bool(role.removals or role.additions))
    most = PICTURE - kept
    label = f"Before {role.before:,}, after {role.after:,}"
    return {
        "label": label,
        "kept": kept,
        "removed": min(units(role.removals), most),
        "added": min(units(role.additions), most),
    }
