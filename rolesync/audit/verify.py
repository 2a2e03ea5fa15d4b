"""Checks whether the record is whole and unchanged, as far as the audit key that is set allows."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from rolesync.audit.chain import ChainReader, KeyEpoch
from rolesync.audit.files import HEAD, RECORD, START, Head, os_errors_named, read_head
from rolesync.audit.seal import PLAIN, Seal, seal_of
from rolesync.audit.torn_append import TornAppend
from rolesync.model.verification import FirstBadRecord, Verification


def verify_record(folder: Path, key: str = "") -> Verification:
    """Check every byte of an account's record against the chain and the head, in one pass and with little memory.

    Works during a run, and needs no write access. A missing record counts as whole and empty.

    Args:
        folder: the account's folder.
        key: the audit key. With a key, a record whose last records are not sealed with it is not whole. Without a key,
            sealed records are checked as far as possible, and a notice shows what was not checked.

    Raises:
        RecordError: the files can't be read.
    """
    configured_seal = seal_of(key)
    with os_errors_named(folder / RECORD, "read"):
        # Read the head first: a concurrent append can then only make the record longer than the head states.
        head = _read_steady_head(folder)
        reader = ChainReader(folder, head=head or Head(START, ""), configured_seal=configured_seal)
        deque(reader, maxlen=0)
    bad = reader.bad or (reader.appended if reader.torn else None) or _foreign_end(reader, configured_seal)
    records = min(reader.position.seq, bad.seq - 1) if bad else reader.position.seq
    problem, notices = (
        _head_problem(head, reader, bad, configured_seal),
        (*reader.notices, *_notices(head, reader, bad)),
    )
    last = reader.epochs[-1]
    unchecked = 0 if last.seal.known else max(0, records - last.seq + 1)
    return Verification(records, bad, problem, notices, unchecked)


def _foreign_end(reader: ChainReader, configured_seal: Seal) -> FirstBadRecord | None:
    """With a key, find where the last records begin that are not sealed with it, if there are any."""
    last = reader.epochs[-1]
    if configured_seal is PLAIN or not reader.position.seq or last.seal == configured_seal:
        return None
    how = f"with another key ({last.seal.fingerprint})" if last.seal.fingerprint else "without a key"
    reason = (
        f"from here to its end the record is sealed {how}, but the key {configured_seal.fingerprint} is set; "
        "if that is on purpose, run `rolesync audit rekey`"
    )
    return FirstBadRecord(last.line, last.seq, reason, last.file)


def _head_problem(head: Head | None, reader: ChainReader, bad: FirstBadRecord | None, configured_seal: Seal) -> str:
    seq = reader.position.seq
    if head is None:
        return f"{HEAD} is missing or damaged, so a cut-off end would not be noticed"
    if not reader.head_seen and head.position.seq > seq and not bad:
        return f"the head names {head.position.seq:,} records, the record has {seq:,}: its end was cut off"
    if not reader.head_seen:
        return f"the head (record {head.position.seq}) does not fit the record (whole up to {seq})"
    has_records = head.position != START or seq
    checkable = configured_seal is not PLAIN or reader.epochs[-1].seal is PLAIN
    if head.seal and has_records and checkable and not _is_sealed(head, configured_seal):
        how = f"with the key {configured_seal.fingerprint}" if configured_seal.fingerprint else "like the last record"
        return f"the head is not sealed {how}, so a cut-off end would not be noticed"
    return ""


def _is_sealed(head: Head, configured_seal: Seal) -> bool:
    return head.is_sealed(configured_seal) or head.is_rekeying(configured_seal)


def _notices(head: Head | None, reader: ChainReader, bad: FirstBadRecord | None) -> Iterator[str]:
    seq = reader.position.seq
    if head and reader.head_seen and seq > head.position.seq and not bad:
        yield (
            f"the head ends at record {head.position.seq}, the record continues to {seq}: "
            "after a crash, or during a run"
        )
    if reader.torn and not bad:
        yield (
            f"after record {seq} there are {TornAppend.of(reader.torn).torn_bytes:,} bytes of an unfinished append: "
            "after a crash, or during a run; the next append closes and explains them"
        )
    ends = [*(epoch.seq - 1 for epoch in reader.epochs[1:]), seq]
    for epoch, end in zip(reader.epochs, ends, strict=True):
        if epoch.seq > 1:
            how = f"with the key {epoch.seal.fingerprint}" if epoch.seal.fingerprint else "without a key"
            yield f"record {epoch.seq}: from here on sealed {how}"
        if end >= epoch.seq:
            yield from _seal_notice(epoch, end, closed=epoch is not reader.epochs[-1])


def _seal_notice(epoch: KeyEpoch, end: int, *, closed: bool) -> Iterator[str]:
    which = f"records {epoch.seq} to {end}" if end > epoch.seq else f"record {end}"
    name = epoch.seal.fingerprint
    if closed and not epoch.seal.known:
        yield (f"{which}: sealed with another key ({name}); the bytes are unchanged since record {end + 1} was written")
    elif not epoch.seal.known:
        yield (
            f"{which}: sealed with a key ({name}) that is not set here; only their numbers and order are checked, not "
            "their bytes, nor the seal of the head; set audit_key to that key to check them"
        )


def _read_steady_head(folder: Path) -> Head | None:
    """Read the head without the record's lock, repeatedly, since a head that is being written may be half old."""
    head = read_head(folder)
    for _ in range(10):
        again = read_head(folder)
        if again == head:
            break
        head = again
    return head
