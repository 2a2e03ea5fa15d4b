"""Remembers what each channel was sent: a lasting failure is not sent every time, and its end is sent once."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from rolesync.notify.ending import Ending, EndStatus
from rolesync.notify.table import NotifyTable, Occasion
from rolesync.private_files import make_private_folder, replace_file

MEMORY = "notify.json"
_HOUR, _DAY = 3600.0, 86_400.0
_UNKNOWN = float("inf")
_OCCASIONS = {
    EndStatus.FAILED: Occasion.FAILED,
    EndStatus.BLOCKED: Occasion.BLOCKED,
    EndStatus.INCOMPLETE: Occasion.INCOMPLETE,
    EndStatus.CHANGED: Occasion.CHANGED,
    EndStatus.WAITING: Occasion.WAITING,
    EndStatus.APPROVED: Occasion.WAITING,
}


@dataclass(frozen=True, slots=True)
class ChannelMemory:
    """What a channel was sent; times are ISO 8601 in UTC.

    `failure` is the failure that lasts, `since` when it began, `reported` when it was last sent. `sent` is when
    anything was last sent, or when the channel was first used. All are "" where there is none.
    """

    failure: str = ""
    since: str = ""
    reported: str = ""
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an account or a fleet remembers: its channels by `channel_key`, and its last success ("" for none)."""

    channels: Mapping[str, ChannelMemory] = field(default_factory=dict)
    last_success: str = ""

    def corrected(self, now: datetime) -> "Memory":
        """Return this memory, but `now` for a last success that a wrong clock put into the future: its age can grow."""
        try:
            is_ahead = datetime.fromisoformat(self.last_success) > now
        except (ValueError, TypeError):
            return self
        return replace(self, last_success=now.astimezone(UTC).isoformat()) if is_ahead else self


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a channel gets a message, and what is remembered if the message is sent, or if it isn't.

    `failing_since` and `is_alive_sign` are facts for the message, see `compose`.
    """

    is_sent: bool
    if_sent: ChannelMemory
    if_not: ChannelMemory
    failing_since: str = ""
    is_alive_sign: bool = False


def decide(table: NotifyTable, ending: Ending, memory: ChannelMemory) -> Decision:
    """Decide whether a channel gets a message about how a command ended."""
    now = ending.ended_at.astimezone(UTC).isoformat(timespec="seconds")
    occasion = _OCCASIONS.get(ending.status)
    is_wanted = Occasion.ALWAYS in table.on or occasion in table.on or ending.status is EndStatus.TEST
    if ending.status.is_failure:
        failure = " ".join([ending.status, str(ending.exit_code), *sorted({rule.name for rule in ending.rules})])
        is_same = failure == memory.failure
        is_repeated = is_same and _seconds(memory.reported, now) < table.repeat_hours * _HOUR
        lasting = replace(
            memory, failure=failure, since=memory.since or now, reported=memory.reported if is_same else ""
        )
        return Decision(is_wanted and not is_repeated, replace(lasting, reported=now, sent=now), lasting)
    if not ending.status.is_success:
        return Decision(is_wanted, replace(memory, sent=now), memory)
    has_recovered = bool(memory.failure) and (Occasion.RECOVERED in table.on or is_wanted)
    quiet = _seconds(memory.sent, now)
    is_known = quiet < _UNKNOWN
    is_alive_sign = is_known and not (is_wanted or has_recovered) and 0 < table.alive_days * _DAY <= quiet
    return Decision(
        is_sent=is_wanted or has_recovered or is_alive_sign,
        if_sent=ChannelMemory(sent=now),
        if_not=memory if has_recovered else ChannelMemory(sent=memory.sent if is_known else now),
        failing_since=memory.since,
        is_alive_sign=is_alive_sign,
    )


def channel_key(table: NotifyTable) -> str:
    """Name a channel by its destination, so that its memory survives other changes of its table."""
    fields = table.model_dump(mode="json", include={"to", "on", "url_file", "server", "recipients", "command"})
    return sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def load_memory(folder: Path) -> Memory:
    """Read what an account or a fleet remembers; nothing if there is no memory, or if it can't be read."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        fields = json.loads((folder / MEMORY).read_text(encoding="ascii"))
        channels = {str(key): ChannelMemory(**channel) for key, channel in fields["channels"].items()}
        return Memory(channels, str(fields["last_success"]))
    return Memory()


def save_memory(folder: Path, memory: Memory) -> None:
    """Save what an account or a fleet remembers.

    Raises:
        OSError: the file can't be written.
    """
    fields = {
        "last_success": memory.last_success,
        "channels": {key: asdict(channel) for key, channel in memory.channels.items()},
    }
    make_private_folder(folder)
    replace_file(folder / MEMORY, json.dumps(fields, indent=1).encode("ascii"), durable=False)


def _seconds(earlier: str, later: str) -> float:
    """Count the seconds between two times; `_UNKNOWN` if the earlier one is not a time, or is later."""
    try:
        seconds = (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return _UNKNOWN
    return seconds if seconds >= 0 else _UNKNOWN
