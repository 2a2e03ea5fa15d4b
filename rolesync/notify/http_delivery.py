"""Sends one HTTP request of a channel: bounded in time, with three attempts, and no address in its errors."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from rolesync.bounded_http import DeadlineAdapter, attempt_timeout
from rolesync.log_secrets import hide
from rolesync.model.hosts import is_loopback
from rolesync.tables.regular_file import read_regular

SECONDS = 10.0  # for one attempt
ATTEMPTS = 3
MAX_SECRET_BYTES = 16_384
_REPEATABLE = {408, 425, 429}  # and every status from 500 on
_SERVER_ERROR = 500
_SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Network:
    """What a delivery works with.

    Attributes:
        folder: where relative paths of tables begin.
        user_agent: the name of the program.
        ca_bundle: file of trusted certificates for all channels; "" for the built-in ones.
        proxy: returns the proxy for an address; "" for none.
        sleep: waits that many seconds.
        now: the time of day, with its zone.
        seconds: for one attempt.
    """

    folder: Path = Path()
    user_agent: str = "rolesync"
    ca_bundle: str = ""
    proxy: Callable[[str], str] = lambda _address: ""
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: float = SECONDS

    def read_secret(self, path: Path) -> str:
        """Read the first line of a file of a secret.

        Raises:
            DeliveryError: it can't be read, or is empty.
        """
        full = self.folder / path.expanduser()
        try:
            content, _ = read_regular(full, MAX_SECRET_BYTES)
            line = content.decode("utf-8-sig").strip().partition("\n")[0].strip()
        except OSError as error:
            raise DeliveryError(f"the file {path} can't be read: {error.strerror}") from error
        except UnicodeDecodeError:
            raise DeliveryError(f"the file {path} is not text") from None
        if not line:
            raise DeliveryError(f"the file {path} is empty")
        hide(line)
        return line

    def read_address(self, path: Path) -> str:
        """Read the address of a webhook; it may be a secret, so no error shows it.

        Raises:
            DeliveryError: it can't be read, or isn't https (http is for this machine only).
        """
        address = self.read_secret(path)
        if not is_web_address(address):
            raise DeliveryError(f"the file {path} holds no https:// address (http:// is for this machine only)")
        return address


class DeliveryError(Exception):
    """A message was not delivered; `is_transient` shows whether another attempt may succeed. It names no secret."""

    def __init__(self, reason: str, *, is_transient: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.is_transient = is_transient
        self.wait = wait


def is_web_address(address: str) -> bool:
    """Whether an address is https, or http of this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def retry(attempt: Callable[[], None], network: Network, attempts: int = ATTEMPTS) -> None:
    """Call `attempt` until it returns, at most so many times; raises its last error."""
    Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, DeliveryError) and error.is_transient),
        stop=stop_after_attempt(attempts),
        wait=_wait,
        sleep=network.sleep,
        reraise=True,
    )(attempt)


def send_request(  # noqa: PLR0913  # a request has these parts
    network: Network,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    method: str = "POST",
    ca_bundle: Path | None = None,
    attempts: int = ATTEMPTS,
) -> None:
    """Send a request until it succeeds with a 2xx, within the bounds; it follows no redirect.

    Raises:
        DeliveryError: no attempt succeeded.
    """
    trusted = str(network.folder / ca_bundle.expanduser()) if ca_bundle else network.ca_bundle
    with requests.Session() as session:
        session.trust_env = False  # no .netrc, and the proxy is chosen by the settings
        adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=1)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.headers["User-Agent"] = network.user_agent
        proxy = network.proxy(address)
        proxies = {"http": proxy, "https": proxy} if proxy else {}

        def attempt() -> None:
            try:
                with session.request(
                    method,
                    address,
                    data=body,
                    headers=dict(headers),
                    timeout=attempt_timeout(network.seconds, network.seconds),  # type: ignore[arg-type]  # documented
                    allow_redirects=False,
                    verify=trusted or True,
                    proxies=proxies,
                    stream=True,
                ) as response:
                    _check(response)  # its body is not read: what is accepted must not be sent again
            except requests.exceptions.RequestException as error:
                raise DeliveryError(_reason(error, network.seconds), is_transient=_may_pass(error)) from None
            except OSError as error:  # a file of certificates that isn't there
                raise DeliveryError(f"the certificates can't be read: {error.strerror or 'no such file'}") from None

        retry(attempt, network, attempts)


def _check(response: requests.Response) -> None:
    """Refuse an answer that is not a success.

    Raises:
        DeliveryError: the answer is a redirect or an error.
    """
    status = response.status_code
    if status in _SUCCESS:
        return
    if response.is_redirect:
        raise DeliveryError(f"answered {status}, a redirect, which is not followed")
    is_transient = status in _REPEATABLE or status >= _SERVER_ERROR
    retry_after = response.headers.get("Retry-After", "")
    wait = min(float(retry_after), SECONDS) if retry_after.isascii() and retry_after.isdecimal() else None
    raise DeliveryError(f"answered {status}", is_transient=is_transient, wait=wait)


def _wait(state: RetryCallState) -> float:
    """Return the seconds before the next attempt: as asked, at most 10; else 1, then 2."""
    error = state.outcome.exception() if state.outcome else None
    wait = error.wait if isinstance(error, DeliveryError) else None
    return float(state.attempt_number) if wait is None else wait


def _may_pass(error: requests.exceptions.RequestException) -> bool:
    return not isinstance(
        error,
        requests.exceptions.SSLError
        | requests.exceptions.InvalidURL
        | requests.exceptions.InvalidSchema
        | requests.exceptions.MissingSchema,
    )


def _reason(error: requests.exceptions.RequestException, seconds: float) -> str:
    """Describe a failed request without its address, which may be a secret."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted, or TLS failed"
    if isinstance(error, requests.exceptions.InvalidURL):
        return "the address is not valid"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {seconds:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy can't be reached, or refused"
    if isinstance(error, requests.exceptions.ConnectionError):
        return f"no answer within {seconds:g} s" if "timed out" in str(error).lower() else "can't be reached"
    return "the connection failed"
