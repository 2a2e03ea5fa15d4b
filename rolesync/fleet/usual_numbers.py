"""The usual numbers of each account: those of its last nights, from the fleet's journal."""

from collections.abc import Mapping
from pathlib import Path

from rolesync.audit.files import START
from rolesync.fleet.journal import RESULT_EVENT, START_EVENT, entries, reading
from rolesync.fleet.journal_index import read_index
from rolesync.model.fleet_review import UsualNumbers

NIGHTS = 10
"""The last nights of an account that count."""


def usual_numbers(folder: Path, until: str) -> Mapping[str, UsualNumbers]:
    """Collect the numbers of each account's last nights; accounts without one are missing.

    Only the runs in the index are read: an account that was in none of them has no usual numbers.

    Args:
        folder: the folder of the fleet.
        until: the id of the run to compare with them; it and all after it don't count.

    Raises:
        RecordError, RecordBrokenError: the journal can't be read.
    """
    runs = read_index(folder).runs
    plans: dict[str, dict[str, tuple[int, int]]] = {}
    with reading(folder):
        for _, entry in entries(folder, runs[0].position if runs else START):
            if entry["event"] == START_EVENT and entry["run"] == until:
                break
            if entry["event"] == RESULT_EVENT and (plan := entry["result"]["plan"]):
                numbers = plans.setdefault(entry["result"]["account"], {})
                # By digest, since planning and applying are two runs of one plan.
                numbers[plan["digest"]] = (plan["additions"], plan["removals"])
    last = {name: list(numbers.values())[-NIGHTS:] for name, numbers in plans.items()}
    return {
        name: UsualNumbers(len(numbers), max(added for added, _ in numbers), max(removed for _, removed in numbers))
        for name, numbers in last.items()
    }
