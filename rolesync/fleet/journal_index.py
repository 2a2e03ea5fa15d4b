"""An index of the part of a fleet's journal that earlier runs have read, so that no run reads years of nights again.

The index is a file beside the journal. It holds the place up to which the journal was read, the facts about accounts up
to there, the places where the last runs begin, and a checksum. A command reads only the lines after that place. If the
file is missing or damaged, or names a place that isn't in the journal, the whole journal is read.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from rolesync.audit.files import START, Position
from rolesync.audit.tail import ends_a_record
from rolesync.fleet.journal import RESULT_EVENT, START_EVENT, entries, reading
from rolesync.fleet.worker_protocol import JobKind, decode_result
from rolesync.model.fleet import SUCCESSES, RecordHead
from rolesync.private_files import replace_file

RUNS = 60
"""Number of last runs whose places are kept; about a fortnight of nights in steps."""

_FILE = "journal.index.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run over the fleet: its id, its command, and the place in the journal where it begins."""

    run: str
    command: str
    position: Position


@dataclass(frozen=True, slots=True)
class JournalIndex:
    """What a journal contains.

    Attributes:
        end: the place up to which it was read.
        last_success: when each account last succeeded.
        heads: the end of each account's record.
        runs: the last runs, oldest first.
    """

    end: Position
    last_success: Mapping[str, str]
    heads: Mapping[str, RecordHead]
    runs: tuple[RunStart, ...]

    @property
    def has_all_runs(self) -> bool:
        """Whether `runs` certainly has every run of the journal."""
        return len(self.runs) < RUNS


_EMPTY = JournalIndex(START, {}, {}, ())


def read_index(folder: Path) -> JournalIndex:
    """Read what the journal in a folder contains: from the index, and from the lines after it.

    Raises:
        RecordError: the journal can't be read.
        RecordBrokenError: an entry was changed after it was written.
    """
    saved = _load(folder)
    last_success, heads = dict(saved.last_success), dict(saved.heads)
    runs, end = list(saved.runs), saved.end
    with reading(folder):
        for position, entry in entries(folder, saved.end):
            if entry["event"] == START_EVENT:
                runs.append(RunStart(entry["run"], entry["command"], end))
            elif entry["event"] == RESULT_EVENT:
                result = decode_result(entry["result"])
                if result.status in SUCCESSES and entry["kind"] != JobKind.CHECK.value:
                    last_success[result.account] = entry["time"]
                if result.head:
                    heads[result.account] = result.head
            end = position
    return JournalIndex(end, last_success, heads, tuple(runs[-RUNS:]))


def save_index(folder: Path, index: JournalIndex) -> None:
    """Save an index beside the journal, so that the next run reads only what comes after it.

    Raises:
        OSError: the file can't be written.
    """
    content = {"rolesync_journal_index": _FORMAT, **asdict(index)}
    text = json.dumps({**content, "sha256": _checksum(content)})
    replace_file(folder / _FILE, text.encode("ascii"), durable=False)


def _checksum(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def all_runs(folder: Path) -> Iterator[RunStart]:
    """Read from the whole journal where each run begins, oldest first.

    Raises:
        RecordError: the journal can't be read.
        RecordBrokenError: an entry was changed after it was written.
    """
    end = START
    for position, entry in entries(folder, START):
        if entry["event"] == START_EVENT:
            yield RunStart(entry["run"], entry["command"], end)
        end = position


def _load(folder: Path) -> JournalIndex:
    """Load the saved index; an empty one if it is missing, damaged, or doesn't fit the journal."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        content = json.loads((folder / _FILE).read_bytes())
        is_whole = content.pop("sha256") == _checksum(content)
        end = Position(*content["end"])
        if content["rolesync_journal_index"] == _FORMAT and is_whole and ends_a_record(folder, end):
            heads = {name: RecordHead(**head) for name, head in content["heads"].items()}
            runs = (RunStart(**{**each, "position": Position(*each["position"])}) for each in content["runs"])
            return JournalIndex(end, dict(content["last_success"]), heads, tuple(runs))
    return _EMPTY
