"""The pages of a fleet: a night to read, and the review of a night, which works only while it is served."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rolesync.report.content.fleet import (
    attention_title,
    changes_sentence,
    durations,
    night_count_rows,
    night_tables,
    night_title,
    verdict_rows,
)
from rolesync.report.content.fleet_review import review_counts, review_rows, review_title, unchanged_names
from rolesync.report.content.plan_summary import format_time
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.html.tables import page_table
from rolesync.report.html.template import load_template, read_template, security_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.model.fleet import FleetVerdict, Night
    from rolesync.model.fleet_review import ReviewedAccount

_TONES = {"COMPLETE": "ready", "INCOMPLETE": "open", "BLOCKED": "blocked", "STOPPED": "blocked"}


def night_html(night: Night, command: str = "") -> str:
    """Render a run over a fleet as an HTML document that loads nothing; write it as UTF-8.

    Args:
        night: the run.
        command: the next command; "" for none.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    template = load_template("fleet.html")
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    style, word = read_template("plan.css") + read_template("fleet.css"), night_title(night)
    accounts = plural(len(night.results), "account")
    return template.render(
        fleet=escape_for_display(night.fleet, CELL_LIMIT),
        title=f"rolesync fleet {night.fleet}: {word}",
        policy=security_policy(style),
        style=Markup(style),  # noqa: S704  # this package's own
        word=word,
        tone=_TONES[word],
        attention=attention_title(night),
        sentence=" · ".join(filter(None, [accounts, changes_sentence(night), *durations(night)])),
        stopped=escape_for_display(night.stopped, SENTENCE_LIMIT),
        verdicts=verdict_rows(night.verdicts),
        counts=night_count_rows(night),
        command=escape_for_display(command, SENTENCE_LIMIT),
        tables=[page_table(table) for table in night_tables(night) if table.size],
        facts=[
            ("run", escape_for_display(night.run, CELL_LIMIT)),
            ("command", f"rolesync fleet {escape_for_display(night.command, CELL_LIMIT)}"),
            ("began", _time(night.started_at) if night.started_at else ""),
            ("ended", _time(night.finished_at) if night.finished_at else "it has not ended, or its process died"),
        ],
    )


def _time(time: str) -> str:
    return format_time(datetime.fromisoformat(time))


def fleet_review_html(
    fleet: str, accounts: Sequence[ReviewedAccount], verdicts: Sequence[FleetVerdict], command: str
) -> str:
    """Render the page of a review, which works only while `rolesync fleet review` serves it.

    Args:
        fleet: the name of the fleet.
        accounts: its accounts, in the order of the fleet file.
        verdicts: the guards of the fleet that block.
        command: what applies the night.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    template = load_template("fleet-review.html")
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja2

    style, script = read_template("plan.css") + read_template("fleet.css"), read_template("fleet-review.js")
    return template.render(
        fleet=escape_for_display(fleet, CELL_LIMIT),
        title="rolesync fleet review",
        policy=security_policy(style, [script], connects=True),
        style=Markup(style),  # noqa: S704  # this package's own
        script=Markup(script),  # noqa: S704  # this package's own
        word=review_title(accounts),
        counts=review_counts(accounts),
        verdicts=verdict_rows(verdicts),
        rows=review_rows(accounts),
        unchanged=unchanged_names(accounts),
        removals=sum(account.result.plan.removals for account in accounts if account.result.plan),
        additions=sum(account.result.plan.additions for account in accounts if account.result.plan),
        command=command,
    )
