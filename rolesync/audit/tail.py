"""Finds the place in the audit files where a record ends, and compares the bytes there with its hash."""

from pathlib import Path

from rolesync.audit.chain import HASH_BYTES
from rolesync.audit.files import RECORD, START, Position, closed_files, closed_path

_BLOCK = 4096  # bytes of the first read, backwards from the end


def encode_ending(position: Position) -> bytes:
    """Encode the bytes with which the record before a position ends: its hash, and the end of the line."""
    return f',"hash":"{position.digest}"}}\n'.encode("ascii")


def ends_a_record(folder: Path, position: Position) -> bool:
    """Whether the record before a position ends there in the files, judged only by the hash that it states.

    Before the first record, only `START` is right.

    Raises:
        OSError: the file can't be read, or is missing.
    """
    if position.seq == 0:
        return position == START
    where = locate_end(folder, position)
    if where is None:
        return False
    path, end = where
    with path.open("rb") as stream:
        stream.seek(max(0, end - HASH_BYTES))
        return stream.read(HASH_BYTES) == encode_ending(position)


def locate_end(folder: Path, position: Position) -> tuple[Path, int] | None:
    """Find the file and the byte where the record before a position ends. The growing file may be missing.

    Returns None if the position begins a file, and no closed file comes before that file.
    """
    path, end = closed_path(folder, position.first), position.end
    if end == 0:  # the position begins a file, so the record before it ends the previous file
        earlier = [name for first, name in closed_files(folder) if first < position.first]
        return (earlier[-1], earlier[-1].stat().st_size) if earlier else None
    return (path if path.exists() else folder / RECORD), end


def last_line(path: Path, end: int) -> bytes:
    """Read the line that ends at a byte, however long it is."""
    size = _BLOCK
    with path.open("rb") as stream:
        while True:
            start = max(0, end - size)
            stream.seek(start)
            text = stream.read(end - start)
            before = text.rfind(b"\n", 0, -1)
            if before >= 0 or not start:
                return text[before + 1 :]
            size *= 4
