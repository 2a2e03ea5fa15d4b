"""Reads a list from an SFTP server whose host key is known."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.fetch_context import (
    Access,
    Clocks,
    Deadline,
    Download,
    FetchError,
    Unchanged,
    missing_package_error,
    with_retries,
)

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, SSHClient

_CONNECT = 10.0  # seconds
_PIECE = 256 * 1024  # bytes
_KEY = "-----BEGIN"


def fetch_sftp(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read a file.

    Args:
        address: `sftp://USER@HOST:PORT/PATH`.
        access: `list_secret` is the password or the private key; `list_known_hosts` is the file of the host keys.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: not used: a file is sent each time.

    Raises:
        FetchError: no complete list came, or the host key is not the known one.
        UsageError: the extra `sftp` is not installed.
    """
    del last_fetch
    address.check_options(())
    try:
        import paramiko  # noqa: F401, PLC0415  # an extra
    except ImportError as error:
        raise missing_package_error("sftp", address, error) from error
    return with_retries(lambda: _read(address, access, deadline), deadline, clocks)


def _read(address: Address, access: Access, deadline: Deadline) -> Download:
    with _described(address, deadline), _connect(address, access, deadline) as client, client.open_sftp() as files:
        return _download(files, address, access, deadline)


def _download(files: "SFTPClient", address: Address, access: Access, deadline: Deadline) -> Download:
    """Read a file, and make sure that it did not change meanwhile."""
    channel, path = files.get_channel(), f"/{address.path}"
    assert channel is not None  # noqa: S101  # the client is open
    channel.settimeout(deadline.remaining)
    with files.open(path, "rb") as file:
        start = file.stat()
        if (start.st_size or 0) > access.max_bytes:
            raise access.oversize_error(address.where)
        pieces, size = [], 0
        while piece := file.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > access.max_bytes:
                raise access.oversize_error(address.where)
            channel.settimeout(deadline.remaining)
        end = file.stat()
    if (start.st_size, start.st_mtime) != (end.st_size, end.st_mtime) or size != end.st_size:
        raise FetchError(
            f"{address.where}: the file changed while it was read",
            hint="let its writer rename the finished file",
            is_transient=True,
        )
    modified_at = datetime.fromtimestamp(end.st_mtime, UTC) if end.st_mtime else None
    return Download(b"".join(pieces), "", modified_at)


@contextmanager
def _connect(address: Address, access: Access, deadline: Deadline) -> Iterator["SSHClient"]:
    from paramiko import RejectPolicy, SSHClient  # noqa: PLC0415  # an extra

    known_hosts = Path(access.list_known_hosts or "~/.ssh/known_hosts").expanduser()
    if not access.secret:
        raise FetchError(f"{address.where}: no password and no key is set", hint="put it into the secret list_secret")
    with SSHClient() as client, deadline.cutting_off(client.close):
        if known_hosts.exists():
            client.load_host_keys(str(known_hosts))
        client.set_missing_host_key_policy(RejectPolicy())
        seconds = min(_CONNECT, deadline.remaining)
        is_key = access.secret.startswith(_KEY)
        client.connect(
            address.host,
            address.port or 22,
            username=address.user or access.list_user or None,
            password=None if is_key else access.secret,
            pkey=_private_key(access.secret) if is_key else None,
            timeout=seconds,
            banner_timeout=seconds,
            auth_timeout=seconds,
            channel_timeout=seconds,
            allow_agent=False,
            look_for_keys=False,
        )
        yield client


def _private_key(text: str) -> "PKey":
    """Read a private key without a passphrase, of any usual kind."""
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException  # noqa: PLC0415  # an extra

    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            return kind.from_private_key(StringIO(f"{text}\n"))
        except (SSHException, ValueError):
            continue
    raise FetchError(
        "list_secret begins like a private key, but can't be read as one",
        hint="use a key in OpenSSH's format without a passphrase",
    )


@contextmanager
def _described(address: Address, deadline: Deadline) -> Iterator[None]:
    """Turn the errors of the library into words; their texts may contain text of the server."""
    from paramiko import AuthenticationException, BadHostKeyException, SSHException  # noqa: PLC0415  # an extra

    try:
        yield
    except BadHostKeyException as error:
        raise FetchError(
            f"{address.where}: the host key of {address.host} is another one than the known one; nothing was sent",
            hint="ask its operator whether the key has changed; if not, another machine answers in its place",
        ) from error
    except AuthenticationException as error:
        if "timeout" in str(error).lower():
            raise deadline.timeout_error() from error
        raise FetchError(
            f"{address.where}: the server refused user or secret", hint="check the user in the address and list_secret"
        ) from error
    except TimeoutError as error:
        raise deadline.timeout_error() from error
    except SSHException as error:
        if "not found in known_hosts" in str(error):
            raise FetchError(
                f"{address.where}: the host key of {address.host} is not known; nothing was sent",
                hint=f"compare it with its operator, then: ssh-keyscan {address.host} >> the file list_known_hosts",
            ) from error
        raise _broken(address, deadline, error) from error
    except FileNotFoundError as error:
        raise FetchError(f"{address.where}: the server has no such file", hint="check the path") from error
    except PermissionError as error:
        raise FetchError(f"{address.where}: the user may not read the file", hint="check its mode") from error
    except (OSError, EOFError, socket.gaierror) as error:
        raise _broken(address, deadline, error) from error


def _broken(address: Address, deadline: Deadline, error: Exception) -> FetchError:
    if deadline.is_over:
        return deadline.timeout_error()
    return FetchError(
        f"{address.where}: the connection could not be made, or broke ({type(error).__name__})",
        hint="check the address and the network, then run the same command again",
        is_transient=True,
    )
