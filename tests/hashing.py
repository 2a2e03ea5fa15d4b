"""Hashes of a few bits, so that texts that differ share one: nothing may depend on them but speed."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from rolesync.model.packed import texts


@contextmanager
def hashes_of(bits: int) -> Iterator[None]:
    """Let the hash of every text that is packed here have so many bits."""
    whole = texts._hashed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_hashed", lambda *text: whole(*text) & np.int64((1 << bits) - 1))
        yield
