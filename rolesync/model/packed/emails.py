"""Addresses → their keys. Whole blocks are folded as one text, which is fast for a million addresses."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rolesync.model.keys import PUNYCODE, email_key
from rolesync.model.packed.texts import PackedTexts, pack, pack_lines

Texts = npt.NDArray[np.object_]

_PUNYCODE = PUNYCODE.encode()
_BLOCK = 10_000  # addresses folded at a time: enough to be fast, few enough to need little memory


def packed_keys(addresses: Sequence[str] | Texts) -> Iterator[PackedTexts]:
    """Compute the `email_key` of each address, packed block by block."""
    return (_folded(addresses[start : start + _BLOCK]) for start in range(0, len(addresses), _BLOCK))


def _folded(block: Sequence[str] | Texts) -> PackedTexts:
    """Fold the addresses of a block. Plain ASCII addresses are folded as one text, which is much faster."""
    lines = "\n".join(block)
    if lines.isascii():
        text = lines.lower().encode()
        only_line_feeds = np.count_nonzero(np.frombuffer(text, np.uint8) <= ord(" ")) == len(block) - 1
        if only_line_feeds and _PUNYCODE not in text:
            return pack_lines(text)
    return pack(list(map(email_key, block)))
