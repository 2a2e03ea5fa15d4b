"""Keeps private copies of the fetched lists of an account: a file each, named by its SHA-256, and where each came from.

Only complete lists are kept. The file `fetched.json` describes them, the newest first; older copies are deleted, those
first that the reader refused. Only a list that it accepted may stand in for a later one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from rolesync.errors import RolesyncError
from rolesync.model.json_forms import fetched_json, read_fetched
from rolesync.model.lists import Fetched
from rolesync.private_files import PRIVATE, make_private_folder, replace_file
from rolesync.sources.address import Address
from rolesync.sources.fetch_context import Download, Unchanged

KEPT = 5  # copies
_INDEX = "fetched.json"


@dataclass(frozen=True, slots=True)
class Copy:
    """A kept list: its file, its SHA-256, and where it came from."""

    path: Path
    sha256: str
    fetched: Fetched


class Copies:
    """The kept copies in a folder; several processes may use it in parallel.

    Args:
        folder: the folder, which need not exist.
        address: the address whose copies are asked for.
    """

    def __init__(self, folder: Path, address: Address) -> None:
        self._folder = folder
        self._address = address
        self._key = hashlib.sha256(address.url.encode()).hexdigest()

    def latest(self, *, is_accepted: bool = False) -> Copy | None:
        """Return the newest copy of the address; None if there is none, or if its file was changed.

        Args:
            is_accepted: whether only a copy counts that the reader accepted.
        """
        for entry in self._read_index():
            if entry["address"] == self._key and (not is_accepted or _is_accepted(entry)):
                path = self._folder / entry["sha256"]
                with suppress(OSError):
                    if hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]:
                        return Copy(path, entry["sha256"], read_fetched(entry["fetched"]))
                return None
        return None

    def keep(self, download: Download, fetched_at: datetime) -> Copy:
        """Keep a complete list, as the newest copy.

        Raises:
            RolesyncError: it can't be written.
        """
        sha256 = hashlib.sha256(download.data).hexdigest()
        fetched = Fetched(self._address.where, fetched_at, download.etag, download.last_modified)
        with self._changed():
            replace_file(self._folder / sha256, download.data)
            self._write_index(sha256, fetched)
        return Copy(self._folder / sha256, sha256, fetched)

    def confirm(self, copy: Copy, answer: Unchanged, fetched_at: datetime) -> Copy:
        """Note that the server still has the list of a copy.

        Raises:
            RolesyncError: it can't be written.
        """
        last_modified = answer.last_modified or copy.fetched.last_modified
        fetched = replace(copy.fetched, fetched_at=fetched_at, last_modified=last_modified)
        with self._changed():
            self._write_index(copy.sha256, fetched)
        return replace(copy, fetched=fetched)

    def accept(self, copy: Copy) -> None:
        """Note that the reader accepted a copy.

        Raises:
            RolesyncError: it can't be written.
        """
        with self._changed():
            entries = self._read_index()
            if any(self._describes(entry, copy.sha256) and not _is_accepted(entry) for entry in entries):
                self._save_index(
                    [{**entry, "accepted": True} if self._describes(entry, copy.sha256) else entry for entry in entries]
                )

    @contextmanager
    def _changed(self) -> Iterator[None]:
        """Lock the folder, and turn errors of its files into one of rolesync."""
        try:
            make_private_folder(self._folder)
            with FileLock(self._folder / ".lock", mode=PRIVATE, fallback_to_soft=False):
                yield
        except OSError as error:
            raise RolesyncError(
                f"the copy of the list can't be kept in {self._folder}: {error.strerror}",
                hint="give this user access, or set another state_dir",
            ) from error

    def _read_index(self) -> list[Mapping[str, Any]]:
        """Read the descriptions of all copies; none if the file is missing or damaged, since a fetch makes it again."""
        try:
            entries = json.loads((self._folder / _INDEX).read_bytes())["copies"]
            for entry in entries:
                read_fetched(entry["fetched"])
                int(entry["sha256"], 16)
                entry["address"].encode()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return []
        return list(entries)

    def _write_index(self, sha256: str, fetched: Fetched) -> None:
        """Put a copy first, and delete the copies beyond the last few."""
        earlier_entries = self._read_index()
        copies = [each for each in earlier_entries if not self._describes(each, sha256)]
        is_accepted = any(_is_accepted(each) for each in earlier_entries if self._describes(each, sha256))
        newest = {
            "address": self._key,
            "sha256": sha256,
            "fetched": fetched_json(fetched),
            "accepted": is_accepted,
        }
        while len(copies) >= KEPT:
            del copies[next((at for at in reversed(range(len(copies))) if not _is_accepted(copies[at])), -1)]
        entries = [newest, *copies]
        self._save_index(entries)
        kept_names = {entry["sha256"] for entry in entries} | {_INDEX, ".lock"}
        for path in self._folder.iterdir():
            if path.name not in kept_names:
                path.unlink(missing_ok=True)

    def _describes(self, entry: Mapping[str, Any], sha256: str) -> bool:
        return (entry["address"], entry["sha256"]) == (self._key, sha256)

    def _save_index(self, entries: Sequence[Mapping[str, Any]]) -> None:
        replace_file(self._folder / _INDEX, json.dumps({"copies": entries}, indent=1).encode())


def _is_accepted(entry: Mapping[str, Any]) -> bool:
    """Whether the reader accepted a copy; earlier versions didn't note it."""
    return bool(entry.get("accepted", True))
