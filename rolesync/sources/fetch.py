"""Fetches a list from its address to a private copy: complete, with the expected checksum, and no log-in page.

If that fails, the list is refused. Only where the settings allow additions then, the last copy stands in that the
reader accepted.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from posixpath import basename
from typing import cast

from rolesync.errors import UsageError
from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.copies import Copies, Copy
from rolesync.sources.fetch_context import Access, Clocks, Deadline, Download, FetchError, Unchanged, web_page_error
from rolesync.sources.shared_lists import SharedLists
from rolesync.tables.file_type import is_web_page

BESIDE = "beside"
"""The value of `list_sha256` for a checksum in a file beside the list."""

_DIRECTORIES = frozenset({"scim", "ldaps", "ldap", "canvas", "gdrive"})
_MAX_CHECKSUM_MB = 0.1
_SHA256 = re.compile(r"\b[0-9a-fA-F]{64}\b")

Fetcher = Callable[[Address, Access, Clocks, Deadline, Fetched | None], Download | Unchanged]

_FETCHERS: Mapping[str, tuple[str, str]] = {
    "https": ("https", "fetch_https"),
    "http": ("https", "fetch_https"),
    "s3": ("object_store", "fetch_object"),
    "gs": ("object_store", "fetch_object"),
    "az": ("object_store", "fetch_object"),
    "sftp": ("sftp", "fetch_sftp"),
    "scim": ("scim", "fetch_scim"),
    "ldaps": ("ldap", "fetch_ldap"),
    "ldap": ("ldap", "fetch_ldap"),
    "canvas": ("canvas", "fetch_canvas"),
    "gdrive": ("google_drive", "fetch_drive"),
    "sharepoint": ("sharepoint", "fetch_sharepoint"),
    "git+https": ("git", "fetch_git"),
    "git+http": ("git", "fetch_git"),
    "git+ssh": ("git", "fetch_git"),
    "git+file": ("git", "fetch_git"),
}
"""By scheme the module of this package that fetches, imported when it is needed, and its function."""


def fetch_list(
    address: Address, access: Access, clocks: Clocks, folder: Path, shared: SharedLists | None = None
) -> Copy:
    """Fetch a list.

    Args:
        address: where it is.
        access: secrets, bounds, the expected checksum, and what to do if the fetch fails.
        clocks: the time.
        folder: the folder of the copies.
        shared: the lists that other accounts of the same run fetch; None outside a fleet.

    Returns:
        Its copy. `fetched.failure` is the reason for an earlier copy; "" for the current list.

    Raises:
        FetchError: the list can't be fetched, and no copy may replace it.
        UsageError: settings don't fit the address, or a package is missing.
        RolesyncError: the copy can't be kept.
    """
    copies = Copies(folder, address)
    latest_copy = copies.latest()
    try:
        if shared is None:
            return _fetch(address, access, clocks, copies, latest_copy)
        return shared.fetch(address, access, copies, lambda: _fetch(address, access, clocks, copies, latest_copy))
    except FetchError as error:
        if access.list_fallback == "additions" and (accepted := copies.latest(is_accepted=True)):
            return replace(accepted, fetched=replace(accepted.fetched, failure=error.message))
        raise FetchError(f"{error.message}; nobody was removed", hint=error.hint) from error


def _fetch(address: Address, access: Access, clocks: Clocks, copies: Copies, last_copy: Copy | None) -> Copy:
    if access.list_sha256 == BESIDE and address.scheme in _DIRECTORIES:
        raise UsageError(f"{address.where} has no checksum beside it", hint="unset list_sha256")
    deadline = Deadline(address.where, access.list_timeout, clocks)
    fetch = _fetcher(address)
    answer = fetch(address, access, clocks, deadline, last_copy.fetched if last_copy else None)
    if isinstance(answer, Unchanged):
        assert last_copy is not None  # noqa: S101  # only what is known can be unchanged
        sha256 = last_copy.sha256
    else:
        sha256, data = hashlib.sha256(answer.data).hexdigest(), answer.data
        if not data.strip():
            raise FetchError(f"{address.where}: the list is empty", hint="check the program that writes it")
        if is_web_page(data):
            raise web_page_error(address.where)
    expected = _expected_sha256(address, access, clocks, deadline, fetch)
    if expected and sha256 != expected:
        raise FetchError(
            f"{address.where}: the list has the SHA-256 {sha256[:12]}…, but {expected[:12]}… is expected",
            hint="wait until list and checksum are both written, or correct list_sha256",
        )
    if isinstance(answer, Unchanged) and last_copy:
        return copies.confirm(last_copy, answer, clocks.now())
    return copies.keep(cast("Download", answer), clocks.now())


def _fetcher(address: Address) -> Fetcher:
    module, function = _FETCHERS[address.scheme]
    return cast("Fetcher", getattr(import_module(f"rolesync.sources.{module}"), function))


def _expected_sha256(address: Address, access: Access, clocks: Clocks, deadline: Deadline, fetch: Fetcher) -> str:
    """Return the checksum that the list must have, in small letters; "" if none is set.

    Raises:
        FetchError: the file of the checksum can't be fetched, or holds none.
    """
    if access.list_sha256 != BESIDE:
        return access.list_sha256.lower()
    answer = fetch(address.checksum, replace(access, list_max_mb=_MAX_CHECKSUM_MB), clocks, deadline, None)
    text = answer.data.decode("ascii", "replace") if isinstance(answer, Download) else ""
    lines = [line for line in text.splitlines() if _SHA256.search(line)]
    of_name = [line for line in lines if basename(address.path) in line]
    match = _SHA256.search((of_name or lines)[0]) if len(of_name or lines) == 1 else None
    if match is None:
        raise FetchError(
            f"{address.checksum.where} holds no SHA-256 of the list",
            hint="write it with sha256sum, or unset list_sha256",
        )
    return match[0].lower()
