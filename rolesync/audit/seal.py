"""How the hash of a record is made: from its bytes alone, or with a key that only the account's owner has."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

_FINGERPRINT = 16  # hex digits


class Seal(NamedTuple):
    """One way of sealing records: the key's fingerprint, "" for no key, and what makes the seal of some bytes."""

    fingerprint: str
    hex: Callable[[bytes], str]
    known: bool = True  # whether we have the key; without it, `hex` is not to be called


def _plain(data: bytes) -> str:
    return sha256(data).hexdigest()


PLAIN = Seal("", _plain)


def seal_of(key: str) -> Seal:
    """Make the seal of a key; without one, that of the bytes alone."""
    if not key:
        return PLAIN
    secret = key.encode("utf-8", "surrogatepass")  # from the environment, any bytes may come
    fingerprint = hmac.digest(secret, b"rolesync audit key", "sha256").hex()[:_FINGERPRINT]
    return Seal(fingerprint, lambda data: hmac.digest(secret, data, "sha256").hex())


def unknown_seal(fingerprint: str) -> Seal:
    """Make the seal of a key that we don't have."""
    return Seal(fingerprint, _unmakeable, known=False)


def _unmakeable(_: bytes) -> str:
    raise ValueError("a seal can't be made without its key")
