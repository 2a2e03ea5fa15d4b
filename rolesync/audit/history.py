"""What the record tells about the past: its records in order, every run in one line, and all that one run did."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from rolesync.audit.chain import event_of, whole_lines
from rolesync.errors import UsageError
from rolesync.model import RunSummary

_SOME = 5  # how many runs an error names before it only counts them


def read(folder: Path, run: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the records in order, all or those of one run (its full id), while checking the chain.

    Raises:
        RecordError: the file can't be read.
        RecordBrokenError: on reaching the first place that is not as it was written. A cut-off end shows in `verify`.
    """
    needle = b"" if run is None else b'"run":%b' % json.dumps(run).encode("ascii")
    for line in whole_lines(folder):
        if needle in line:
            record: dict[str, Any] = json.loads(line)
            if run is None or record.get("run") == run:
                yield record


def runs(folder: Path) -> list[RunSummary]:
    """Sum up every dry run and apply, oldest first.

    A run that was planned and applied under one id is one apply. The counts by `OutcomeStatus` are there once the
    run has ended; while it is `open` nobody has counted.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    found: dict[str, RunSummary] = {}
    for line in whole_lines(folder):
        event = event_of(line)
        if event not in {b"plan", b"run.start", b"run.end"}:
            continue
        record = json.loads(line)
        run = record["run"]
        if event == b"run.end":
            begun = found.get(run) or _begun(record, "apply")
            counts = {**begun.counts, **record.get("counts", {})}
            found[run] = replace(begun, finished_at=record["time"], status=record["status"], counts=counts)
        else:
            found.pop(run, None)
            found[run] = _begun(record, "plan" if event == b"plan" else "apply")
    return list(found.values())


def run_records(folder: Path, run_id: str) -> list[dict[str, Any]]:
    """Return the records of one run, named by its id or the beginning of it.

    Raises:
        UsageError: no run, or more than one, begins like that.
        RecordError, RecordBrokenError: as `read`.
    """
    known = [summary.run_id for summary in runs(folder)]
    matching = [run_id] if run_id in known else [run for run in known if run_id and run.startswith(run_id)]
    if not matching:
        raise UsageError(f"No run begins with {run_id!r}.", hint="`rolesync runs` lists them.")
    if len(matching) > 1:
        some = ", ".join(matching[:_SOME])
        raise UsageError(f"{len(matching)} runs begin with {run_id!r}: {some} …", hint="Give more of the id.")
    return list(read(folder, matching[0]))


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
    )
