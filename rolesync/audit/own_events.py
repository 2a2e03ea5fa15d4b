"""The two events that the record itself adds, which are about its bytes: after a crash, and with a new key."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple, Self


class TornAppend(NamedTuple):
    """The remains of an append that was cut short: their length and SHA-256, without the newline that closes them."""

    torn_bytes: int
    torn_sha256: str

    @classmethod
    def of(cls, torn: bytes | bytearray) -> Self:
        """Describe the bytes."""
        text = bytes(torn).removesuffix(b"\n")
        return cls(len(text), sha256(text).hexdigest())


def may_be_torn(remains: bytes | bytearray, seq: int) -> bool:
    """Whether bytes after record `seq` may be the remains of appends that were cut short.

    Each line of them must begin as the next record does. In place of what did not reach the disk there may be zeros.
    """
    beginning = b'{"seq":%d,"time":"' % (seq + 1)
    for line in bytes(remains).removesuffix(b"\n").split(b"\n"):
        written = line.rstrip(b"\0")[: len(beginning)]
        if not line or not beginning.startswith(written):
            return False
    return True


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
