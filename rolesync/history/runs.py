"""What the record tells about the past: its records in order, every run in one line, and all that one run did."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from rolesync.audit.chain import BROKEN_HINT, event_of, whole_lines
from rolesync.errors import RecordBrokenError, UsageError
from rolesync.model.run_report import RunSummary

_SOME = 5  # how many runs an error names before it only counts them


def read_records(folder: Path, run: str | None = None, *, key: str = "") -> Iterator[dict[str, Any]]:
    """Yield the records in order, all or those of one run (its full id), while checking the chain.

    Records that are sealed with another key than `key` are checked as far as is possible without it.

    Raises:
        RecordError: a file can't be read.
        RecordBrokenError: on reaching the first place that is not as it was written. A cut-off end shows in `verify`.
    """
    if run is not None:
        return read_runs(folder, [run], key=key)
    return (_parsed(line, folder) for line in whole_lines(folder, key))


def read_runs(folder: Path, run_ids: Sequence[str], *, key: str = "") -> Iterator[dict[str, Any]]:
    """Yield the records of some runs (their full ids) in order, while checking the chain.

    Raises:
        RecordError, RecordBrokenError: as `read_records`.
    """
    needles = [b'"run":%b' % json.dumps(run).encode("ascii") for run in run_ids]
    for line in whole_lines(folder, key) if needles else ():
        if any(needle in line for needle in needles):
            record = _parsed(line, folder)
            if record.get("run") in run_ids:
                yield record


def list_runs(folder: Path, *, key: str = "") -> list[RunSummary]:
    """Sum up every dry run and apply, oldest first.

    A run that was planned and applied under one id is one apply. The counts by `OutcomeStatus` are there once the
    run has ended; while it is `open` nobody has counted.

    Raises:
        RecordError, RecordBrokenError: as `read_records`.
    """
    found, broken = trusted_runs(folder, key=key)
    if broken:
        raise broken
    return found


def trusted_runs(folder: Path, *, key: str = "") -> tuple[list[RunSummary], RecordBrokenError | None]:
    """Sum up what stands before the first place that is not as it was written, and return the error that names it.

    Raises:
        RecordError: as `read_records`.
    """
    found: dict[str, RunSummary] = {}
    try:
        for record in read_events(folder, {b"plan", b"run.start", b"run.end"}, key):
            _sum_up(record, found)
    except RecordBrokenError as error:
        return list(found.values()), error
    return list(found.values()), None


def summarise_run(records: Iterable[Mapping[str, Any]]) -> RunSummary:
    """Sum up one run by its records, of which at least one says that it was planned, has begun or has ended."""
    found: dict[str, RunSummary] = {}
    for record in records:
        if record["event"] in {"plan", "run.start", "run.end"}:
            _sum_up(record, found)
    (summary,) = found.values()
    return summary


def _sum_up(record: Mapping[str, Any], found: dict[str, RunSummary]) -> None:
    event, run = record["event"], record["run"]
    if event == "run.end":
        begun = found.get(run) or _begun(record, "apply")
        counts = {**begun.counts, **record.get("counts", {})}
        finished_at = begun.finished_at or record["time"]  # a second end only tells what was found out later
        found[run] = replace(begun, finished_at=finished_at, status=record["status"], counts=counts)
    else:
        found.pop(run, None)
        found[run] = _begun(record, "plan" if event == "plan" else "apply")


def run_records(folder: Path, run_id: str, *, key: str = "") -> list[dict[str, Any]]:
    """Return the records of one run, named by its id or the beginning of it.

    Raises:
        UsageError: no run, or more than one, begins like that.
        RecordError, RecordBrokenError: as `read_records`.
    """
    found, broken = trusted_records(folder, run_id, key=key)
    if broken:
        raise broken
    return found


def trusted_records(
    folder: Path, run_id: str, *, key: str = ""
) -> tuple[list[dict[str, Any]], RecordBrokenError | None]:
    """Return those of a run's records that stand before the first bad place, and the error that names it.

    Raises:
        UsageError: no run, or more than one, begins like that.
        RecordError: as `read_records`.
        RecordBrokenError: no run before the bad place begins like that; perhaps one after it does.
    """
    summaries, broken = trusted_runs(folder, key=key)
    known = [summary.run_id for summary in summaries]
    matching = [run_id] if run_id in known else [run for run in known if run_id and run.startswith(run_id)]
    if not matching and broken:
        raise broken
    if not matching:
        raise UsageError(f"No run begins with {run_id!r}.", hint="`rolesync runs` lists them.")
    if len(matching) > 1:
        some = ", ".join(matching[:_SOME])
        raise UsageError(f"{len(matching)} runs begin with {run_id!r}: {some} …", hint="Give more of the id.")
    found: list[dict[str, Any]] = []
    try:
        found.extend(read_records(folder, matching[0], key=key))
    except RecordBrokenError as error:
        return found, error
    return found, None


def read_events(folder: Path, read_events: Collection[bytes], key: str) -> Iterator[dict[str, Any]]:
    """Yield the records of these events; the others are checked, too, but not parsed."""
    return (_parsed(line, folder) for line in whole_lines(folder, key) if event_of(line) in read_events)


def _parsed(line: bytes, folder: Path) -> dict[str, Any]:
    """Read a record, which may be anything where it is sealed with a key that isn't known here."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise RecordBrokenError(f"{folder}: a record can't be read ({error}).", hint=BROKEN_HINT) from error
    if not isinstance(record, dict):
        raise RecordBrokenError(f"{folder}: a record is no JSON object.", hint=BROKEN_HINT)
    return record


def _begun(record: Mapping[str, Any], kind: Literal["plan", "apply"]) -> RunSummary:
    # `get`, because a history of years must stay readable when an event has gained a field since.
    source = record.get("source", "")
    status = "open"
    if kind == "plan":
        status = {"ready": "planned"}.get(record["status"], record["status"])  # `Plan.status` says `ready`
    return RunSummary(
        run_id=record["run"],
        kind=kind,
        started_at=record["time"],
        finished_at=record["time"] if kind == "plan" else "",
        status=status,
        plan_digest=record.get("digest", ""),
        source=source["path"] if isinstance(source, dict) else source,
        counts={name: record.get(name, 0) for name in ("additions", "removals")},
        operator=record.get("made_by" if kind == "plan" else "operator") or "",
    )
