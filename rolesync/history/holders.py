"""Who held the managed roles when a run last looked: what tells the next one what others have changed since.

It stands in `holders.json` beside the record, which has its SHA-256 in the event `holders`, so that it counts only as
it was written; the record itself would grow by every holder with every run.
"""

import json
from hashlib import sha256
from pathlib import Path

from rolesync.audit.files import os_errors_named, replace_file
from rolesync.audit.record import Record
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.effects import all_role_changes, open_requests
from rolesync.model.history import ExpectedHolders
from rolesync.model.live import Live
from rolesync.model.vocabulary import Action

NAME = "holders.json"


def keep_holders(folder: Path, record: Record, run: str, live: Live) -> None:
    """Keep who holds the roles at the end of a run.

    Args:
        folder: the account's.
        record: open for appending.
        run: the run that has looked.
        live: what it saw, complete for its `roles`.

    Raises:
        RecordError: it can't be written.
    """
    holders = {}
    for role in live.roles:
        people = live.holders(role)
        holders[role] = [people["user_id"].tolist(), people["email"].tolist()]
    content = json.dumps({"run": run, "holders": holders}, separators=(",", ":")).encode("ascii")
    # The record first: it must know the file. Until that is replaced, the one before counts, and what was done since.
    record.append("holders", run=run, sha256=sha256(content).hexdigest())
    with os_errors_named(folder / NAME, "written"):
        replace_file(folder / NAME, content)


def expected_holders(past: EarlierRuns) -> ExpectedHolders | None:
    """Tell who holds the roles if nobody but rolesync has changed anything; None where that isn't known.

    Raises:
        RecordError: a file can't be read.
    """
    with os_errors_named(past.folder / NAME, "read"):
        if not (past.folder / NAME).exists():
            return None
        content = (past.folder / NAME).read_bytes()
    runs_before = past.holders.get(sha256(content).hexdigest())
    if runs_before is None:  # somebody has changed it, or a run is writing it just now
        return None
    kept = json.loads(content)
    holders = {role: dict(zip(*columns, strict=True)) for role, columns in kept["holders"].items()}
    later = list(past.records([run.run_id for run in past.runs[runs_before:]]))
    for one in all_role_changes(later):
        if one.action is Action.REMOVE:
            holders.get(one.role, {}).pop(one.user_id, None)
        else:
            holders.get(one.role, {})[one.user_id] = one.email
    doubtful = frozenset(user_id for request in open_requests(later) for user_id in request.user_ids)
    return ExpectedHolders(kept["run"], holders, doubtful)
