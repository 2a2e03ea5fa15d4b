"""Cells of a whole column at a time: which may speak against a user, which are equal, which different ones there are.

Cells are bytes of a block, from `starts` to `ends`. After the last cell, the data must go on for a word.
"""

import re
from bisect import bisect_left
from functools import cache

import numpy as np
import numpy.typing as npt

from rolesync.model.packed.texts import WORD
from rolesync.reader.column_words import CellMeaning, status_words
from rolesync.reader.remarks import KEY, keys, part_key
from rolesync.reader.word_tables import fold_word

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

_LETTERS = 3  # at the beginning of a cell; few other texts begin like a word against a user
_BITS = 5  # that distinguish letters, without their case
_NOT_ASCII = 0x80  # from here on, bytes belong to other letters
_CASE = 0x20  # the bit that makes an ASCII letter lower-case
_PART = 4  # bytes of a key that are looked for at once; a key has one at each of so many places
_SMALL_PART, _SMALL_KEY = int.from_bytes(b" " * _PART, "little"), int.from_bytes(b" " * KEY, "little")
_HASH, _SHIFT = np.uint32(2654435769), 16  # four letters → a code of 16 bits (Knuth's multiplicative hash)
_FIRST = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], np.uint64)  # the first bytes of a word


def equal_cells(data: Bytes, starts: Ints, ends: Ints, among: Ints, cell: bytes) -> Ints:
    """Find the cells that equal a text, among some."""
    words = _words(data)
    equal: Ints = among[ends[among] - starts[among] == len(cell)]
    for offset in range(0, len(cell), WORD):
        part = cell[offset : offset + WORD]
        word = words[starts[equal] + offset] & _FIRST[len(part)]
        equal = equal[word == int.from_bytes(part, "little")]
    return equal


def few_cells(data: Bytes, starts: Ints, ends: Ints, limit: int) -> dict[bytes, int] | None:
    """Count the different cells; None if there are more than `limit`."""
    counts: dict[bytes, int] = {}
    remaining = np.arange(len(starts))
    while len(remaining):
        if len(counts) == limit:
            return None
        cell = data[starts[remaining[0]] : ends[remaining[0]]].tobytes()
        equal = equal_cells(data, starts, ends, remaining, cell)
        counts[cell] = len(equal)
        is_equal = np.zeros(len(starts), np.bool_)
        is_equal[equal] = True
        remaining = remaining[~is_equal[remaining]]
    return counts


def may_speak_against(data: Bytes, starts: Ints, ends: Ints, cache: dict[int, bool]) -> Ints:
    """Find the cells that begin like a word that speaks against a user; all such words are among them.

    Args:
        data: the bytes of the cells.
        starts: where each cell starts.
        ends: where each cell ends.
        cache: whether a word may begin with these bytes; the caller keeps it for the next cells.
    """
    lengths = np.minimum(ends - starts, WORD)
    places = np.flatnonzero(lengths > _LETTERS)  # no word against a user is shorter
    words = _words(data)[starts[places]] & _FIRST[lengths[places]]
    first = words.astype("<u8").view(np.uint8).reshape(-1, WORD)[:, :_LETTERS] | np.uint8(_CASE)
    is_letter = ((first >= ord("a")) & (first <= ord("z"))).all(axis=1)
    is_digit = (first[:, 0] >= ord("0")) & (first[:, 0] <= ord("9"))
    codes = (first & ((1 << _BITS) - 1)).astype(np.int64) @ [1 << 2 * _BITS, 1 << _BITS, 1]
    maybe = np.flatnonzero((~is_letter & ~is_digit) | (is_letter & _beginnings()[codes]))
    different, which = np.unique(words[maybe], return_inverse=True)
    begins = [_begins(word, cache) for word in different.tolist()]
    return places[maybe[np.array(begins, np.bool_)[which]]]


