"""The two events that the record itself adds, which are about its bytes: after a crash, and with a new key."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from rolesync.audit.torn_append import TornAppend


@dataclass(frozen=True, slots=True)
class RecordRecovered:
    """Explains the remains of an append before it, which stay in the file."""

    NAME: ClassVar[str] = "record.recovered"

    torn: TornAppend

    def fields(self) -> dict[str, Any]:
        """Encode the event as the fields that the record holds."""
        return self.torn._asdict()


@dataclass(frozen=True, slots=True)
class RecordKey:
    """From this record on, records are sealed with the key of this fingerprint; "" for no key.

    `past` is the SHA-256 of all records that were sealed with the key before. `torn` are the remains of an append
    before this record, if there are any.
    """

    NAME: ClassVar[str] = "record.key"

    fingerprint: str
    past: str
    torn: TornAppend | None = None

    def fields(self) -> dict[str, Any]:
        """Encode the event as the fields that the record holds."""
        mode = "keyed" if self.fingerprint else "unkeyed"
        torn = self.torn._asdict() if self.torn else {}
        return {"mode": mode, "fingerprint": self.fingerprint, "past": self.past, **torn}


OWN_EVENTS = frozenset({RecordRecovered.NAME, RecordKey.NAME})


def read_own_event(line: bytes) -> RecordRecovered | RecordKey | None:
    """Read one of the record's own events; None for any other line, such as one that this program did not write."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    event = record.get("event") if isinstance(record, dict) else None
    if event not in (RecordRecovered.NAME, RecordKey.NAME):
        return None
    torn = TornAppend(record.get("torn_bytes"), record.get("torn_sha256"))
    if event == RecordRecovered.NAME:
        return RecordRecovered(torn)
    return RecordKey(str(record.get("fingerprint")), str(record.get("past")), torn if "torn_bytes" in record else None)
