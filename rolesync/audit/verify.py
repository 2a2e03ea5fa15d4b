"""Is the record whole and untouched, as far as the key that is set can tell?"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from rolesync.audit.chain import ChainReader, KeyEpoch
from rolesync.audit.files import HEAD, RECORD, START, Head, os_errors_named, read_head
from rolesync.audit.own_events import TornAppend
from rolesync.audit.seal import PLAIN, Seal, seal_of
from rolesync.model.verification import FirstBadRecord, Verification


def verify_record(folder: Path, key: str = "") -> Verification:
    """Check every byte of an account's record against the chain and the head, in one pass and little memory.

    Works beside a running `Record` and needs no write access. No record at all is a whole, empty one.

    Args:
        folder: the account's folder.
        key: the one that is set. With one, a record whose last records are not sealed with it is not whole; without
            one, sealed records are checked as far as that is possible, and a notice says what was not.

    Raises:
        RecordError: the files can't be read.
    """
    own = seal_of(key)
    with os_errors_named(folder / RECORD, "read"):
        # The head first: appends that happen meanwhile can then only make the record longer than it says.
        head = _read_steady_head(folder)
        walk = ChainReader(folder, head=head or Head(START, ""), own=own)
        deque(walk, maxlen=0)
    bad = walk.bad or _foreign_end(walk, own)
    records = min(walk.position.seq, bad.seq - 1) if bad else walk.position.seq
    problem, notices = _head_problem(head, walk, bad, own), (*walk.notices, *_notices(head, walk, bad))
    last = walk.stretches[-1]
    unchecked = 0 if last.seal.known else max(0, records - last.seq + 1)
    return Verification(records, bad, problem, notices, unchecked)


def _foreign_end(walk: ChainReader, own: Seal) -> FirstBadRecord | None:
    """With a key set, find the first of the last records that are not sealed with it."""
    last = walk.stretches[-1]
    if own is PLAIN or not walk.position.seq or last.seal == own:
        return None
    how = f"with another key ({last.seal.fingerprint})" if last.seal.fingerprint else "without a key"
    reason = (
        f"from here to its end the record is sealed {how}, but the key {own.fingerprint} is set: if that is on "
        "purpose, `rolesync audit rekey` goes on with it"
    )
    return FirstBadRecord(last.line, last.seq, reason, last.file)


def _head_problem(head: Head | None, walk: ChainReader, bad: FirstBadRecord | None, own: Seal) -> str:
    seq = walk.position.seq
    if head is None:
        return f"{HEAD} is missing or spoilt, so that a cut-off end would go unnoticed"
    if not walk.head_seen and head.position.seq > seq and not bad:
        return f"the head names {head.position.seq} records, the record has {seq}: its end was cut off"
    if not walk.head_seen:
        return f"the head (record {head.position.seq}) does not fit the record (whole up to {seq})"
    begun = head.position != START or seq
    if head.seal and begun and (own is not PLAIN or walk.stretches[-1].seal is PLAIN) and not _is_sealed(head, own):
        how = f"with the key {own.fingerprint}" if own.fingerprint else "the way the last record is"
        return f"the head is not sealed {how}, so that a cut-off end would go unnoticed"
    return ""


def _is_sealed(head: Head, own: Seal) -> bool:
    return head.is_sealed(own) or head.is_rekeying(own)


def _notices(head: Head | None, walk: ChainReader, bad: FirstBadRecord | None) -> Iterator[str]:
    seq = walk.position.seq
    if head and walk.head_seen and seq > head.position.seq and not bad:
        yield (
            f"the head stops at record {head.position.seq}, the record goes on to {seq}: "
            "a crash, or a run that is writing just now"
        )
    if walk.torn and not bad:
        yield (
            f"after record {seq} stand {TornAppend.of(walk.torn).torn_bytes} bytes of an unfinished append: "
            "a crash, or a run that is writing just now; the next append will close and explain them"
        )
    ends = [*(stretch.seq - 1 for stretch in walk.stretches[1:]), seq]
    for stretch, end in zip(walk.stretches, ends, strict=True):
        if stretch.seq > 1:
            how = f"with the key {stretch.seal.fingerprint}" if stretch.seal.fingerprint else "without a key"
            yield f"record {stretch.seq}: from here on sealed {how}"
        if end >= stretch.seq:
            yield from _seal_notice(stretch, end, closed=stretch is not walk.stretches[-1])


def _seal_notice(stretch: KeyEpoch, end: int, *, closed: bool) -> Iterator[str]:
    which = f"records {stretch.seq} to {end}" if end > stretch.seq else f"record {end}"
    name = stretch.seal.fingerprint
    if closed and not stretch.seal.known:
        yield (
            f"{which}: sealed with another key ({name}); the bytes are those that record {end + 1} was written after"
        )
    elif not stretch.seal.known:
        yield (
            f"{which}: sealed with a key ({name}) that is not the one set here, so that only their numbers and their "
            "order are checked, not their bytes, nor the seal of the head: set audit_key to it to check them"
        )


def _read_steady_head(folder: Path) -> Head | None:
    """Read the head without the record's lock: a head that is being overwritten may be seen half old, half new."""
    head = read_head(folder)
    for _ in range(10):
        again = read_head(folder)
        if again == head:
            break
        head = again
    return head
