"""Reads a list from an object store: Amazon S3 and its like (`s3:`), Google Cloud Storage (`gs:`), Azure (`az:`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import SecretStr

from rolesync.errors import UsageError
from rolesync.model.lists import Fetched
from rolesync.sources.address import Address, parse_address
from rolesync.sources.fetch_context import (
    Access,
    Clocks,
    Deadline,
    Download,
    FetchError,
    Unchanged,
    missing_package_error,
)
from rolesync.sources.https import fetch_https

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "s3": ("region", "endpoint", "public"),
    "gs": ("endpoint", "public"),
    "az": ("endpoint", "public"),
}


def fetch_object(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read an object.

    Args:
        address: `s3://BUCKET/KEY`, `gs://BUCKET/KEY` or `az://CONTAINER/KEY`.
        access: `list_user` and `list_secret` name the key of the store; without, the usual variables or the identity of
            the machine do.
        clocks: the time; the library retries by itself.
        deadline: the end of the whole fetch.
        last_fetch: the copy that makes a second transfer needless; None for none.

    Raises:
        FetchError: no complete list came.
        UsageError: the extra `objects` is not installed, or the address has an unknown option.
    """
    address.check_options(_OPTIONS[address.scheme])
    if address.scheme == "az" and "&sig=" in f"&{access.secret.lstrip('?')}":
        return _fetch_signed(address, access, clocks, deadline, last_fetch)
    try:
        import obstore  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise missing_package_error("objects", address, error) from error
    conditions: Any = {"if_none_match": last_fetch.etag} if last_fetch and last_fetch.etag else {}
    with _described(address, deadline):
        try:
            answer = obstore.get(_open(address, access, deadline), address.path, options=conditions)
            if answer.meta["size"] > access.max_bytes:
                raise access.oversize_error(address.where)
            pieces, size = [], 0
            for piece in answer.stream():
                pieces.append(bytes(piece))
                size += len(pieces[-1])
                if size > access.max_bytes or deadline.is_over:
                    raise deadline.timeout_error() if deadline.is_over else access.oversize_error(address.where)
        except obstore.exceptions.NotModifiedError:
            return Unchanged()
    return Download(b"".join(pieces), answer.meta["e_tag"] or "", answer.meta["last_modified"])


def _fetch_signed(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read an object of Azure by a SAS token, as a signed address.

    The library follows redirects to any host, and sends the whole address there as the referrer.

    Raises:
        UsageError: neither the account nor an endpoint is set.
    """
    if not access.list_user and "endpoint" not in address.options:
        raise UsageError("list_user is not set", hint="set list_user to the name of the storage account")
    endpoint = address.endpoint(f"https://{access.list_user}.blob.core.windows.net")
    signed = parse_address(f"{endpoint}/{address.host}/{quote(address.path)}?{access.secret.lstrip('?')}")
    access = replace(access, list_user="", list_secret=SecretStr(""), list_hosts=(*access.list_hosts, signed.host))
    return fetch_https(signed, access, clocks, deadline, last_fetch)


def _open(address: Address, access: Access, deadline: Deadline) -> Any:  # noqa: ANN401  # one of three stores
    from obstore.store import AzureStore, GCSStore, S3Store  # noqa: PLC0415  # an extra

    secret = access.secret
    endpoint = address.endpoint("") if "endpoint" in address.options else ""
    seconds = f"{deadline.remaining:.3f}s"
    client: ClientConfig = {"timeout": seconds, "connect_timeout": "10s", "allow_http": endpoint.startswith("http:")}
    if proxy := access.proxy_for(endpoint or "https://s3.amazonaws.com/"):
        client["proxy_url"] = proxy
    if access.ca_bundle:
        client["root_certificate"] = Path(access.ca_bundle).read_bytes()
    retries: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=deadline.remaining)}
    shared: dict[str, Any] = {"client_options": client, "retry_config": retries}
    if "public" in address.options:
        shared["skip_signature"] = True
    if address.scheme == "s3":
        names = {"access_key_id": access.list_user if secret else "", "secret_access_key": secret, "endpoint": endpoint}
        shared["region"] = address.options.get("region", "us-east-1")
        return S3Store(address.host, **shared, **_set(names))
    if address.scheme == "gs":
        return GCSStore(address.host, **shared, **_set({"service_account_key": secret, "base_url": endpoint}))
    names = {"account_key": secret, "account_name": access.list_user, "endpoint": endpoint}
    return AzureStore(address.host, **shared, **_set(names))


def _set(names: Mapping[str, str]) -> dict[str, Any]:
    """Keep the names that have a value; the library looks for the others in the usual variables."""
    return {name: value for name, value in names.items() if value}


@contextmanager
def _described(address: Address, deadline: Deadline) -> Iterator[None]:
    """Turn the errors of the library into words; their texts may contain secrets and text of the server."""
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError  # noqa: PLC0415  # an extra

    try:
        yield
    except FileNotFoundError as error:
        raise FetchError(
            f"{address.where}: the store has nothing there", hint="check the address of the list"
        ) from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise FetchError(
            f"{address.where}: the store refused the request", hint="check list_user, list_secret and their rights"
        ) from error
    except (BaseError, OSError, ValueError) as error:
        if deadline.is_over:
            raise deadline.timeout_error() from error
        raise FetchError(
            f"{address.where}: the store could not be read ({type(error).__name__})",
            hint="check the address, its region or endpoint, list_user and list_secret; then try again",
        ) from error
