"""Stores the OAuth tokens of one account between runs: `token.json`, private, replaced atomically.

Refresh tokens rotate, so only this file has the current one. Space for the next pair is therefore reserved before the
request for it (`TokenStore.reserve`). A lock (`token.lock`) allows one process at a time to send that request.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr, ValidationError

from rolesync.errors import LockHeldError, RolesyncError
from rolesync.log_secrets import hide
from rolesync.private_files import PRIVATE, create, make_private_folder, sync_names

STORE, _LOCK = "token.json", "token.lock"
RESERVED = 16 * 1024  # bytes; several times the size of the longest known tokens
_MAX_MARGIN = timedelta(seconds=60)
"""How long before its expiry a token is renewed: enough for a request and for slightly different clocks."""


class StoredToken(BaseModel):
    """A pair of tokens from one answer of Studio. Times are by this machine's clock.

    `expires_at` is None if Studio named no lifetime. `spent` has the fingerprints of the refresh tokens that were
    configured up to this pair. A configured token that is not in `spent` is new, and is used instead of this pair.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    client_id: str
    access_token: SecretStr
    refresh_token: SecretStr
    obtained_at: AwareDatetime
    expires_at: AwareDatetime | None
    spent: tuple[str, ...] = ()

    def model_post_init(self, _context: object, /) -> None:
        """Keep the pair out of the log, wherever it comes from."""
        hide(self.access_token.get_secret_value(), self.refresh_token.get_secret_value())

    def is_due(self, now: datetime) -> bool:
        """Whether it has expired, or expires so soon that it should be renewed."""
        return self.expires_at is not None and now >= self.expires_at - self.margin

    def is_young(self, now: datetime) -> bool:
        """Whether it was issued so recently that a new one would be refused as well."""
        return timedelta(0) <= now - self.obtained_at < self.margin

    @property
    def margin(self) -> timedelta:
        """The time after its issue in which it is young, and before its expiry in which it is due."""
        if self.expires_at is None:
            return _MAX_MARGIN
        return min(_MAX_MARGIN, (self.expires_at - self.obtained_at) / 10)


def fingerprint(refresh_token: SecretStr) -> str:
    """Identify a refresh token without revealing it; "" for none."""
    secret = refresh_token.get_secret_value()
    return sha256(secret.encode()).hexdigest() if secret else ""


class TokenStore:
    """The tokens of one account.

    Args:
        folder: the account's folder; created, for its owner only, if it doesn't exist.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / STORE
        self._folder = folder

    def read(self) -> StoredToken | None:
        """Return the current pair, None if none was ever stored. No lock is needed: the file is replaced atomically.

        Raises:
            RolesyncError: the file can't be read, or its content was changed.
        """
        hint = "give this user access to it, or move it away and run `rolesync login` to get a new token"
        try:
            return StoredToken.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RolesyncError(f"{self.path} can't be read: {error.strerror or error}", hint=hint) from error
        except ValidationError as error:  # not chained: only its messages certainly hold no secret
            details = "; ".join(": ".join([*map(str, item["loc"]), item["msg"]]) for item in error.errors())
            raise RolesyncError(f"{self.path} is not what rolesync wrote ({details})", hint=hint) from None

    @contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """Hold the lock for renewing the token, across processes, while the `with` block lasts.

        Args:
            patience: seconds to wait for another process that holds it.

        Raises:
            LockHeldError: the other process still holds it after that time.
            RolesyncError: the lock can't be taken.
        """
        lock = FileLock(self._folder / _LOCK, mode=PRIVATE, fallback_to_soft=False)
        try:
            make_private_folder(self._folder)
            if stat.S_IMODE(self._folder.stat().st_mode) & 0o077:
                self._folder.chmod(0o700)
            lock.acquire(timeout=patience)
        except Timeout as error:
            raise LockHeldError(
                f"{self._folder / _LOCK}: another process has been renewing the token for more than {patience:g} s",
                hint="wait until it ends, or check it; the lock is released as soon as that process ends",
            ) from error
        except OSError as error:
            raise self._failed("the token's lock can't be taken", error) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def reserve(self) -> Iterator[Callable[[StoredToken], None]]:
        """Reserve space for the next pair; yields the function that stores it durably. The caller holds the lock.

        A full disk or a read-only folder fails here, before the current refresh token is spent.

        Raises:
            RolesyncError: there is no space; or, from that function, the pair could not be stored.
        """
        new_file = self.path.with_name(f"{STORE}.new")
        try:
            try:
                new_file.unlink(missing_ok=True)  # left by a crash
                os.close(create(new_file))
                _write_durably(new_file, b" " * RESERVED)
            except OSError as error:
                raise self._failed("there is no space for a new token, so none was requested", error) from error
            yield lambda token: self._store(token, new_file)
        finally:
            with suppress(OSError):  # a file left behind is removed or reported the next time
                new_file.unlink()

    def _store(self, token: StoredToken, new_file: Path) -> None:
        try:
            _write_durably(new_file, _encode(token))
            new_file.replace(self.path)
            sync_names(self._folder)
        except OSError as error:
            raise self._failed("the new token could not be stored, so it was not used", error) from error

    def _failed(self, problem: str, error: Exception) -> RolesyncError:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "free space, give this user access to the folder; if Studio then refuses the token: `rolesync login`"
        return RolesyncError(f"{self._folder}: {problem}: {reason}", hint=hint)


def _write_durably(path: Path, content: bytes) -> None:
    """Replace the content of an existing file, and wait until it is on the disk."""
    with path.open("r+b", buffering=0) as file:  # a buffer would retry a failed write when it is closed
        written = 0
        while written < len(content):  # each call writes at least a byte or raises
            written += file.write(content[written:])
        file.truncate()
        os.fsync(file.fileno())


def _encode(token: StoredToken) -> bytes:
    """Encode a pair as JSON: the only place where the secrets leave their `SecretStr`."""
    fields = {
        "client_id": token.client_id,
        "access_token": token.access_token.get_secret_value(),
        "refresh_token": token.refresh_token.get_secret_value(),
        "obtained_at": token.obtained_at.astimezone(UTC).isoformat(),
        "expires_at": token.expires_at and token.expires_at.astimezone(UTC).isoformat(),
        "spent": token.spent,
    }
    return json.dumps(fields, indent=2).encode()
