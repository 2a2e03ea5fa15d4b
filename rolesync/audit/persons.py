"""What the record holds of one person: whom an address has meant, and every record that is about them."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from rolesync.audit.history import events
from rolesync.model import email_key


def ids_of(folder: Path, address: str, *, key: str = "") -> Iterator[int]:
    """Yield the ids of all to whom changes were sent under this address, compared by `email_key`; some of them often.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    wanted = email_key(address)
    for record in events(folder, {b"intent"}, key):
        for action in record["actions"]:
            if email_key(action["email"]) == wanted:
                yield action["user_id"]


def records_about(folder: Path, user_ids: Collection[int], *, key: str = "") -> Iterator[dict[str, Any]]:
    """Yield every request that was about these people, its intent holding only their actions, and what came of it.

    Besides, every `plan` and `run.start`, since they say from which list a run was made.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    requests: set[tuple[str, int]] = set()
    for record in events(folder, {b"plan", b"run.start", b"intent", b"outcome", b"reread", b"recovered"}, key):
        if record["event"] in {"plan", "run.start"}:
            yield record
        elif record["event"] == "intent":
            actions = [action for action in record["actions"] if action["user_id"] in user_ids]
            if actions:
                requests.add((record["run"], record["request"]))
                yield {**record, "actions": actions}
        elif (record["run"], record["request"]) in requests:
            yield record
