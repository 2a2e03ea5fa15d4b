"""Where texts stand among packed ones, for a million of them at a time.

It is a table of open addressing, as in every dictionary, but whole columns of hashes are looked for at once. It holds
only numbers of 32 bits, a fourth of what one of pandas does: memory that is used for the first time costs more time
than what is done with it.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rolesync.model.packed import Packed

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_BLOCK = 2**15  # texts put in at a time: what is made of them stays in a processor's own memory
_ROOM = 1.5  # slots for each text, at least: the fuller a table, the longer one looks


class Index:
    """The places of texts among packed ones, where the first of those that are the same stands for all.

    Args:
        texts: the packed ones, fewer than 2**31.
    """

    def __init__(self, texts: Packed) -> None:
        self._texts = texts
        self._bits = max(1, int(_ROOM * len(texts)).bit_length())
        self._slots = np.full(1 << self._bits, -1, np.int32)
        self._clashing: dict[str, int] = {}  # the places of those whose hash a different text has, by text
        self._again, self._before = self._fill()  # the places of those that were there before, and where

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def distinct(self) -> bool:
        """Whether no two are the same."""
        return not len(self._again)

    @cached_property
    def first(self) -> Ints:
        """For each of the texts the place that stands for it."""
        first = np.arange(len(self))
        first[self._again] = self._before
        return first

    def find(self, texts: Packed) -> Ints:
        """The place of each of other texts; -1 for one that is none of these, or is empty."""
        places = self._alike(texts.hashes)
        hits = np.flatnonzero(places >= 0)
        same = texts.same(hits, self._texts, places[hits]) & (texts.size[hits] > 0)
        places[hits[~same]] = -1
        if self._clashing:
            for at, text in enumerate(texts.texts()):
                places[at] = self._clashing.get(text, places[at]) if text else -1
        return places

    def among(self, blocks: Iterable[Packed]) -> Mask:
        """Which of the texts, each at the place that stands for it, are among others."""
        found = np.zeros(len(self) + 1, np.bool_)  # with one more, which is for -1
        for texts in blocks:
            found[self.find(texts)] = True
        return found[:-1]

    def _fill(self) -> tuple[Ints, Ints]:
        found = [pair for start in range(0, len(self), _BLOCK) for pair in self._put(start)]
        again, before = np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1)
        differ = np.flatnonzero(~self._texts.same(again, self._texts, before))
        differ = differ[np.argsort(again[differ])]
        for at, text in zip(differ.tolist(), self._texts.texts(again[differ]), strict=True):
            before[at] = self._clashing.setdefault(text, int(again[at]))
        own = before == again  # the first with another's hash
        return again[~own], before[~own]

    def _put(self, start: int) -> Iterator[Ints]:
        """Put a block of texts into the table; gives the places of those whose hash was there, over where."""
        hashes = self._texts.hashes
        left = np.arange(start, min(start + _BLOCK, len(self)))
        slot, step = self._ways(hashes[left])
        while len(left):
            free = np.flatnonzero(self._slots[slot] < 0)[::-1]  # backwards, so that the first is written last and stays
            self._slots[slot[free]] = left[free]
            held = self._slots[slot]
            alike = hashes[held] == hashes[left]
            again = alike & (held != left)
            if again.any():
                yield np.array([left[again], held[again]], np.int64)
            left, slot, step = left[~alike], slot[~alike] + step[~alike], step[~alike]
            slot &= len(self._slots) - 1

    def _alike(self, hashes: Ints) -> Ints:
        """The first place of each hash; -1 for one that none of the texts has."""
        places = np.full(len(hashes), -1, np.int64)
        left = np.arange(len(hashes) if len(self) else 0)
        slot, step = self._ways(hashes[left])
        while len(left):
            held = self._slots[slot]
            alike = (held >= 0) & (self._texts.hashes[held] == hashes[left])
            places[left[alike]] = held[alike]
            on = (held >= 0) & ~alike
            left, slot, step = left[on], slot[on] + step[on], step[on]
            slot &= len(self._slots) - 1
        return places

    def _ways(self, hashes: Ints) -> tuple[Ints, Ints]:
        """The slot where one begins to look for each hash, and the step to the next: an odd one reaches every slot."""
        first = hashes.view(np.uint64) >> np.uint64(64 - self._bits)
        return first.astype(np.int64), (hashes & (len(self._slots) - 1)) | 1
