"""The last few copies of fetched lists are kept: private, complete, and unchanged."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import RolesyncError
from rolesync.sources.address import parse_address
from rolesync.sources.copies import KEPT, Copies
from rolesync.sources.fetch_context import Download, Unchanged
from tests.sources.tools import CHANGED, LIST, NOW, OTHER

ADDRESS = parse_address("https://example.edu/roles.csv?key=s3cret")


def test_a_copy_is_private_and_says_where_it_came_from(tmp_path: Path) -> None:
    folder = tmp_path / "account" / "lists"
    assert Copies(folder, ADDRESS).latest() is None
    copy = Copies(folder, ADDRESS).keep(Download(LIST, '"7"', CHANGED), NOW)
    assert copy.path.read_bytes() == LIST
    assert copy.path.name == copy.sha256
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert (copy.fetched.where, copy.fetched.etag) == ("https://example.edu/roles.csv", '"7"')
    assert Copies(folder, ADDRESS).latest() == copy
    assert Copies(folder, parse_address("https://example.edu/roles.csv?key=other")).latest() is None
    assert all(b"s3cret" not in path.read_bytes() for path in folder.iterdir())


def test_only_the_last_few_are_kept(tmp_path: Path) -> None:
    copies = Copies(tmp_path, ADDRESS)
    kept = [copies.keep(Download(b"%d" % number), NOW) for number in range(KEPT + 2)]
    left = {path.name for path in tmp_path.iterdir()} - {"fetched.json", ".lock"}
    assert left == {copy.sha256 for copy in kept[2:]}
    copies.keep(Download(b"6"), NOW)  # the same list again is not a further copy
    assert len(list(tmp_path.iterdir())) == KEPT + 2


def test_a_refused_list_displaces_no_accepted_one(tmp_path: Path) -> None:
    copies = Copies(tmp_path, ADDRESS)
    good = copies.keep(Download(LIST), NOW)
    assert copies.latest(is_accepted=True) is None  # nobody has read it yet
    copies.accept(good)
    refused = [copies.keep(Download(b"%d" % number), NOW) for number in range(KEPT + 2)]
    assert (copies.latest(), copies.latest(is_accepted=True)) == (refused[-1], good)
    assert len(list(tmp_path.iterdir())) == KEPT + 2
    copies.confirm(good, Unchanged(), NOW)
    assert copies.latest(is_accepted=True) == copies.keep(Download(LIST), NOW) == copies.latest()


def test_copies_of_earlier_versions_count_as_accepted(tmp_path: Path) -> None:
    copies = Copies(tmp_path, ADDRESS)
    copy, index = copies.keep(Download(LIST), NOW), tmp_path / "fetched.json"
    entries = [{name: each[name] for name in each if name != "accepted"} for each in _entries(index)]
    index.write_text(json.dumps({"copies": entries}), encoding="ascii")
    assert copies.latest(is_accepted=True) == copy


def _entries(index: Path) -> list[dict[str, Any]]:
    return list(json.loads(index.read_bytes())["copies"])


def test_a_confirmed_copy_is_as_new(tmp_path: Path) -> None:
    copies = Copies(tmp_path, ADDRESS)
    first = copies.keep(Download(LIST, '"7"', CHANGED), NOW)
    copies.keep(Download(OTHER), NOW)
    later = NOW + timedelta(days=1)
    confirmed = copies.confirm(first, Unchanged(), later)
    assert confirmed.fetched == replace(first.fetched, fetched_at=later)
    assert copies.latest() == confirmed
    newer = copies.confirm(first, Unchanged(NOW), later)
    assert newer.fetched.last_modified == NOW


@pytest.mark.parametrize("index", [b"", b"{}", b"[]", b'{"copies": [{"sha256": "../x"}]}', b"\xff", b'{"copies": [7]}'])
def test_a_damaged_description_means_no_copies(tmp_path: Path, index: bytes) -> None:
    copies = Copies(tmp_path, ADDRESS)
    copies.keep(Download(LIST), NOW)
    (tmp_path / "fetched.json").write_bytes(index)
    assert copies.latest() is None
    copies.keep(Download(OTHER), NOW)
    assert copies.latest() is not None


def test_a_changed_copy_is_none(tmp_path: Path) -> None:
    copies = Copies(tmp_path, ADDRESS)
    copy = copies.keep(Download(LIST), NOW)
    copy.path.write_bytes(OTHER)
    assert copies.latest() is None
    copy.path.unlink()
    assert copies.latest() is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "lists").write_bytes(b"")
    with pytest.raises(RolesyncError, match="the copy of the list can't be kept in"):
        Copies(tmp_path / "lists", ADDRESS).keep(Download(LIST), NOW)
