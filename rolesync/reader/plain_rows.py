"""Blocks of lines → the rows in them that are plainly written, whole columns at a time.

There are no rules here. A row is taken only if reading it with care, as `RowReader` does, certainly gives the same and
notices nothing about its cells: as many cells as the header, an address and an id in their commonest forms, a role cell
that `RoleReader` has read. What is the least bit different, in whatever way, is left to those who know whether it is
right. So nothing depends on this module but speed, and what it takes may shrink or grow without any list being read
differently.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from rolesync.model.findings import CellError
from rolesync.model.packed.texts import WORD, PackedTexts, pack
from rolesync.reader.columns import Ints, RowColumns
from rolesync.reader.header import Layout
from rolesync.reader.identity import FOREIGN_SIGNS
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.tables.grid import Block

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LONGEST = 64  # characters of an address: then no part of it can be too long
SHORTEST, LONGEST_DOMAIN = 2, 12  # letters of a top-level domain
DIGITS = 18  # of an id: then it fits into 63 bits
BASE = 10
SHARED = 8  # role cells that are compared with whole columns at once; a list has a handful, any other is looked up

_END = 10  # a line feed
_LETTER, _DIGIT, _ENDS, _AT, _DOT, _HYPHEN, _SIGN, _OTHER = range(8)
_KINDS = (
    (b"abcdefghijklmnopqrstuvwxyz", _LETTER, {_OTHER}),
    (b"0123456789", _DIGIT, {_OTHER}),
    (b"\n", _ENDS, {_DIGIT, _AT, _DOT, _HYPHEN, _SIGN, _OTHER}),
    (b"@", _AT, {_ENDS, _AT, _DOT, _HYPHEN, _OTHER}),
    (b".", _DOT, {_ENDS, _AT, _DOT, _HYPHEN, _OTHER}),
    (b"-", _HYPHEN, {_ENDS, _AT, _DOT, _HYPHEN, _OTHER}),
    (b"_+'!$%&*/=?^`{|}~", _SIGN, {_AT, _OTHER}),
)
"""Characters of plain addresses, each with its kind, and the kinds that may not stand before it."""

_KIND = bytearray([_OTHER]) * 256
_CLASH = np.zeros((_OTHER + 1, _OTHER + 1), np.bool_)  # by the kind before and the kind itself
_CLASH[:, _OTHER] = True
for _characters, _kind, _not_after in _KINDS:
    _CLASH[list(_not_after), _kind] = True
    for _character in _characters:
        _KIND[_character] = _kind

_FOREIGN = np.zeros(256, np.bool_)
_FOREIGN[list(FOREIGN_SIGNS.encode())] = True


class PlainReader:
    """Reads the plain rows of one table. `cells` are the distinct role cells found in them.

    Args:
        layout: where things stand in a row; a table whose rows say more than who and which role is not for this reader.
        roles: reads role cells.
    """

    def __init__(self, layout: Layout, roles: RoleReader) -> None:
        self.cells: list[RoleCell] = []
        self._layout = layout
        self._roles = roles
        self._codes: dict[bytes, int] = {}  # -1 for a cell that has to be read with care, wherever it stands

    def read(self, block: Block) -> tuple[RowColumns, Iterator[tuple[int, list[str]]]]:
        """Give the plain rows of a block, and all others in their order as (row number, cells).

        The last plain row before any other, and the last of the block, is among the others: so whoever reads them knows
        what each of them follows, and with what the list ends.
        """
        data = np.frombuffer(block.data, np.uint8)
        found = np.flatnonzero((data == ord(block.delimiter)) | (data == _END))
        last = np.flatnonzero(data[found] == _END)  # of each line, where its last cell ends
        rows, plain = self._rows(block, found, last)
        taken = plain & np.append(plain[1:], False)
        return rows.take(taken[plain]), _left(block, found[last], np.flatnonzero(~taken))

    def _rows(self, block: Block, found: Ints, last: Ints) -> tuple[RowColumns, Mask]:
        """Read the plain rows, and say which lines they are."""
        data = np.frombuffer(block.data + bytes(WORD), np.uint8)
        width = len(self._layout.header)
        fitting = np.flatnonzero(np.diff(last, prepend=-1) == width)
        plain = np.zeros(len(last), np.bool_)
        if not len(fitting):
            return RowColumns(fitting, pack([]), fitting, fitting), plain
        line_starts = np.concatenate(([0], found[last[:-1]] + 1))[fitting]
        if len(fitting) < len(last):
            found = found[last[fitting][:, np.newaxis] + np.arange(1 - width, 1)]
        cell_ends = found.reshape(-1, width)
        cell_starts = np.concatenate((line_starts[:, np.newaxis], cell_ends[:, :-1] + 1), axis=1)

        good = np.ones(len(fitting), np.bool_)
        if b"#" in block.data:
            good[np.searchsorted(cell_ends[:-1, -1], np.flatnonzero(data == ord("#")))] = False
        user_id = np.zeros(len(fitting), np.int64)
        named = np.zeros(len(fitting), np.bool_)
        if (place := self._layout.email) is not None:
            starts, ends = cell_starts[:, place], cell_ends[:, place]
            email = _emails(data, starts, ends, good)
            named |= ends > starts
        else:
            email = pack([""] * len(fitting))
        if (place := self._layout.user_id) is not None:
            user_id = _user_ids(data, cell_starts[:, place], cell_ends[:, place], good)
            named |= user_id > 0
        role = self._role_codes(data, cell_starts[:, self._layout.role], cell_ends[:, self._layout.role])
        good &= named & (role >= 0)
        plain[fitting[good]] = True
        return RowColumns(fitting + block.number, email, user_id, role).take(good), plain

    def _role_codes(self, data: Bytes, starts: Ints, ends: Ints) -> Ints:
        """The code of each cell: the commonest ones by whole columns, the rest one by one."""
        words = np.ndarray(len(data) - WORD + 1, "<u8", data, strides=(1,))
        codes = np.full(len(starts), -1, np.int64)
        rest = np.arange(len(starts))
        known = iter(list(self._codes))
        for _ in range(SHARED):
            if not len(rest):
                return codes
            cell = next(known, None) or data[starts[rest[0]] : ends[rest[0]]].tobytes()
            same = rest[ends[rest] - starts[rest] == len(cell)]
            for at in range(0, len(cell), WORD):
                part = cell[at : at + WORD]
                read = words[starts[same] + at] & np.uint64((1 << 8 * len(part)) - 1)
                same = same[read == int.from_bytes(part, "little")]
            codes[same] = self._code(cell)
            left = np.ones(len(starts), np.bool_)
            left[same] = False
            rest = rest[left[rest]]
        for row in rest.tolist():
            codes[row] = self._code(data[starts[row] : ends[row]].tobytes())
        return codes

    def _code(self, cell: bytes) -> int:
        if cell not in self._codes:
            try:
                read = self._roles.read(cell.decode())
            except CellError:
                self._codes[cell] = -1
            else:
                self._codes[cell] = len(self.cells)
                self.cells.append(read)
        return self._codes[cell]


def _left(block: Block, ends: Ints, lines: Ints) -> Iterator[tuple[int, list[str]]]:
    """Some lines of a block that ends them there, without empty ones."""
    for line, start, end in zip(lines.tolist(), (ends[lines - 1] + 1).tolist(), ends[lines].tolist(), strict=True):
        if text := block.data[start if line else 0 : end].decode():
            yield block.number + line, text.split(block.delimiter.decode())


def _emails(data: Bytes, starts: Ints, ends: Ints, good: Mask) -> PackedTexts:
    """The addresses of a column in lower case; those that are not plain are anything, and no longer `good`."""
    lengths = ends - starts
    good &= (lengths <= LONGEST) & ~_FOREIGN[data[starts]]
    gaps = starts - np.concatenate(([0], ends[:-1] + 1))
    inside = np.repeat(np.tile([False, True], len(starts)), np.column_stack((gaps, lengths + 1)).ravel())
    column = np.concatenate((np.array([_END], np.uint8), data[: len(inside)][inside]))
    line_ends = np.cumsum(lengths + 1)
    column[line_ends] = _END
    text = column.tobytes().lower()
    kind = np.frombuffer(text.translate(_KIND), np.uint8)
    marks = np.flatnonzero(kind >= _ENDS)
    kinds = kind[marks]
    clashing = marks[1:][_CLASH[kind[marks[1:] - 1], kinds[1:]]]
    # The last mark before a line's end is a dot, and letters are behind it, unless the line is empty.
    last = marks[np.flatnonzero(kinds == _ENDS)[1:] - 1]
    behind = line_ends - last - 1
    endless = (kind[last] != _DOT) | (behind < SHORTEST) | (behind > LONGEST_DOMAIN)
    for at in range(1, min(int(behind.max()), LONGEST_DOMAIN) + 1):
        endless |= (kind[line_ends - at] != _LETTER) & (at <= behind)
    good &= ~endless | (lengths == 0)
    # There is one @ in each line, and no sign behind it.
    marks = marks[(kinds == _ENDS) | (kinds == _AT) | (kinds == _SIGN)]
    before, after = kind[marks[:-1]], kind[marks[1:]]
    lost = np.where(before == _AT, after != _ENDS, (after == _ENDS) & (np.diff(marks) > 1))
    for places in (clashing, marks[1:][lost]):
        good[np.searchsorted(line_ends, places)] = False
    return PackedTexts(np.frombuffer(text + bytes(WORD), np.uint8), line_ends - lengths, lengths)


def _user_ids(data: Bytes, starts: Ints, ends: Ints, good: Mask) -> Ints:
    """The ids of a column, 0 for empty cells; those that are not plain are anything, and no longer `good`."""
    lengths = ends - starts
    good &= (lengths <= DIGITS) & ((data[starts] != ord("0")) | (lengths == 0))
    numbers = np.zeros(len(starts), np.int64)
    for place in range(min(DIGITS, int(lengths.max()))):
        digits = (data[np.maximum(ends - 1 - place, 0)] - np.uint8(ord("0"))).astype(np.int64)
        here = lengths > place
        good &= ~here | (digits < BASE)
        numbers += np.where(here, digits * BASE**place, 0)
    return numbers
