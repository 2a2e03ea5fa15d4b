"""Columns that grow at their end, part by part, until it is known how long they are."""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)

_SPARE = 1.1  # of what is said to follow, since its parts are not all alike


class GrowableArray(Generic[Kind]):
    """Numbers to whose end others are put.

    There is always room for some more, when that is used up for as much again or for what is to follow: so each is
    copied once or twice or not at all, and parts need not be kept beside the whole.

    Args:
        kind: the numbers' dtype.
    """

    def __init__(self, kind: type[Kind]) -> None:
        self._room: npt.NDArray[Kind] = np.empty(0, kind)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, part: npt.NDArray[Any], more: float = 0) -> None:
        """Put numbers at the end; about so many times as many will follow, as far as somebody knows."""
        end = self._size + len(part)
        if end > len(self._room):
            size = end + max(end, int(len(part) * more * _SPARE))
            # Numpy would ask for huge pages, which are slow to come by where memory is new, as on virtual machines.
            room = np.frombuffer(bytearray(size * self._room.itemsize), self._room.dtype)
            room[: self._size] = self.whole()
            self._room = room
        self._room[self._size : end] = part
        self._size = end

    def whole(self) -> npt.NDArray[Kind]:
        """All of them so far, which stay where they are."""
        return self._room[: self._size]
