"""Columns that grow at their end while their length is unknown."""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)

_SPARE = 1.1  # room for each number expected to follow: parts differ in length


class GrowableArray(Generic[Kind]):
    """An array to which numbers are appended.

    It has spare room. When that is used up, it doubles, or grows by what is expected to follow. So a number is copied
    twice at most on average, and the parts need not be kept.

    Args:
        kind: the dtype of the numbers.
    """

    def __init__(self, kind: type[Kind]) -> None:
        self._room: npt.NDArray[Kind] = np.empty(0, kind)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, part: npt.NDArray[Any], more: float = 0) -> None:
        """Append numbers. `more` is the expected size of all later parts, in multiples of this part."""
        end = self._size + len(part)
        if end > len(self._room):
            size = end + max(end, int(len(part) * more * _SPARE))
            # Numpy would request huge pages, which are slow to get in new memory, as on virtual machines.
            room = np.frombuffer(bytearray(size * self._room.itemsize), self._room.dtype)
            room[: self._size] = self.whole()
            self._room = room
        self._room[self._size : end] = part
        self._size = end

    def whole(self) -> npt.NDArray[Kind]:
        """All numbers so far, not copied."""
        return self._room[: self._size]
