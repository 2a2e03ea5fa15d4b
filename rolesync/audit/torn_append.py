"""The remains of an append that was cut short, such as by a power failure: how they are recognised and described."""

from hashlib import sha256
from typing import NamedTuple, Self


class TornAppend(NamedTuple):
    """The remains of an append that was cut short: their length and SHA-256, without the newline that closes them."""

    torn_bytes: int
    torn_sha256: str

    @classmethod
    def of(cls, torn: bytes | bytearray) -> Self:
        """Describe the bytes."""
        text = bytes(torn).removesuffix(b"\n")
        return cls(len(text), sha256(text).hexdigest())


def may_be_torn(remains: bytes | bytearray, seq: int) -> bool:
    """Whether bytes after record `seq` may be the remains of appends that were cut short.

    Each line of them must begin as the next record does. In place of what did not reach the disk there may be zeros.
    """
    beginning = b'{"seq":%d,"time":"' % (seq + 1)
    for line in bytes(remains).removesuffix(b"\n").split(b"\n"):
        line_beginning = line.rstrip(b"\0")[: len(beginning)]
        if not line or not beginning.startswith(line_beginning):
            return False
    return True
