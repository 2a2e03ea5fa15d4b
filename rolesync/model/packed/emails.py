"""Addresses → their keys, a block of lines at a time: a million addresses fold as fast as a few long texts."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rolesync.model.keys import email_key
from rolesync.model.packed.texts import PackedTexts, pack, pack_lines

Texts = npt.NDArray[np.object_]


_BLOCK = 10_000  # addresses folded at a time: enough to be fast, few enough to be small


def packed_keys(addresses: Sequence[str] | Texts) -> Iterator[PackedTexts]:
    """The `email_key` of each address, packed block by block."""
    return (_folded(addresses[start : start + _BLOCK]) for start in range(0, len(addresses), _BLOCK))


def _folded(block: Sequence[str] | Texts) -> PackedTexts:
    """Fold plain addresses as one text, which is several times faster; a blank in any may be one to take off."""
    lines = "\n".join(block)
    if lines.isascii():
        text = lines.lower().encode()
        if np.count_nonzero(np.frombuffer(text, np.uint8) <= ord(" ")) == len(block) - 1:  # those between the lines
            return pack_lines(text)
    return pack(list(map(email_key, block)))
