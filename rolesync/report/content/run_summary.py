"""A run in words and tables: headline, facts as label and value, tables.

A run that has just ended and a past run from the record get the same description; the record has more facts.
All texts are already escaped by `escape_for_display`; a form adds only its own escaping.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rolesync.model.live import Requests
from rolesync.model.run_report import RunReport, RunSummary
from rolesync.model.runs import Run, counts
from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.report.content.plan_summary import Headline, approval_text, drift_text, format_time, requests_text
from rolesync.report.content.run_tables import fresh_tables, past_tables
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, list_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rolesync.report.content.table import Table

_WORDS = {
    "complete": "COMPLETE",
    "incomplete": "INCOMPLETE",
    "interrupted": "INTERRUPTED",
    "open": "NOT ENDED",
    "planned": "PLANNED",
    "blocked": "BLOCKED",
    "empty": "NOTHING TO DO",
}
_SENT = {"complete", "incomplete", "interrupted", "open"}  # statuses of runs that have begun


@dataclass(frozen=True)
class RunContent:
    """A run for people; `status` is that of its `RunSummary`. `tables` are those that have rows."""

    status: str
    headline: Headline
    facts: list[tuple[str, str]]
    tables: list[Table]


def run_content(run: Run | RunReport, command: str = "") -> RunContent:
    """Describe a run that has just ended, or a past one.

    `command` plans the remaining changes; "" to leave out this advice.
    """
    fresh = isinstance(run, Run)
    report, tables = (_report(run), fresh_tables(run)) if isinstance(run, Run) else (run, past_tables(run))
    head = run_headline(report)
    if command and not report.complete:
        head = Headline(head.word, f"{head.sentence} Plan the remaining changes: {escape_for_display(command)}")
    facts = [(label, value) for label, value in _facts(report, fresh=fresh) if value]
    return RunContent(report.summary.status, head, facts, [table for table in tables if table.size])


def _report(run: Run) -> RunReport:
    """Return the facts of a run that has just ended, without its changes."""
    removals = int((run.outcomes["action"] == Action.REMOVE.value).sum())
    planned = {"additions": len(run.outcomes) - removals, "removals": removals}
    times = (run.started_at.isoformat(), run.finished_at.isoformat())
    status = "complete" if run.complete else "incomplete"
    return RunReport(
        summary=RunSummary(run.run_id, "apply", *times, status, run.plan_digest, "", planned),
        command="",
        account=run.account,
        undoes="",
        held=run.held,
        plan_run_id="",
        overridden=(),
        warned=(),
        changes=(),
        counts=counts(run.outcomes),
        proof=run.proof,
        drift=run.drift,
        requests=run.requests.by_kind,
        stopped=run.stopped,
        approval=run.approval,
        already_applied=run.already_applied,
        done_before=len(run.done_before),
    )


def run_headline(report: RunReport) -> Headline:
    """Return how a run ended: a word, and the number of changes done with the proof."""
    status = report.summary.status
    word = _WORDS.get(status, escape_for_display(status, CELL_LIMIT).upper())
    if status not in _SENT:
        return Headline(word, f"{_planned(report)} planned; nothing was written.")
    if report.already_applied:
        sent = f"Already applied by run {_cell(report.already_applied)}; sent 0"
        drifted = report.counts.get(OutcomeStatus.DRIFTED, 0)
        since = f", and {plural(drifted, 'change')} drifted since" if drifted else ""
        return Headline(word, f"{sent}{since}; {_proven(report)}.")
    done = report.counts.get(OutcomeStatus.DONE, 0) - report.done_before
    done_before = f", {report.done_before:,} done before" if report.done_before else ""
    return Headline(word, f"{done:,} of {plural(_number(report), 'change')} done{done_before}; {_proven(report)}.")


def _facts(report: RunReport, *, fresh: bool) -> Iterator[tuple[str, str]]:
    """Yield what the run was and how it ended, as label and value; the value is "" if it has none."""
    run, was_sent = report.summary, report.summary.status in _SENT
    by = f" by {_cell(report.planned_by)}" if report.planned_by else ""
    by += f" in run {_cell(report.plan_run_id)}" if report.plan_run_id not in {"", run.run_id} else ""
    yield "run", _cell(run.run_id)
    yield "command", _cell(report.command)
    yield "run by", _cell(run.operator) or ("" if fresh else "unknown")
    yield "account", _cell(report.account)
    yield "plan", f"{_cell(run.plan_digest)}{by and f', created{by}'}"
    if report.undoes:
        yield "undoes", f"run {_cell(report.undoes)}"
    else:
        yield "list", list_text(run.source)
    yield "approved", approval_text(report.approval) if report.approval else ""
    yield "started" if was_sent else "created", _time(run.started_at)
    if was_sent:
        yield "ended", _time(run.finished_at) if run.finished_at else "not recorded"
    yield "planned", _planned(report)
    if report.held is not None:
        yield "held", plural(report.held, "row") if report.held else "nothing"
    if was_sent:
        yield "outcomes", outcome_counts(report.counts) if _number(report) else "no changes to send"
        yield "not listed", "" if fresh else _unnamed(report)
        yield "proof", _proven(report)
    yield "guards overridden", _cell(", ".join(report.overridden))
    yield "guards that warned", _cell(", ".join(report.warned))
    yield "stopped", escape_for_display(report.stopped, SENTENCE_LIMIT)
    yield "drift before", drift_text(report.drift)
    yield "requests", requests_text(Requests(report.requests))


def _number(report: RunReport) -> int:
    return report.summary.counts.get("additions", 0) + report.summary.counts.get("removals", 0)


def _planned(report: RunReport) -> str:
    counts = report.summary.counts
    return f"{plural(counts.get('removals', 0), 'removal')}, {plural(counts.get('additions', 0), 'addition')}"


def outcome_counts(numbers: Mapping[str, int]) -> str:
    """List how many changes have each outcome, as in `done 2, failed 1`."""
    counts = [f"{_cell(name).replace('_', ' ')} {number:,}" for name, number in numbers.items() if number]
    return ", ".join(counts) or "none yet"


def _unnamed(report: RunReport) -> str:
    """Count the changes that the record doesn't list, because this run didn't send them."""
    missing = _number(report) - len(report.changes)
    return f"{plural(missing, 'change')} that this run did not send; the plan lists them" if missing > 0 else ""


def _proven(report: RunReport) -> str:
    if report.proof is None:
        return "Studio was not read again, so nothing is proven"
    held = f"; {plural(report.held, 'row')} held" if report.held else ""
    if not report.proof.proven:
        return "live differs from the plan"
    is_whole = report.counts.get(OutcomeStatus.DONE, 0) == sum(report.counts.values())
    return f"live equals the plan{held}" if is_whole else f"live shows what was done{held}"


def _time(text: str) -> str:
    try:
        return format_time(datetime.fromisoformat(text))
    except ValueError:
        return _cell(text)


def _cell(text: str) -> str:
    return escape_for_display(text, CELL_LIMIT)
