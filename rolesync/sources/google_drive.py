"""Reads a Google Sheet, or a file in Google Drive, as a service account that may see it."""

import json
from functools import partial
from typing import Any
from urllib.parse import quote

from rolesync.errors import UsageError
from rolesync.log_secrets import hide
from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.directory_rows import incomplete_error
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
from rolesync.sources.http_reader import HttpReader
from rolesync.sources.json_api import JsonReader

_API = "https://www.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/drive.readonly"
_SHEET = "application/vnd.google-apps.spreadsheet"
_GOOGLE = "application/vnd.google-apps."
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FIELDS = "mimeType,modifiedTime,size,trashed"


def fetch_drive(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read a sheet as a workbook with all its sheets, or a file as it is.

    Args:
        address: `gdrive://ID`, with the id from the address of the sheet or file.
        access: `list_secret` is the key of the service account, as JSON.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: the copy that makes a second transfer needless; None for none.

    Raises:
        FetchError: no complete list came.
        UsageError: the extra `google` is not installed.
    """
    address.check_options(("endpoint",))
    base = f"{address.endpoint(_API)}/drive/v3/files/{quote(address.name, safe='')}"
    with HttpReader(address.where, base, access, clocks, deadline) as http:
        token = _token(http, address, access)

        def read() -> Download | Unchanged:
            return _read(http, JsonReader(http, token), base, access, last_fetch)

        return with_retries(read, deadline, clocks)


def _read(
    http: HttpReader, api: JsonReader, base: str, access: Access, last_fetch: Fetched | None
) -> Download | Unchanged:
    metadata = api.get_object(f"{base}?supportsAllDrives=true&fields={_FIELDS}")
    modified_at, kind = metadata.get("modifiedTime"), metadata.get("mimeType")
    if not isinstance(modified_at, str) or not isinstance(kind, str):
        raise api.unexpected_error()
    if metadata.get("trashed"):
        raise FetchError(f"{http.where}: the file is in the bin", hint="restore it, or correct the address")
    if last_fetch and last_fetch.etag == modified_at:
        return Unchanged(api.time(modified_at))
    if kind.startswith(_GOOGLE) and kind != _SHEET:
        raise FetchError(f"{http.where}: this is neither a sheet nor a file", hint="use the id of a sheet or a file")
    if str(metadata.get("size", "0")).isdecimal() and int(metadata.get("size", 0)) > access.max_bytes:
        raise access.oversize_error(http.where)
    query = f"/export?mimeType={quote(_XLSX, safe='')}" if kind == _SHEET else "?alt=media&supportsAllDrives=true"
    data = api.get_bytes(base + query)
    if api.get_object(f"{base}?supportsAllDrives=true&fields={_FIELDS}").get("modifiedTime") != modified_at:
        raise incomplete_error(http.where, "the file changed while it was read")
    return Download(data, modified_at, api.time(modified_at))


def _token(http: HttpReader, address: Address, access: Access) -> str:
    """Get a token of the service account."""
    try:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415  # an extra
        from google.auth.transport.requests import Request  # noqa: PLC0415
        from google.oauth2.service_account import Credentials  # noqa: PLC0415
    except ImportError as error:
        raise missing_package_error("google", address, error) from error
    try:
        key: Any = json.loads(access.secret)
        credentials: Any = Credentials.from_service_account_info(key, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, AttributeError):
        raise UsageError(
            "list_secret is not a key of a Google service account",
            hint="put the JSON file that Google gave for the key into the file rolesync_list_secret",
        ) from None
    try:
        credentials.refresh(partial(Request(http.session), timeout=http.deadline.remaining))
    except GoogleAuthError as error:
        raise FetchError(
            f"{address.where}: Google gave no token for the service account ({type(error).__name__})",
            hint="check that its key is valid, and this machine's clock",
        ) from error
    token = str(credentials.token)
    hide(token)
    return token
