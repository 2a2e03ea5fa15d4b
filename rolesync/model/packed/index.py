"""A hash table of packed texts, which looks up whole columns of texts in one vectorised call.

It uses open addressing, like every dictionary. A slot is one number: a place, and half of a hash. The table is small on
purpose: memory that is used for the first time costs more time than the work with it.

No library is used, because none is faster: with a million addresses, this table is as fast as pyarrow,
which would add 170 MB to the installation.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rolesync.model.packed.texts import PackedTexts

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_BLOCK = 2**15  # texts inserted at a time: few enough for the cache of the processor
_HALF = 32  # bits of a slot for the upper half of a hash; the lower bits are a place from 1 on, or 0 if it is free
_ROOM = 1.5  # slots per text, at least: the fuller a table, the longer each search


class Index:
    """Finds the places of texts among packed texts. Equal texts all have the place of the first of them.

    Args:
        texts: the packed texts, fewer than 2**31.
    """

    def __init__(self, texts: PackedTexts) -> None:
        self._texts = texts
        self._slots = np.zeros(1 << int(_ROOM * len(texts)).bit_length(), np.int64)
        self._clashing: dict[str, int] = {}  # places of texts that share their hash with a different text
        self._repeats, self._originals = self._fill()  # places of repeated texts, and of the first equal text

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def distinct(self) -> bool:
        """Whether all texts differ."""
        return not len(self._repeats)

    @cached_property
    def first(self) -> Ints:
        """For each text, the place of the first equal text."""
        first = np.arange(len(self))
        first[self._repeats] = self._originals
        return first

    def find(self, texts: PackedTexts) -> Ints:
        """Find the place of each of other texts; -1 for an unknown or empty text."""
        places = self._find_hashes(texts.hashes())
        hits = np.flatnonzero(places >= 0)
        same = texts.same(hits, self._texts, places[hits]) & (texts.size[hits] > 0)
        places[hits[~same]] = -1
        if self._clashing:
            for at, text in enumerate(texts.texts()):
                places[at] = self._clashing.get(text, places[at]) if text else -1
        return places

    def among(self, blocks: Iterable[PackedTexts]) -> Mask:
        """Mark the texts of the index that occur in other texts. Of equal texts, only the first is marked."""
        marks = np.zeros(len(self) + 1, np.bool_)  # the last is for -1
        for texts in blocks:
            marks[self.find(texts)] = True
        return marks[:-1]

    def _fill(self) -> tuple[Ints, Ints]:
        pairs = [pair for start in range(0, len(self), _BLOCK) for pair in self._insert(start)]
        repeats, originals = np.concatenate([np.zeros((2, 0), np.int64), *pairs], axis=1)
        differ = np.flatnonzero(~self._texts.same(repeats, self._texts, originals))
        differ = differ[np.argsort(repeats[differ])]
        for at, text in zip(differ.tolist(), self._texts.texts(repeats[differ]), strict=True):
            originals[at] = self._clashing.setdefault(text, int(repeats[at]))
        is_repeat = originals != repeats  # else a new text with the hash of another text
        return repeats[is_repeat], originals[is_repeat]

    def _insert(self, start: int) -> Iterator[Ints]:
        """Insert a block of texts. Yields pairs of rows: the places of known hashes, and where each was first."""
        pending = np.arange(start, min(start + _BLOCK, len(self)))
        slot, step, half = self._probe(self._texts.hashes(slice(start, start + _BLOCK)))
        while len(pending):
            free = np.flatnonzero(self._slots[slot] == 0)[::-1]  # reversed: the first text is written last, and stays
            self._slots[slot[free]] = half[free] | (pending[free] + 1)
            place, hit = self._read(slot, half)
            repeated = hit & (place != pending)
            if repeated.any():
                yield np.array([pending[repeated], place[repeated]])
            pending, half, slot, step = pending[~hit], half[~hit], slot[~hit] + step[~hit], step[~hit]
            slot &= len(self._slots) - 1

    def _find_hashes(self, hashes: Ints) -> Ints:
        """Find the first place of each hash; -1 for an unknown hash."""
        places = np.full(len(hashes), -1, np.int64)
        pending = np.arange(len(hashes))
        slot, step, half = self._probe(hashes)
        while len(pending):
            place, hit = self._read(slot, half)
            places[pending[hit]] = place[hit]
            other = (place >= 0) & ~hit
            pending, half, slot, step = pending[other], half[other], slot[other] + step[other], step[other]
            slot &= len(self._slots) - 1
        return places

    def _read(self, slot: Ints, half: Ints) -> tuple[Ints, Mask]:
        """Read the place in each slot (-1 if the slot is free), and whether the slot holds the half of a hash."""
        content = self._slots[slot]
        place = (content & (1 << _HALF) - 1) - 1
        return place, ((content ^ half) >> _HALF == 0) & (place >= 0)

    def _probe(self, hashes: Ints) -> tuple[Ints, Ints, Ints]:
        """Compute the first slot to look in for each hash, the step to the next slot, and the half for the slot.

        The step is odd, so that it reaches every slot.
        """
        last = len(self._slots) - 1
        return hashes & last, (hashes >> _HALF & last) | 1, hashes & -1 << _HALF
