"""How records are sealed: by the SHA-256 of their bytes, or by an HMAC with the audit key."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

_FINGERPRINT = 16  # hex digits


class Seal(NamedTuple):
    """A way of sealing records: the fingerprint of its key, "" for no key, and the function that seals bytes."""

    fingerprint: str
    hex: Callable[[bytes], str]
    known: bool = True  # whether the key is known; if not, `hex` raises


def _plain(data: bytes) -> str:
    return sha256(data).hexdigest()


PLAIN = Seal("", _plain)


def seal_of(key: str) -> Seal:
    """Make the seal of a key; without a key, the plain SHA-256."""
    if not key:
        return PLAIN
    secret = key.encode("utf-8", "surrogatepass")  # the environment may hold any bytes
    fingerprint = hmac.digest(secret, b"rolesync audit key", "sha256").hex()[:_FINGERPRINT]
    return Seal(fingerprint, lambda data: hmac.digest(secret, data, "sha256").hex())


def unknown_seal(fingerprint: str) -> Seal:
    """Make the seal of a key that is not known."""
    return Seal(fingerprint, _unmakeable, known=False)


def _unmakeable(_: bytes) -> str:
    raise ValueError("a seal can't be made without its key")
