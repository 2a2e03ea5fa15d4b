"""Where the Authorization header comes from."""

from typing import Protocol

from pydantic import SecretStr

from rolesync.errors import UsageError


class TokenSource(Protocol):
    """Something that knows the Authorization header to send."""

    def header(self) -> str:
        """Return the header's value for the next request."""
        ...

    def renew(self, refused: str) -> bool:
        """Say whether there is another header than `refused`, which was answered with 401."""
        ...


class FixedToken:
    """An access token or API key that a person has set.

    Args:
        token: the secret.
        scheme: the word before it; "" sends the bare token.

    Raises:
        UsageError: no token, or one that can't travel in a header.
    """

    def __init__(self, token: SecretStr, *, scheme: str = "Bearer") -> None:
        secret = token.get_secret_value().strip()
        if not secret:
            raise UsageError("no token is set", hint="set ROLESYNC_TOKEN, or put it in a file of the secrets folder")
        if not travels(secret):
            raise UsageError("the token has blanks, control or non-ASCII characters", hint="copy it again, whole")
        self._header = f"{scheme} {secret}".strip()

    def header(self) -> str:
        """Return the same header every time."""
        return self._header

    def renew(self, refused: str) -> bool:  # noqa: ARG002  # the protocol's argument
        """A fixed token can't be renewed."""
        return False


def travels(secret: str) -> bool:
    """Whether a text can be sent in a header as it is."""
    return bool(secret) and secret.isascii() and secret.isprintable() and " " not in secret
