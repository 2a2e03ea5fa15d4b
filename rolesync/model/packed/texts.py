"""Texts packed end to end as bytes, so that numpy hashes and compares a million of them by whole columns.

Equal hashes only mean that texts may be equal. `same` compares every byte.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rolesync.model.packed.growing import GrowableArray

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

WORD = 8  # bytes that are read together

_BLOCK = 10_000  # texts packed at a time: enough to be fast, few enough for the cache of the processor
_END = 10  # a line feed
_HASHED = 256  # bytes of a text that enter its hash, with its size; an address is shorter
_HALF = np.uint64(32)  # bits of a word
_FIRST = np.array([(1 << 8 * size) - 1 for size in range(WORD)], np.uint64)  # the first bytes of a word
_ODD = np.array([0x9E3779B97F4A7C15 * (2 * at + 1) % 2**64 for at in range(_HASHED // WORD)], np.uint64)
"""A factor for each word of a text. Each is odd, so that the product loses no information."""


@dataclass(frozen=True, eq=False)
class PackedTexts:
    """Texts as UTF-8 in `data`: each has `size` bytes from `start` on. At least a word follows the last text."""

    data: Bytes
    start: Ints
    size: Ints

    def __len__(self) -> int:
        return len(self.size)

    def take(self, which: Ints | Mask | slice) -> "PackedTexts":
        """Select some of the texts, in this order."""
        return PackedTexts(self.data, self.start[which], self.size[which])

    def texts(self, which: Ints | Mask | slice = slice(None)) -> list[str]:
        """Decode the texts, or some of them in this order."""
        data, start, size = self.data.data, self.start[which], self.size[which]
        bounds = zip(start.tolist(), (start + size).tolist(), strict=True)
        return [str(data[first:end], "utf-8", "surrogatepass") for first, end in bounds]

    def hashes(self, which: slice = slice(None)) -> Ints:
        """Hash each text, wherever it is packed; 0 for an empty text."""
        return _hashed(_words(self.data), self.start[which], self.size[which])

    def same(self, positions: Ints, other: "PackedTexts", other_positions: Ints) -> Mask:
        """Compare the texts at `positions` with the texts of `other` at `other_positions`, pair by pair."""
        size = self.size[positions]
        same: Mask = size == other.size[other_positions]
        if not same.all():
            same[same] = self.same(positions[same], other, other_positions[same])
            return same
        start, other_start = self.start[positions], other.start[other_positions]
        words, other_words = _words(self.data), _words(other.data)
        for offset in range(0, int(size.max(initial=0)), WORD):
            same &= _read(words, start, size, offset) == _read(other_words, other_start, size, offset)
        return same


def pack(texts: Sequence[str]) -> PackedTexts:
    """Pack texts, with or without line feeds in them."""
    return join(_packed(texts[start : start + _BLOCK]) for start in range(0, len(texts), _BLOCK))


def pack_lines(text: bytes) -> PackedTexts:
    """Pack the lines of a text. Line feeds separate them, and none follows the last line."""
    data = np.frombuffer(text + bytes(WORD), np.uint8)
    ends = np.append(np.flatnonzero(data == _END), len(text))
    starts = np.append(0, ends[:-1] + 1)
    return PackedTexts(data, starts, ends - starts)


class TextPacker:
    """Appends packed texts. Each part brings all its data, even where parts share it."""

    def __init__(self) -> None:
        self._data = GrowableArray(np.uint8)
        self._start, self._size = GrowableArray(np.int64), GrowableArray(np.int64)

    def extend(self, part: PackedTexts, more: float = 0) -> None:
        """Append texts. `more` is the expected size of all later parts, in multiples of this part."""
        self._start.extend(part.start + len(self._data), more)
        self._size.extend(part.size, more)
        self._data.extend(part.data, more)

    def whole(self) -> PackedTexts:
        """All texts so far."""
        if not len(self._data):
            self._data.extend(np.zeros(WORD, np.uint8))
        return PackedTexts(self._data.whole(), self._start.whole(), self._size.whole())


def join(parts: Iterable[PackedTexts]) -> PackedTexts:
    """Join packed texts, in order."""
    packer = TextPacker()
    for part in parts:
        packer.extend(part)
    return packer.whole()


def _packed(texts: Sequence[str]) -> PackedTexts:
    text = "\n".join(texts).encode("utf-8", "surrogatepass")
    if text.count(b"\n") == len(texts) - 1:
        return pack_lines(text)
    sizes = [len(item.encode("utf-8", "surrogatepass")) for item in texts]  # texts with line feeds in them
    size = np.array(sizes, np.int64)
    return PackedTexts(np.frombuffer(text + bytes(WORD), np.uint8), np.cumsum(size + 1) - 1 - size, size)


def _words(data: Bytes) -> Words:
    """View the data as the words that begin at each byte."""
    return np.ndarray(len(data) - WORD + 1, "<u8", data, strides=(1,))


def _read(words: Words, start: Ints, size: Ints, offset: int) -> Words:
    """Read the word of each text at its byte `offset`, or its last word where the text ends before."""
    word = words[start + np.minimum(offset, np.maximum(size - WORD, 0))]
    short = np.flatnonzero(size < WORD)
    word[short] &= _FIRST[size[short]]
    return word


def _hashed(words: Words, start: Ints, size: Ints) -> Ints:
    hashes = size.astype(np.uint64)
    for offset in range(0, min(int(size.max(initial=0)), _HASHED), WORD):
        word = _read(words, start, size, offset) * _ODD[offset // WORD]
        word ^= word >> _HALF
        word *= size > offset  # a text that has ended adds nothing
        hashes += word
    hashes *= _ODD[0]
    hashes ^= (
        hashes >> _HALF
    )  # so that every bit of a text can change the lowest bits, which select the slot of a table
    return hashes.view(np.int64)
