"""An access review as one HTML file that loads nothing else and has no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.report.content.text import CELL_LIMIT, escape_for_display
from rolesync.report.content.who import who_facts, who_headline, who_tables
from rolesync.report.html.tables import page_table
from rolesync.report.html.template import load_template, read_template, security_policy

if TYPE_CHECKING:
    from rolesync.model.who import AccessReview


def who_html(review: AccessReview) -> str:
    """Render an access review as an HTML document; write it as UTF-8.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    template = load_template("run.html")
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    style = read_template("plan.css")
    return template.render(
        what="access review",
        account=escape_for_display(review.account, CELL_LIMIT),
        policy=security_policy(style),
        style=Markup(style),  # noqa: S704  # this package's own
        headline=who_headline(review),
        tone="bad" if review.broken else "calm",
        facts=list(who_facts(review)),
        tables=[page_table(table) for table in who_tables(review) if table.size],
    )
