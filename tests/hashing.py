"""Hashes of only a few bits, so that different texts share one: that may cost speed, and must not change a result."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from rolesync.model.packed import texts


@contextmanager
def hashes_of(bits: int) -> Iterator[None]:
    """Give the hash of every text that is packed in this block this many bits."""
    whole = texts._hashed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_hashed", lambda *text: whole(*text) & np.int64((1 << bits) - 1))
        yield
