"""What each form of a run's report tells, said once: a headline, facts as label and value, and lists.

It is made from the record alone, which names the changes that were sent to Studio and those of people who had drifted;
of any others it has the number.
All texts that leave this module went through `escape_for_display`; a form adds only its own escaping.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from rolesync.model.run_report import RunChange, RunDecision, RunReport
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.plan_rows import SIGNS, drift_rows
from rolesync.report.content.plan_summary import Headline, approval_text, drift_text, format_time
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, person, plural, row_text

MEANINGS = {
    OutcomeStatus.FAILED: "Failed",
    OutcomeStatus.UNKNOWN: "Not known whether Studio did these",
    OutcomeStatus.DRIFTED: "Drifted, so left as they are",
    OutcomeStatus.DONE: "Done",
}
"""The outcomes of changes that the record names, in the order in which they matter."""

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


class Section(NamedTuple):
    """A list under a title, each row with a text for each column."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def run_headline(told: RunReport) -> Headline:
    """Say what this run came to."""
    status = told.summary.status
    word = _WORDS.get(status, escape_for_display(status, CELL_LIMIT).upper())
    if status not in _SENT:
        return Headline(word, f"{_asked(told)} planned; nothing was written.")
    done = f"{told.counts.get(OutcomeStatus.DONE, 0):,} of {plural(_number(told), 'change')} done"
    return Headline(word, f"{done}; {_proven(told)}.")


def run_facts(told: RunReport) -> list[tuple[str, str]]:
    """List what the run was and what it came to, as label and value."""
    run = told.summary
    sent = run.status in _SENT
    began = ("began" if sent else "made", _time(run.started_at))
    listed = (
        ("takes back", f"run {escape_for_display(told.undoes, CELL_LIMIT)}")
        if told.undoes
        else ("list", _cell(run.source))
    )
    optional = [
        ("ended", _time(run.finished_at) if run.finished_at else "the record has no end of it") if sent else None,
        ("asked", _asked(told)),
        ("held", f"{plural(told.held, 'row')}, so not done" if told.held else "nothing")
        if told.held is not None
        else None,
        ("outcomes", _counts(told)) if sent else None,
        ("not named", _left_out(told)) if sent and _left_out(told) else None,
        ("proof", _proven(told)) if sent else None,
        ("guards passed once", _cell(", ".join(told.overridden))) if told.overridden else None,
        ("guards that warned", _cell(", ".join(told.warned))) if told.warned else None,
        ("stopped", escape_for_display(told.stopped, SENTENCE_LIMIT)) if told.stopped else None,
    ]
    by = f" by {_cell(told.planned_by)}" if told.planned_by else ""
    by += f" in run {_cell(told.plan_run_id)}" if told.plan_run_id not in {"", run.run_id} else ""
    kinds = ", ".join(f"{_cell(kind)} {number:,}" for kind, number in told.requests.items())
    return [
        ("run", _cell(run.run_id)),
        ("command", _cell(told.command)),
        ("run by", _cell(run.operator) or "not known"),
        ("account", _cell(told.account)),
        ("plan", f"{_cell(run.plan_digest)}{by and f', made{by}'}"),
        listed,
        *([("approved", approval_text(told.approval))] if told.approval else []),
        began,
        *(fact for fact in optional if fact),
        ("drift before", drift_text(told.drift)),
        ("requests", f"{sum(told.requests.values()):,} made" + (f" ({kinds})" if kinds else "")),
    ]


def run_sections(told: RunReport) -> Iterator[Section]:
    """Yield the lists of a run, those first that somebody has to look at; none that is empty."""
    if told.proof and told.proof.differences:
        differences = [(escape_for_display(one, SENTENCE_LIMIT),) for one in told.proof.differences]
        yield Section("Live differs from the plan", ("difference",), differences)
    for status, meaning in MEANINGS.items():
        if status is OutcomeStatus.DONE:
            yield from _decided(told)
        chosen = [change for change in told.changes if change.outcome == status]
        if chosen:
            columns = ("change", "person", "roles before", "roles after", "what happened", "row")
            yield _without_empty(Section(f"{meaning} ({len(chosen):,})", columns, list(map(_change, chosen))))
    if told.proof and told.proof.holders:
        holders = [(_cell(role), f"{number:,}") for role, number in told.proof.holders.items()]
        yield Section("Holders by the read that followed", ("role", "holders"), holders)
    if len(told.drift.changes):
        others = [(f"{_sign(row.action)} {row.role}", row.person) for row in drift_rows(told.drift)]
        yield Section("Changed outside rolesync before", ("was", "person"), others)


def roles_text(names: tuple[str, ...] | None, limit: int = CELL_LIMIT) -> str:
    """List roles; `no role` for none, and nothing where nobody knows."""
    return "" if names is None else escape_for_display(", ".join(names), limit) or "no role"


def _without_empty(section: Section) -> Section:
    """Leave out the columns that nothing stands in."""
    used = [at for at, cells in enumerate(zip(*section.rows, strict=True)) if any(cells)]
    rows = [tuple(row[at] for at in used) for row in section.rows]
    return Section(section.title, tuple(section.columns[at] for at in used), rows)


def _change(change: RunChange) -> tuple[str, ...]:
    return (
        f"{_sign(change.action)} {_cell(change.role)}",
        person("", change.email, change.user_id),
        roles_text(change.before),
        roles_text(change.after),
        escape_for_display(change.detail, SENTENCE_LIMIT),
        row_text(change.row),
    )


def _decided(told: RunReport) -> Iterator[Section]:
    for title, decisions in (
        ("Taken out by the reviewer, so not done", told.excluded),
        ("Held, and let through by the reviewer", told.released),
    ):
        if decisions:
            rows = list(map(_decision, decisions))
            yield _without_empty(Section(f"{title} ({len(rows):,})", ("change", "person", "reason"), rows))


def _decision(one: RunDecision) -> tuple[str, ...]:
    change = f"{_sign(one.action)} {_cell(one.role)}"
    return change, person("", one.email, one.user_id), escape_for_display(one.reason, SENTENCE_LIMIT)


def _sign(action: str) -> str:
    return f"{SIGNS.get(action, '?')} {_cell(action)}"


def _number(told: RunReport) -> int:
    return told.summary.counts.get("additions", 0) + told.summary.counts.get("removals", 0)


def _asked(told: RunReport) -> str:
    counts = told.summary.counts
    return f"{plural(counts.get('removals', 0), 'removal')}, {plural(counts.get('additions', 0), 'addition')}"


def _counts(told: RunReport) -> str:
    named = [f"{_cell(name).replace('_', ' ')} {number:,}" for name, number in told.counts.items() if number]
    return ", ".join(named) or "none yet"


def _left_out(told: RunReport) -> str:
    """Say how many changes the record doesn't name, because this run didn't send them."""
    missing = _number(told) - len(told.changes)
    return f"{plural(missing, 'change')} that this run didn't send; the plan names them" if missing > 0 else ""


def _proven(told: RunReport) -> str:
    if told.proof is None:
        return "Studio was not read again, so nothing is proven"
    return "live equals the plan" if told.proof.proven else "live differs from the plan"


def _time(text: str) -> str:
    try:
        return format_time(datetime.fromisoformat(text))
    except ValueError:
        return _cell(text)


def _cell(text: str) -> str:
    return escape_for_display(text, CELL_LIMIT)
