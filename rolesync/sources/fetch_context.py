"""What a fetch needs and returns: the settings of the list, the clocks, the deadline, and the download."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Timer
from typing import Literal, TypeVar

from pydantic import SecretStr

from rolesync.errors import InputRefusedError, UsageError
from rolesync.extras import install_command
from rolesync.sources.address import Address
from rolesync.studio.auth.tokens import is_header_safe

Result = TypeVar("Result")

ATTEMPTS = 3
_NO_SECRET = SecretStr("")


class FetchError(InputRefusedError):
    """The list could not be fetched, or the answer can't be used.

    Args:
        message: where and what happened, without any text of the server.
        hint: what to do next.
        is_transient: whether another attempt may succeed.
    """

    def __init__(self, message: str, *, hint: str = "", is_transient: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.is_transient = is_transient


def web_page_error(where: str) -> FetchError:
    """Make the error for a web page in place of a list."""
    return FetchError(
        f"{where}: a web page (HTML) came instead of a list, perhaps a log-in page",
        hint="set list_secret or list_headers, or use an address that needs no browser",
    )


@dataclass(frozen=True, slots=True)
class Access:
    """How a list is fetched; see the settings of the same names. `proxy` is decided for each host, "" for none."""

    list_user: str = ""
    list_secret: SecretStr = _NO_SECRET
    list_headers: SecretStr = _NO_SECRET
    list_hosts: tuple[str, ...] = ()
    list_sha256: str = ""
    list_fallback: Literal["refuse", "additions"] = "refuse"
    list_timeout: float = 60.0
    list_max_mb: float = 100.0
    list_known_hosts: str = ""
    ca_bundle: str = ""
    proxy_for: Callable[[str], str] = lambda _url: ""

    @property
    def max_bytes(self) -> int:
        """Maximum size of a list, unpacked."""
        return int(self.list_max_mb * 1_000_000)

    def oversize_error(self, where: str) -> FetchError:
        """Make the error for a list that is too large."""
        return FetchError(
            f"{where}: more than {self.list_max_mb:g} MB, so the rest was not read",
            hint="check the address; if the list really is that large, set a larger list_max_mb",
        )

    @property
    def secret(self) -> str:
        """The secret as text."""
        return self.list_secret.get_secret_value().strip()

    @property
    def token(self) -> str:
        """The secret as a token in a header.

        Raises:
            FetchError: the secret can't be in a header; the message shows nothing of it.
        """
        if self.secret and not is_header_safe(self.secret):
            raise FetchError("list_secret is not a token: it has other characters", hint="correct list_secret")
        return self.secret


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of day with its zone, a clock that only runs forwards in seconds, and how to wait."""

    now: Callable[[], datetime]
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep


class Deadline:
    """The end of the time that a whole fetch may take, with all its requests."""

    def __init__(self, where: str, seconds: float, clocks: Clocks) -> None:
        self._where, self._seconds, self._clock = where, seconds, clocks.seconds
        self._end = clocks.seconds() + seconds

    @property
    def remaining(self) -> float:
        """Seconds until the deadline.

        Raises:
            FetchError: the deadline has passed.
        """
        self.check()
        return self._end - self._clock()

    def check(self) -> None:
        """Check that there is time left.

        Raises:
            FetchError: the deadline has passed.
        """
        if self.is_over:
            raise self.timeout_error()

    @contextmanager
    def cutting_off(self, cut: Callable[[], object]) -> Iterator[None]:
        """Call `cut` by another thread once the deadline passes in the `with` block.

        It ends the connections of libraries whose timeout is for each read.
        """
        timer = Timer(self.remaining, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self._clock() >= self._end

    def timeout_error(self) -> FetchError:
        """Make the error for a list that did not arrive in time."""
        return FetchError(
            f"{self._where} did not send the complete list within {self._seconds:g} s",
            hint="try again later; or set a larger list_timeout",
        )


def with_retries(attempt: Callable[[], Result], deadline: Deadline, clocks: Clocks) -> Result:
    """Return the result of an attempt; after a transient failure, try a few times more within the deadline.

    Raises:
        FetchError: the last attempt failed, or a failure is final.
    """
    wait = 1.0
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except FetchError as error:
            if not error.is_transient or deadline.is_over or deadline.remaining <= wait:
                raise
            clocks.sleep(wait)
            wait *= 2
    return attempt()


def missing_package_error(extra: str, address: Address, error: ImportError) -> UsageError:
    """Make the error for an address whose extra is not installed."""
    text = f"{address.scheme}:// addresses can't be read, because {error.name} is not installed"
    return UsageError(text, hint=install_command(extra))


@dataclass(frozen=True, slots=True)
class Download:
    """A complete list as the server sent it. `etag` is "" and `last_modified` None where the server named none."""

    data: bytes
    etag: str = ""
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The answer of a server that still has the list of an earlier fetch."""

    last_modified: datetime | None = None


def parse_time(text: str) -> datetime | None:
    """Parse a time in ISO 8601 with its zone; None for any other text, and for a time that UTC doesn't have."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def parse_headers(text: SecretStr) -> Mapping[str, str]:
    """Parse the headers for the server of the list, one `Name: value` on each line.

    Raises:
        FetchError: a line is not a header; the message shows nothing of it.
    """
    headers = {}
    for number, line in enumerate(text.get_secret_value().splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        is_plain = line.isascii() and value.strip().isprintable()
        if not colon or not name.strip().replace("-", "").isalnum() or not is_plain:
            raise FetchError(f"list_headers, line {number}, is not a header", hint="write each line like Name: value")
        headers[name.strip()] = value.strip()
    return headers
