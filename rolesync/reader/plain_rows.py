"""The fast path: blocks of lines → their plain rows, read column by column.

A row is plain if `RowReader` would certainly return the same result and no finding. It has as many cells as the header,
an address and an id in their commonest forms, and a role cell that `RoleReader` accepts. `RowReader` reads every other
row. So this module adds no rules and affects only speed: which rows are plain never changes the result.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from rolesync.model.findings import CellError
from rolesync.model.packed.texts import WORD, PackedTexts, pack
from rolesync.reader.assignments import Ints, RowColumns
from rolesync.reader.header import Layout
from rolesync.reader.identity import FOREIGN_SIGNS
from rolesync.reader.plain_words import equal_cells, few_cells, may_hold_remark, may_speak_against
from rolesync.reader.remarks import remark_speaks_against
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.reader.unknown_columns import MAX_WORDS, UnreadColumns
from rolesync.tables.grid import Block

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MAX_ADDRESS = 64  # characters of an address, so that no part of it can be too long
MIN_TLD, MAX_TLD = 2, 12  # letters of a top-level domain
MAX_DIGITS = 18  # of an id, so that it fits into 63 bits
BASE = 10
COLUMN_CELLS = 8  # role cells that are each compared with the whole column; a list has a handful, others are looked up

_NEWLINE = 10
_LETTER, _DIGIT, _LINE_END, _AT, _DOT, _HYPHEN, _SIGN, _OTHER = range(8)
_KINDS = (
    (b"abcdefghijklmnopqrstuvwxyz", _LETTER, {_OTHER}),
    (b"0123456789", _DIGIT, {_OTHER}),
    (b"\n", _LINE_END, {_DIGIT, _AT, _DOT, _HYPHEN, _SIGN, _OTHER}),
    (b"@", _AT, {_LINE_END, _AT, _DOT, _HYPHEN, _OTHER}),
    (b".", _DOT, {_LINE_END, _AT, _DOT, _HYPHEN, _OTHER}),
    (b"-", _HYPHEN, {_LINE_END, _AT, _DOT, _HYPHEN, _OTHER}),
    (b"_+'!$%&*/=?^`{|}~", _SIGN, {_AT, _OTHER}),
)
"""Characters of plain addresses, their kind, and the kinds that may not precede it."""

_KIND = bytearray([_OTHER]) * 256
_FORBIDDEN_PAIR = np.zeros((_OTHER + 1, _OTHER + 1), np.bool_)  # by the preceding kind and the kind itself
_FORBIDDEN_PAIR[:, _OTHER] = True
for _characters, _kind, _not_after in _KINDS:
    _FORBIDDEN_PAIR[list(_not_after), _kind] = True
    for _character in _characters:
        _KIND[_character] = _kind

_FOREIGN = np.zeros(256, np.bool_)
_FOREIGN[list(FOREIGN_SIGNS.encode())] = True


class PlainReader:
    """Reads the plain rows of a table; `cells` holds their distinct role cells.

    Args:
        layout: the columns of the list, without action and dates.
        roles: reads role cells.
        managed: the managed roles.
        unread: gets the words of the columns that aren't read, in rows with a managed role. A row with a word that may
            speak against its user is not plain.
    """

    def __init__(self, layout: Layout, roles: RoleReader, managed: frozenset[str], unread: UnreadColumns) -> None:
        self.cells: list[RoleCell] = []
        self._managed, self._unread = managed, unread
        self._against: dict[int, bool] = {}  # by the first bytes of a cell, see `may_speak_against`
        self._layout = layout
        self._roles = roles
        self._codes: dict[bytes, int] = {}  # index into `cells`; -1 for a cell whose rows are not plain

    def read(self, block: Block) -> tuple[RowColumns, Iterator[tuple[int, list[str]]]]:
        """Split a block into its plain rows and all other rows, the latter in their order as (row number, cells).

        The last plain row before another row, and the last row of the block, are among the others. So the caller sees
        the predecessor of each row and the end of the list.
        """
        data = np.frombuffer(block.data, np.uint8)
        cell_ends = np.flatnonzero((data == ord(block.delimiter)) | (data == _NEWLINE))
        last_cells = np.flatnonzero(data[cell_ends] == _NEWLINE)  # the last cell of each line, as an index of cell_ends
        rows, plain, bounds = self._plain_rows(block, cell_ends, last_cells)
        is_taken = plain & np.append(plain[1:], False)
        rows = rows.take(is_taken[plain])
        for place in self._unread.columns_of_words:
            self._add_words(block, place, bounds[place][:, is_taken[plain]], rows.role)
        return rows, _split_lines(block, cell_ends[last_cells], np.flatnonzero(~is_taken))

    def _add_words(self, block: Block, place: int, bounds: Ints, roles: Ints) -> None:
        """Collect the words of a column in rows with a managed role."""
        gives = np.array([not self._managed.isdisjoint(cell.names) for cell in self.cells], np.bool_)[roles]
        data = np.frombuffer(block.data + bytes(WORD), np.uint8)
        cells = few_cells(data, bounds[0][gives], bounds[1][gives], MAX_WORDS)
        if cells is None:
            self._unread.add_texts(place)
            return
        counts = Counter[str]()
        for cell, count in cells.items():
            counts[cell.decode().strip()] += count
        self._unread.add_words(place, counts)

    def _plain_rows(
        self, block: Block, all_cell_ends: Ints, last_cells: Ints
    ) -> tuple[RowColumns, Mask, dict[int, Ints]]:
        """Read the plain rows; also mark which lines they are, and find the bounds of the cells that aren't read."""
        data = np.frombuffer(block.data + bytes(WORD), np.uint8)
        width = len(self._layout.header)
        fitting = np.flatnonzero(np.diff(last_cells, prepend=-1) == width)
        plain = np.zeros(len(last_cells), np.bool_)
        if not len(fitting):
            none = RowColumns(fitting, pack([]), fitting, fitting)
            return none, plain, {place: np.zeros((2, 0), np.int64) for place in self._layout.unread}
        line_starts = np.concatenate(([0], all_cell_ends[last_cells[:-1]] + 1))[fitting]
        if len(fitting) < len(last_cells):
            all_cell_ends = all_cell_ends[last_cells[fitting][:, np.newaxis] + np.arange(1 - width, 1)]
        cell_ends = all_cell_ends.reshape(-1, width)
        cell_starts = np.concatenate((line_starts[:, np.newaxis], cell_ends[:, :-1] + 1), axis=1)

        good = np.ones(len(fitting), np.bool_)
        if b"#" in block.data:
            good[np.searchsorted(cell_ends[:-1, -1], np.flatnonzero(data == ord("#")))] = False
        user_id = np.zeros(len(fitting), np.int64)
        has_identity = np.zeros(len(fitting), np.bool_)
        if (place := self._layout.email) is not None:
            starts, ends = cell_starts[:, place], cell_ends[:, place]
            email = _emails(data, starts, ends, good)
            has_identity |= ends > starts
        else:
            email = pack([""] * len(fitting))
        if (place := self._layout.user_id) is not None:
            user_id = _user_ids(data, cell_starts[:, place], cell_ends[:, place], good)
            has_identity |= user_id > 0
        role = self._role_codes(data, cell_starts[:, self._layout.role], cell_ends[:, self._layout.role])
        good &= has_identity & (role >= 0)
        for place in self._layout.unread:
            starts, ends = cell_starts[:, place], cell_ends[:, place]
            good[may_speak_against(data, starts, ends, self._against)] = False
            for row in may_hold_remark(data, starts, ends).tolist():
                good[row] = good[row] and not remark_speaks_against(data[starts[row] : ends[row]].tobytes().decode())
        plain[fitting[good]] = True
        bounds = {place: np.stack((cell_starts[good, place], cell_ends[good, place])) for place in self._layout.unread}
        return RowColumns(fitting + block.number, email, user_id, role).take(good), plain, bounds

    def _role_codes(self, data: Bytes, starts: Ints, ends: Ints) -> Ints:
        """The code of each role cell: the commonest are compared with the whole column, the others row by row."""
        codes = np.full(len(starts), -1, np.int64)
        remaining = np.arange(len(starts))
        known_cells = iter(list(self._codes))
        for _ in range(COLUMN_CELLS):
            if not len(remaining):
                return codes
            cell = next(known_cells, None) or data[starts[remaining[0]] : ends[remaining[0]]].tobytes()
            equal = equal_cells(data, starts, ends, remaining, cell)
            codes[equal] = self._code(cell)
            unequal = np.ones(len(starts), np.bool_)
            unequal[equal] = False
            remaining = remaining[unequal[remaining]]
        for row in remaining.tolist():
            codes[row] = self._code(data[starts[row] : ends[row]].tobytes())
        return codes

    def _code(self, cell: bytes) -> int:
        if cell not in self._codes:
            try:
                role_cell = self._roles.read(cell.decode())
            except CellError:
                self._codes[cell] = -1
            else:
                self._codes[cell] = len(self.cells)
                self.cells.append(role_cell)
        return self._codes[cell]


