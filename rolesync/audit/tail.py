"""What stands at the end of a record: in which file that is, and whether a record ends there as it was written."""

from pathlib import Path

from rolesync.audit.chain import HASH_BYTES
from rolesync.audit.files import RECORD, START, Position, closed_files, closed_path

_BLOCK = 4096  # bytes read at once, going back from the end


def hash_ending(position: Position) -> bytes:
    """Spell the last bytes of the record before a position."""
    return f',"hash":"{position.digest}"}}\n'.encode("ascii")


def ends_a_record(folder: Path, position: Position) -> bool:
    """Whether the record before a position is there, as far as its stated hash tells."""
    if position.seq == 0:
        return position == START
    where = end_of(folder, position)
    if where is None:
        return False
    path, end = where
    with path.open("rb") as stream:
        stream.seek(max(0, end - HASH_BYTES))
        return stream.read(HASH_BYTES) == hash_ending(position)


def end_of(folder: Path, position: Position) -> tuple[Path, int] | None:
    """Say in which file the record before a position ends, and at which byte; None where that file is missing."""
    path, end = closed_path(folder, position.first), position.end
    if end == 0:  # the record is the last of the file before
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
