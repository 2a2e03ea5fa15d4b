"""Sources of the Authorization header: the protocol, and a fixed token."""

from typing import Protocol

from pydantic import SecretStr

from rolesync.errors import UsageError


class TokenSource(Protocol):
    """A source of the Authorization header."""

    def header(self) -> str:
        """Return the header's value for the next request."""
        ...

    def renew(self, refused: str) -> bool:
        """Return whether another header is available than `refused`, which was answered with 401."""
        ...


class FixedToken:
    """An access token or API key from the settings.

    Args:
        token: the secret.
        scheme: the word before it; "" sends only the token.

    Raises:
        UsageError: there is no token, or it isn't valid in a header.
    """

    def __init__(self, token: SecretStr, *, scheme: str = "Bearer") -> None:
        secret = token.get_secret_value().strip()
        if not secret:
            raise UsageError("no token is set", hint="set ROLESYNC_TOKEN, or put it in a file of the secrets folder")
        if not is_header_safe(secret):
            raise UsageError(
                "the token contains spaces, control or non-ASCII characters", hint="copy the whole token again"
            )
        self._header = f"{scheme} {secret}".strip()

    def header(self) -> str:
        """Return the same header every time."""
        return self._header

    def renew(self, refused: str) -> bool:  # noqa: ARG002  # the protocol's argument
        """Return False: a fixed token can't be renewed."""
        return False


def is_header_safe(secret: str) -> bool:
    """Whether a text can be sent in a header unchanged."""
    return bool(secret) and secret.isascii() and secret.isprintable() and " " not in secret
