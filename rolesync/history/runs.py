"""The history of an account: every dry run and apply in one line, and one run by the beginning of its id.

Functions named `..._before_break` return what comes before the first changed record, and the error that names it.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rolesync.errors import RecordBrokenError, UsageError
from rolesync.history.events import PlanMade, RunEnd, RunEvent, RunStart
from rolesync.history.read import RecordedRun, read_events, read_records, recorded_run
from rolesync.model.run_report import RunSummary

_SHOWN_IDS = 5  # how many ids an error lists


def list_runs(folder: Path, *, key: str = "") -> list[RunSummary]:
    """Summarise every dry run and apply, oldest first.

    A plan and its apply under one id are one apply. Counts by `OutcomeStatus` are there once the run has ended.

    Raises:
        RecordError, RecordBrokenError: as `read_records`.
    """
    summaries, broken = runs_before_break(folder, key=key)
    if broken:
        raise broken
    return summaries


def runs_before_break(folder: Path, *, key: str = "") -> tuple[list[RunSummary], RecordBrokenError | None]:
    """Summarise the runs before the first changed record.

    Raises:
        RecordError: as `read_records`.
    """
    summaries: dict[str, RunSummary] = {}
    try:
        for event in read_events(folder, (PlanMade, RunStart, RunEnd), key=key):
            _add_to_summary(event, summaries)
    except RecordBrokenError as error:
        return list(summaries.values()), error
    return list(summaries.values()), None


def summarise_run(events: Iterable[RunEvent]) -> RunSummary:
    """Summarise one run from its events, among them at least one plan, start or end."""
    summaries: dict[str, RunSummary] = {}
    for event in events:
        _add_to_summary(event, summaries)
    (summary,) = summaries.values()
    return summary


def load_run(folder: Path, run_id: str, *, key: str = "") -> RecordedRun:
    """Read one run, by its id or the beginning of it.

    Raises:
        UsageError: no run, or more than one, begins like that.
        RecordError, RecordBrokenError: as `read_records`.
    """
    run, broken = run_before_break(folder, run_id, key=key)
    if broken:
        raise broken
    return run


def run_before_break(folder: Path, run_id: str, *, key: str = "") -> tuple[RecordedRun, RecordBrokenError | None]:
    """Read the events of one run before the first changed record; raises as `records_before_break`."""
    records, broken = records_before_break(folder, run_id, key=key)
    return recorded_run(records[0]["run"], records, folder), broken


def records_before_break(
    folder: Path, run_id: str, *, key: str = ""
) -> tuple[list[dict[str, Any]], RecordBrokenError | None]:
    """Return a run's records before the first changed record, as JSON objects.

    Raises:
        UsageError: no run, or more than one, begins like that.
        RecordError: as `read_records`.
        RecordBrokenError: no run before the break begins like that; one after it may.
    """
    summaries, broken = runs_before_break(folder, key=key)
    run_ids = [summary.run_id for summary in summaries]
    matches = [run_id] if run_id in run_ids else [run for run in run_ids if run_id and run.startswith(run_id)]
    if not matches and broken:
        raise broken
    if not matches:
        raise UsageError(f"No run begins with {run_id!r}.", hint="`rolesync runs` lists them.")
    if len(matches) > 1:
        some = ", ".join(matches[:_SHOWN_IDS])
        raise UsageError(f"{len(matches):,} runs begin with {run_id!r}: {some} …", hint="give more of the id")
    records: list[dict[str, Any]] = []
    try:
        records.extend(read_records(folder, matches[0], key=key))
    except RecordBrokenError as error:
        return records, error
    return records, None


def _add_to_summary(event: RunEvent, summaries: dict[str, RunSummary]) -> None:
    """Update the summary of the event's run; a run moves to the end when it starts."""
    if isinstance(event, PlanMade):
        summaries.pop(event.run, None)
        summaries[event.run] = _summary_of_plan(event)
    elif isinstance(event, RunStart):
        summaries.pop(event.run, None)
        summaries[event.run] = _summary_of_start(event)
    elif isinstance(event, RunEnd):
        start = summaries.get(event.run) or _summary_of_start(RunStart(run=event.run, time=event.time))
        summaries[event.run] = replace(
            start,
            finished_at=start.finished_at or event.time,  # a second end only adds what was found out later
            status=event.status,
            counts={**start.counts, **event.counts},
            sent=event.sent,
        )


def _summary_of_plan(plan: PlanMade) -> RunSummary:
    return RunSummary(
        run_id=plan.run,
        kind="plan",
        started_at=plan.time,
        finished_at=plan.time,
        status=plan.status,
        plan_digest=plan.digest,
        source=plan.source.path,
        counts={"additions": plan.additions, "removals": plan.removals},
        operator=plan.planned_by,
        command=plan.command or "plan",
    )


def _summary_of_start(start: RunStart) -> RunSummary:
    return RunSummary(
        run_id=start.run,
        kind="apply",
        started_at=start.time,
        finished_at="",
        status="open",
        plan_digest=start.digest,
        source=start.source.path,
        counts={"additions": start.additions, "removals": start.removals},
        operator=start.operator,
        command="undo" if start.source.undoes else start.command or "apply",
    )
