"""Who held the managed roles when a run last looked: what shows the next run what others have changed since.

The snapshot is the file `holders.json` beside the record. The record has its SHA-256 in the event `HoldersSaved`, so
that a changed file is ignored. In the record itself every run would add a line for all holders.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from rolesync.audit.files import os_errors_named
from rolesync.audit.record import Record
from rolesync.differ.drift import drift_since
from rolesync.differ.identity_holds import former_addresses
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.event_writer import append_event
from rolesync.history.events import HoldersSaved
from rolesync.history.run_effects import all_role_changes, open_requests, sent_actions
from rolesync.model.history import ExpectedHolders
from rolesync.model.live import Live
from rolesync.model.plans import Drift, Plan
from rolesync.model.vocabulary import Action, Mode
from rolesync.private_files import replace_file

NAME = "holders.json"


def save_holders(record: Record, run: str, live: Live, plan: Plan, earlier: EarlierRuns) -> None:
    """Save who holds the roles at the end of a run.

    Args:
        record: open for appending.
        run: the run that read Studio.
        live: what it saw, complete for its `roles`.
        plan: the plan of the run, which shows whom the list means by a former address.
        earlier: the runs before it, with the former addresses so far.

    Raises:
        RecordError: the file or the record can't be read or written.
        RecordBrokenError: the record was changed.
    """
    path = earlier.folder / NAME
    holders = {}
    for role in live.roles:
        users = live.holders(role)
        holders[role] = [users["user_id"].tolist(), users["email"].tolist()]
    snapshot: dict[str, Any] = {"run": run, "holders": holders}
    if former := _former_of(plan, expected_holders(earlier)):
        snapshot = {"former": former, **snapshot}
    content = json.dumps(snapshot, separators=(",", ":")).encode("ascii")
    # The record gets the checksum before the file is replaced. Until then, the earlier snapshot counts.
    append_event(record, HoldersSaved(run=run, sha256=sha256(content).hexdigest()))
    with os_errors_named(path, "written"):
        replace_file(path, content)


def drift_by_others(expected: ExpectedHolders | None, earlier: EarlierRuns, live: Live) -> Drift:
    """Find what other hands have changed since the last snapshot; never what the runs since then sent themselves.

    Args:
        expected: who holds the roles if only rolesync has changed them; None where that is unknown.
        earlier: the runs in the record.
        live: who holds the roles now, complete for its `roles`.

    Raises:
        RecordError, RecordBrokenError: as `expected_holders`.
    """
    drift = drift_since(expected, live)
    if drift.changes.empty:
        return drift
    # A change that runs sent in vain, or that the snapshot didn't show yet, may have taken effect later.
    runs = [run.run_id for run in earlier.runs]
    since = runs[runs.index(drift.since) :] if drift.since in runs else runs
    sent_changes = {
        (effect.user_id, effect.role, effect.action.value) for effect, _ in sent_actions(earlier.events(since))
    }
    columns = (drift.changes[name].tolist() for name in ("user_id", "role", "action"))
    is_of_others = [change not in sent_changes for change in zip(*columns, strict=True)]
    return replace(drift, changes=drift.changes[is_of_others].reset_index(drop=True))


def expected_holders(earlier: EarlierRuns) -> ExpectedHolders | None:
    """Find who holds the roles if only rolesync has changed them since the last snapshot; None where that is unknown.

    Raises:
        RecordError: a file can't be read.
        RecordBrokenError: the record was changed.
    """
    content = _read_snapshot(earlier.folder)
    runs_before = earlier.holders.get(sha256(content).hexdigest())
    if runs_before is None:  # the file is missing or was changed, or a run is writing it now
        return None
    snapshot = json.loads(content)
    holders = _holders_in(snapshot)
    events = list(earlier.events([run.run_id for run in earlier.runs[runs_before:]]))
    for change in all_role_changes(events):
        if change.action is Action.REMOVE:
            holders.get(change.role, {}).pop(change.user_id, None)
        else:
            holders.get(change.role, {})[change.user_id] = change.email
    doubtful = frozenset(user_id for request in open_requests(events) for user_id in request.user_ids)
    return ExpectedHolders(snapshot["run"], holders, doubtful, _former_in(snapshot))


def saved_holders(folder: Path, digest: str) -> dict[str, dict[int, str]] | None:
    """Read the snapshot with this SHA-256: addresses by role and user id; None if the file is another or missing.

    Raises:
        RecordError: the file can't be read.
    """
    content = _read_snapshot(folder)
    return _holders_in(json.loads(content)) if sha256(content).hexdigest() == digest else None


def _read_snapshot(folder: Path) -> bytes:
    """Read the file of the snapshot; empty if there is none."""
    with os_errors_named(folder / NAME, "read"):
        return (folder / NAME).read_bytes() if (folder / NAME).exists() else b""


def _holders_in(snapshot: Mapping[str, Any]) -> dict[str, dict[int, str]]:
    return {role: dict(zip(*columns, strict=True)) for role, columns in snapshot["holders"].items()}


def _former_of(plan: Plan, expected: ExpectedHolders | None) -> Mapping[int, str]:
    """Collect the former addresses to keep: those that the plan's rows have, and all if its list isn't complete."""
    keeps_all = plan.source.undoes or plan.policy.mode is not Mode.SYNC
    former = expected.former if expected and keeps_all else {}
    return {**former, **former_addresses(plan.held, expected)}


def _former_in(snapshot: Mapping[str, Any]) -> dict[int, str]:
    return {int(user_id): email for user_id, email in snapshot.get("former", {}).items()}
