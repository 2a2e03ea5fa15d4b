"""Lets the accounts of one run over a fleet share fetched lists: the first account that needs a list fetches it.

Another account gets that list only with the same address, settings for the fetch and secrets, with which it could have
fetched the list itself. Failures are also shared: a server that is down isn't asked by each account.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock

from rolesync.model.json_forms import fetched_json, read_fetched
from rolesync.private_files import PRIVATE, make_private_folder, replace_file
from rolesync.sources.address import Address
from rolesync.sources.copies import Copies, Copy
from rolesync.sources.fetch_context import Access, Download, FetchError

_OWN = frozenset({"list_secret", "list_headers", "list_fallback", "proxy_for"})
"""What isn't compared by its text: secrets, what an account does after a failure, and the way to the server."""


@dataclass(frozen=True)
class SharedLists:
    """The lists that a run has fetched so far.

    Attributes:
        folder: a private folder that the accounts of this run share, and no other run.
        secrets: a name for the secrets of this account, which other accounts can compare with theirs.
        has_secrets_of: whether the secrets of such a name are those of this account.
    """

    folder: Path
    secrets: str
    has_secrets_of: Callable[[str], bool]

    def fetch(self, address: Address, access: Access, copies: Copies, fetch: Callable[[], Copy]) -> Copy:
        """Return the copy of a list, fetched by another account if there is one with the same access.

        Args:
            address: where the list is.
            access: how it is fetched.
            copies: the copies of this account, which gets one of its own.
            fetch: fetches the list.

        Raises:
            FetchError: it can't be fetched, or another account could not.
        """
        place = self.folder / f"{_key(address, access)}.json"
        with _locked(place) as is_locked:
            if not is_locked:
                return fetch()
            entries = _read(place)
            for entry in entries:
                if self.has_secrets_of(entry["secrets"]) and (copy := self._of_another(entry, copies)):
                    return copy
            try:
                copy = fetch()
            except FetchError as error:
                self._add(place, entries, {"failure": [error.message, error.hint]})
                raise
            with suppress(OSError):  # then others fetch it, too
                replace_file(self.folder / copy.sha256, copy.path.read_bytes(), durable=False)
                self._add(place, entries, {"sha256": copy.sha256, "fetched": fetched_json(copy.fetched)})
            return copy

    def _of_another(self, entry: Mapping[str, Any], copies: Copies) -> Copy | None:
        """Keep the list of another account; None if it was changed."""
        if "failure" in entry:
            message, hint = entry["failure"]
            raise FetchError(message, hint=hint)
        fetched = read_fetched(entry["fetched"])
        with suppress(OSError):
            data = (self.folder / entry["sha256"]).read_bytes()
            if hashlib.sha256(data).hexdigest() == entry["sha256"]:
                return copies.keep(Download(data, fetched.etag, fetched.last_modified), fetched.fetched_at)
        return None

    def _add(self, place: Path, entries: list[Mapping[str, Any]], entry: Mapping[str, Any]) -> None:
        content = [*entries, {"secrets": self.secrets, **entry}]
        with suppress(OSError):
            replace_file(place, json.dumps(content).encode(), durable=False)


def _key(address: Address, access: Access) -> str:
    """Name an address with all that decides what is fetched, except for secrets."""
    compared = [(each.name, str(getattr(access, each.name))) for each in fields(access) if each.name not in _OWN]
    return hashlib.sha256(json.dumps([address.url, compared]).encode()).hexdigest()


@contextmanager
def _locked(place: Path) -> Iterator[bool]:
    """Wait until no other account of the run fetches the same; yields False if the folder can't be used."""
    lock = FileLock(place.with_suffix(".lock"), mode=PRIVATE, fallback_to_soft=False)
    try:
        make_private_folder(place.parent)
        lock.acquire()
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _read(place: Path) -> list[Mapping[str, Any]]:
    with suppress(OSError, ValueError):
        return list(json.loads(place.read_bytes()))
    return []
