"""Where the OAuth tokens of one account are kept between runs: `token.json`, private, replaced only as a whole.

Refresh tokens rotate, so that this file is the only place in the world that has the current one. Room for the next one
is therefore made before Studio is asked for it (`TokenStore.room`), and a lock (`token.lock`) sees to it that no two
processes ask at once.
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

STORE, LOCK = "token.json", "token.lock"
ROOM = 16 * 1024  # bytes; several times what tokens of the longest known kind take
LONGEST_MARGIN = timedelta(seconds=60)
"""How long before its end a token is renewed: long enough for a request and for clocks that differ a little."""


class StoredToken(BaseModel):
    """A pair of tokens, as one answer of Studio brought it. Times are by this machine's clock.

    `expires_at` is None where Studio didn't say. `spent` holds the fingerprints of the refresh tokens that had been
    configured up to then: whoever configures one that is not among them wants that one to be used.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    client_id: str
    access_token: SecretStr
    refresh_token: SecretStr
    obtained_at: AwareDatetime
    expires_at: AwareDatetime | None
    spent: tuple[str, ...] = ()

    def is_due(self, now: datetime) -> bool:
        """Whether it has ended, or ends so soon that it had better be renewed."""
        return self.expires_at is not None and now >= self.expires_at - self.margin

    def is_young(self, now: datetime) -> bool:
        """Whether it was made so lately that another one would fare no better."""
        return timedelta(0) <= now - self.obtained_at < self.margin

    @property
    def margin(self) -> timedelta:
        """The part of its life that counts as its first and as its last moments."""
        if self.expires_at is None:
            return LONGEST_MARGIN
        return min(LONGEST_MARGIN, (self.expires_at - self.obtained_at) / 10)


def fingerprint(refresh_token: SecretStr) -> str:
    """Name a refresh token without telling it; "" for none."""
    secret = refresh_token.get_secret_value()
    return sha256(secret.encode()).hexdigest() if secret else ""


class TokenStore:
    """The tokens of one account.

    Args:
        folder: the account's folder; made, for its owner only, where there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / STORE
        self._folder = folder

    def read(self) -> StoredToken | None:
        """Return the current pair, None where none has ever been stored. Needs no lock: the file is never half new.

        Raises:
            RolesyncError: the file can't be read, or is not what was written.
        """
        hint = "give this user access to it; or move it away and run `rolesync login` to get a new token"
        try:
            return StoredToken.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RolesyncError(f"{self.path} can't be read: {error.strerror or error}", hint=hint) from error
        except ValidationError as error:  # not chained: only its messages are known to hold nothing of the content
            said = "; ".join(": ".join([*map(str, one["loc"]), one["msg"]]) for one in error.errors())
            raise RolesyncError(f"{self.path} is not what rolesync wrote ({said})", hint=hint) from None

    @contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """Be the only one, among all processes, who renews the token, for as long as the `with` block lasts.

        Args:
            patience: seconds to wait for another process that does so.

        Raises:
            LockHeldError: it still does so after that time.
            RolesyncError: the lock can't be made.
        """
        lock = FileLock(self._folder / LOCK, mode=0o600)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if stat.S_IMODE(self._folder.stat().st_mode) & 0o077:
                self._folder.chmod(0o700)
            lock.acquire(timeout=patience)
        except Timeout as error:
            raise LockHeldError(
                f"{self._folder / LOCK}: another process has been renewing the token for more than {patience:g} s",
                hint="wait until it ends, or look into it: the lock is free as soon as that process ends",
            ) from error
        except (OSError, NotImplementedError) as error:  # the latter from file systems without locks
            raise self._failed("the token's lock can't be taken", error) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def room(self) -> Iterator[Callable[[StoredToken], None]]:
        """Make room for the next pair, and give the function that stores it there durably; hold the lock meanwhile.

        A full disk or a folder that can't be written shows here, before the current refresh token is spent.

        Raises:
            RolesyncError: there is no room; or, from that function, the pair could not be stored.
        """
        fresh = self.path.with_name(f"{STORE}.new")
        try:
            try:
                fresh.unlink(missing_ok=True)  # left by a crash
                fresh.touch(mode=0o600)
                _fill(fresh, b" " * ROOM)
            except OSError as error:
                raise self._failed("there is no room for a new token, so none was asked for", error) from error
            yield lambda token: self._keep(token, fresh)
        finally:
            with suppress(OSError):  # what stays behind is removed the next time, or said to be in the way
                fresh.unlink()

    def _keep(self, token: StoredToken, fresh: Path) -> None:
        try:
            _fill(fresh, _spell(token))
            fresh.replace(self.path)
            if os.name == "posix":  # elsewhere a folder can't be opened, and names are durable without
                names = os.open(self._folder, os.O_RDONLY)
                try:
                    os.fsync(names)
                finally:
                    os.close(names)
        except OSError as error:
            raise self._failed("the new token could not be stored, so it was not used", error) from error

    def _failed(self, what: str, error: Exception) -> RolesyncError:
        said = getattr(error, "strerror", None) or str(error)
        hint = "make room and give this user access to the folder; if Studio then refuses the token: `rolesync login`"
        return RolesyncError(f"{self._folder}: {what}: {said}", hint=hint)


def _fill(path: Path, content: bytes) -> None:
    """Make this the whole content of a file that exists, on the disk."""
    with path.open("r+b", buffering=0) as file:  # what a buffer could not write, it would try again on closing
        written = 0
        while written < len(content):  # each turn writes at least a byte or raises
            written += file.write(content[written:])
        file.truncate()
        os.fsync(file.fileno())


def _spell(token: StoredToken) -> bytes:
    """Write a pair as JSON: the one place where the secrets leave their wrapping."""
    fields = {
        "client_id": token.client_id,
        "access_token": token.access_token.get_secret_value(),
        "refresh_token": token.refresh_token.get_secret_value(),
        "obtained_at": token.obtained_at.astimezone(UTC).isoformat(),
        "expires_at": token.expires_at and token.expires_at.astimezone(UTC).isoformat(),
        "spent": token.spent,
    }
    return json.dumps(fields, indent=2).encode()
