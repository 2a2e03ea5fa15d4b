"""Where texts stand among packed ones, for a million of them at a time.

It is a table of open addressing, as in every dictionary, but whole columns of texts are looked for at once. A slot is
one number, a place and half of a hash: memory that is used for the first time costs more time than what is done with
it, so that there is as little as possible.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rolesync.model.packed.texts import PackedTexts

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_BLOCK = 2**15  # texts put in at a time: what is made of them stays in a processor's own memory
_HALF = 32  # bits of a slot that are a hash's upper half; the others are a place from 1 on, 0 where the slot is free
_ROOM = 1.5  # slots for each text, at least: the fuller a table, the longer one looks


class Index:
    """The places of texts among packed ones, where the first of those that are the same stands for all.

    Args:
        texts: the packed ones, fewer than 2**31.
    """

    def __init__(self, texts: PackedTexts) -> None:
        self._texts = texts
        self._slots = np.zeros(1 << int(_ROOM * len(texts)).bit_length(), np.int64)
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

    def find(self, texts: PackedTexts) -> Ints:
        """The place of each of other texts; -1 for one that is none of these, or is empty."""
        places = self._alike(texts.hashes())
        hits = np.flatnonzero(places >= 0)
        same = texts.same(hits, self._texts, places[hits]) & (texts.size[hits] > 0)
        places[hits[~same]] = -1
        if self._clashing:
            for at, text in enumerate(texts.texts()):
                places[at] = self._clashing.get(text, places[at]) if text else -1
        return places

    def among(self, blocks: Iterable[PackedTexts]) -> Mask:
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
        left = np.arange(start, min(start + _BLOCK, len(self)))
        slot, step, half = self._ways(self._texts.hashes(slice(start, start + _BLOCK)))
        while len(left):
            free = np.flatnonzero(self._slots[slot] == 0)[::-1]  # so that the first is written last, and stays
            self._slots[slot[free]] = half[free] | (left[free] + 1)
            held, alike = self._held(slot, half)
            again = alike & (held != left)
            if again.any():
                yield np.array([left[again], held[again]])
            left, half, slot, step = left[~alike], half[~alike], slot[~alike] + step[~alike], step[~alike]
            slot &= len(self._slots) - 1

    def _alike(self, hashes: Ints) -> Ints:
        """The first place of each hash; -1 for one that none of the texts has."""
        places = np.full(len(hashes), -1, np.int64)
        left = np.arange(len(hashes))
        slot, step, half = self._ways(hashes)
        while len(left):
            held, alike = self._held(slot, half)
            places[left[alike]] = held[alike]
            on = (held >= 0) & ~alike
            left, half, slot, step = left[on], half[on], slot[on] + step[on], step[on]
            slot &= len(self._slots) - 1
        return places

    def _held(self, slot: Ints, half: Ints) -> tuple[Ints, Mask]:
        """The place in each slot, -1 in a free one, and whether its hash is that of what is looked for."""
        found = self._slots[slot]
        held = (found & (1 << _HALF) - 1) - 1
        return held, ((found ^ half) >> _HALF == 0) & (held >= 0)

    def _ways(self, hashes: Ints) -> tuple[Ints, Ints, Ints]:
        """The slot where one begins to look for each hash, the step to the next, and the half that a slot holds.

        The step is odd, so that it reaches every slot.
        """
        last = len(self._slots) - 1
        return hashes & last, (hashes >> _HALF & last) | 1, hashes & -1 << _HALF