def _split_lines(block: Block, ends: Ints, lines: Ints) -> Iterator[tuple[int, list[str]]]:
    """Split the chosen lines of a block into cells; empty lines are left out. `ends` are the ends of all lines."""
    for line, start, end in zip(lines.tolist(), (ends[lines - 1] + 1).tolist(), ends[lines].tolist(), strict=True):
        if text := block.data[start if line else 0 : end].decode():
            yield block.number + line, text.split(block.delimiter.decode())


def _emails(data: Bytes, starts: Ints, ends: Ints, good: Mask) -> PackedTexts:
    """The addresses of a column in lower case; rows without a plain address are cleared in `good` and hold anything."""
    lengths = ends - starts
    good &= (lengths <= MAX_ADDRESS) & ~_FOREIGN[data[starts]]
    gaps = starts - np.concatenate(([0], ends[:-1] + 1))
    in_column = np.repeat(np.tile([False, True], len(starts)), np.column_stack((gaps, lengths + 1)).ravel())
    column = np.concatenate((np.array([_NEWLINE], np.uint8), data[: len(in_column)][in_column]))
    line_ends = np.cumsum(lengths + 1)
    column[line_ends] = _NEWLINE
    text = column.tobytes().lower()
    kind = np.frombuffer(text.translate(_KIND), np.uint8)
    marks = np.flatnonzero(kind >= _LINE_END)  # every character that is neither letter nor digit
    kinds = kind[marks]
    forbidden = marks[1:][_FORBIDDEN_PAIR[kind[marks[1:] - 1], kinds[1:]]]
    # Unless the line is empty, its last mark is a dot, and only the letters of the top-level domain follow.
    last = marks[np.flatnonzero(kinds == _LINE_END)[1:] - 1]
    tld_lengths = line_ends - last - 1
    no_tld = (kind[last] != _DOT) | (tld_lengths < MIN_TLD) | (tld_lengths > MAX_TLD)
    for offset in range(1, min(int(tld_lengths.max()), MAX_TLD) + 1):
        no_tld |= (kind[line_ends - offset] != _LETTER) & (offset <= tld_lengths)
    good &= ~no_tld | (lengths == 0)
    # Each line has one @, and no sign after it.
    marks = marks[(kinds == _LINE_END) | (kinds == _AT) | (kinds == _SIGN)]
    before, after = kind[marks[:-1]], kind[marks[1:]]
    misplaced = np.where(before == _AT, after != _LINE_END, (after == _LINE_END) & (np.diff(marks) > 1))
    for places in (forbidden, marks[1:][misplaced]):
        good[np.searchsorted(line_ends, places)] = False
    return PackedTexts(np.frombuffer(text + bytes(WORD), np.uint8), line_ends - lengths, lengths)


def _user_ids(data: Bytes, starts: Ints, ends: Ints, good: Mask) -> Ints:
    """The ids of a column, 0 for empty cells; rows without a plain id are cleared in `good` and hold anything."""
    lengths = ends - starts
    good &= (lengths <= MAX_DIGITS) & ((data[starts] != ord("0")) | (lengths == 0))
    numbers = np.zeros(len(starts), np.int64)
    for exponent in range(min(MAX_DIGITS, int(lengths.max()))):
        digits = (data[np.maximum(ends - 1 - exponent, 0)] - np.uint8(ord("0"))).astype(np.int64)
        has_digit = lengths > exponent
        good &= ~has_digit | (digits < BASE)
        numbers += np.where(has_digit, digits * BASE**exponent, 0)
    return numbers
