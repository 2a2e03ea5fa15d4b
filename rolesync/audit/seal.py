"""How the hash of a record is made: from its bytes alone, or with a key that only the account's owner has."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

_FINGERPRINT = 16  # hex digits
_BLOCK = 64  # bytes that SHA-256 takes at a time


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
    return Seal(fingerprint, _keyed(secret))


def unknown_seal(fingerprint: str) -> Seal:
    """Make the seal of a key that we don't have."""
    return Seal(fingerprint, _unmakeable, known=False)


def _unmakeable(_: bytes) -> str:
    raise ValueError("a seal can't be made without its key")


def _keyed(secret: bytes) -> Callable[[bytes], str]:
    """Make HMAC-SHA256 (RFC 2104) with the two halves of the key hashed beforehand: half the time of `hmac.digest`."""
    block = (secret if len(secret) <= _BLOCK else sha256(secret).digest()).ljust(_BLOCK, b"\0")
    inner, outer = sha256(bytes(byte ^ 0x36 for byte in block)), sha256(bytes(byte ^ 0x5C for byte in block))

    def seal(data: bytes) -> str:
        inside, outside = inner.copy(), outer.copy()
        inside.update(data)
        outside.update(inside.digest())
        return outside.hexdigest()

    return seal