def may_hold_remark(data: Bytes, starts: Ints, ends: Ints) -> Ints:
    """Find the cells that hold a key of a remark against a user, see `remarks`; all such remarks are among them.

    Every fourth place is looked at: four bytes of a key are there, whichever its first place is.

    Args:
        data: the bytes of the cells.
        starts: where each cell starts, in the order of the data.
        ends: where each cell ends.
    """
    parts = data[: len(data) // _PART * _PART].view("<u4") | np.uint32(_SMALL_PART)
    hits = _PART * np.flatnonzero(_may_be_part()[(parts * _HASH) >> np.uint32(_SHIFT)])
    places = (hits[:, np.newaxis] - np.arange(_PART)).ravel()
    places = places[(places >= 0) & (places <= len(data) - WORD)]
    keys_there = _words(data)[places] & _FIRST[KEY] | np.uint64(_SMALL_KEY)
    places = places[np.isin(keys_there, _remark_keys())]
    key = part_key()
    cells = [_cells_with(places, KEY, starts, ends), _cells_with(_places_of(key, data), len(key), starts, ends)]
    return np.unique(np.concatenate(cells))


def _cells_with(places: Ints, size: int, starts: Ints, ends: Ints) -> Ints:
    """The cells that have so many bytes from each place on."""
    cells = np.searchsorted(ends, places, side="right")
    places, cells = places[cells < len(ends)], cells[cells < len(ends)]
    within: Ints = cells[(starts[cells] <= places) & (places + size <= ends[cells])]
    return within


def _places_of(key: bytes, data: Bytes) -> Ints:
    """Where a key outside ASCII is in the data."""
    if not len(data) or data.max() < _NOT_ASCII:
        return np.array([], np.int64)
    return np.array([match.start() for match in re.finditer(re.escape(key), data.tobytes())], np.int64)


def _words(data: Bytes) -> npt.NDArray[np.uint64]:
    """The bytes from each place on as a number."""
    return np.ndarray(len(data) - WORD + 1, "<u8", data, strides=(1,))


@cache
def _remark_keys() -> npt.NDArray[np.uint64]:
    return np.array([int.from_bytes(key, "little") for key in keys()], np.uint64) | np.uint64(_SMALL_KEY)


@cache
def _may_be_part() -> npt.NDArray[np.bool_]:
    """Which four bytes may be a part of a key, by their code."""
    parts = [int.from_bytes(key[at : at + _PART], "little") for key in keys() for at in range(_PART)]
    codes = np.zeros(1 << 32 - _SHIFT, np.bool_)
    codes[((np.array(parts, np.uint32) | np.uint32(_SMALL_PART)) * _HASH) >> np.uint32(_SHIFT)] = True
    return codes


@cache
def _words_against() -> tuple[str, ...]:
    return tuple(sorted(map(fold_word, status_words(CellMeaning.AGAINST))))


@cache
def _set_of_words_against() -> frozenset[str]:
    return frozenset(_words_against())


@cache
def _beginnings() -> npt.NDArray[np.bool_]:
    """Which letters begin a word against a user, by the code of these letters."""
    beginnings = np.zeros(1 << _LETTERS * _BITS, np.bool_)
    for word in _words_against():
        code = 0
        for letter in word[:_LETTERS]:
            code = code << _BITS | ord(letter) & ((1 << _BITS) - 1)
        if word[:_LETTERS].isascii():
            beginnings[code] = True
    return beginnings


def _begins(first_bytes: int, cache: dict[int, bool]) -> bool:
    """Whether a word against a user may begin with these bytes, see `fold_word`; a cut letter may be any letter."""
    begins = cache.get(first_bytes)
    if begins is None:
        text = first_bytes.to_bytes(WORD, "little").rstrip(b"\0").decode("utf-8", "ignore")
        folded = fold_word(text)
        is_sign = not any(map(str.isalnum, folded))  # then `fold_word` leaves the signs
        certain = folded if folded[-1:].isascii() else folded[:-1]  # a mark may follow and change the last letter
        begins = is_sign or _may_begin_word(certain)
        cache[first_bytes] = begins
    return begins


def _may_begin_word(text: str) -> bool:
    """Whether a text begins with a word against a user, or such a word with the text."""
    words = _words_against()
    place = bisect_left(words, text)
    return (place < len(words) and words[place].startswith(text)) or any(
        text[:size] in _set_of_words_against() for size in range(1, len(text))
    )
