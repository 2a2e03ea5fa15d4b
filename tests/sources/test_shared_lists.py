"""The accounts of a run fetch a list for one another: once, and only with the same access."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rolesync.sources.address import parse_address
from rolesync.sources.copies import Copies, Copy
from rolesync.sources.fetch import fetch_list
from rolesync.sources.fetch_context import FetchError
from rolesync.sources.shared_lists import SharedLists
from tests.servers import ReceivedRequest, ScriptedAnswer, ScriptedStudio, in_turn
from tests.sources.tools import LAST_MODIFIED, LIST, SECRET, access_of, clocks_of, csv

Fetch = Callable[..., Copy]


def good(_request: ReceivedRequest) -> ScriptedAnswer:
    return csv(ETag='"7"', Last_Modified=LAST_MODIFIED)


def fetcher(server: ScriptedStudio, folder: Path, path: str = "/roles.csv") -> Fetch:
    """Make a function that fetches for an account of one run; its secret names itself."""

    def fetch(account: str, secret: str = SECRET, **values: Any) -> Copy:
        shared = SharedLists(folder / "shared", f"secrets of {len(secret)}", lambda other: other == shared.secrets)
        address = parse_address(server.base_url + path)
        return fetch_list(address, access_of(list_secret=secret, **values), clocks_of(), folder / account, shared)

    return fetch


def test_the_first_account_fetches_and_each_has_a_copy_of_its_own(tmp_path: Path) -> None:
    with ScriptedStudio(good) as server:
        fetch = fetcher(server, tmp_path)
        first, second = fetch("north"), fetch("south")
    assert len(server.requests) == 1
    assert (first.sha256, first.fetched) == (second.sha256, second.fetched)
    assert second.path == tmp_path / "south" / second.sha256
    assert second.path.read_bytes() == LIST
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "shared").iterdir()} == {0o600}
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_accounts_that_need_it_in_parallel_wait_for_the_first(tmp_path: Path) -> None:
    copies: list[Copy] = []
    with ScriptedStudio(good) as server:
        fetch = fetcher(server, tmp_path)
        threads = [Thread(target=lambda name=f"a{n}": copies.append(fetch(name))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(server.requests), len({copy.sha256 for copy in copies}), len(copies)) == (1, 1, 8)


@pytest.mark.parametrize(
    "other", [{"secret": "another"}, {"list_user": "ann"}, {"list_max_mb": 50.0}, {"list_hosts": ("files.example",)}]
)
def test_another_access_fetches_for_itself(tmp_path: Path, other: dict[str, Any]) -> None:
    with ScriptedStudio(good) as server:
        fetch = fetcher(server, tmp_path)
        for _ in range(2):
            fetch("north")
            fetch("south", **other)
        fetcher(server, tmp_path, "/roles.csv?key=other")("west")
    assert len(server.requests) == 3


def test_a_failure_is_shared_and_each_account_decides_what_it_means(tmp_path: Path) -> None:
    with ScriptedStudio(in_turn(csv(), ScriptedAnswer(404, b""))) as server:
        yesterday = fetcher(server, tmp_path)("north")
        Copies(tmp_path / "north", parse_address(f"{server.base_url}/roles.csv")).accept(yesterday)
        (tmp_path / "shared").rename(tmp_path / "old")
        fetch = fetcher(server, tmp_path)
        with pytest.raises(FetchError, match=r"404.*; nobody was removed$"):
            fetch("south", list_fallback="refuse")
        with pytest.raises(FetchError, match=r"404.*; nobody was removed$"):
            fetch("west")
        copy = fetch("north", list_fallback="additions")
    assert len(server.requests) == 2
    assert (copy.sha256, "404" in copy.fetched.failure) == (yesterday.sha256, True)


@pytest.mark.parametrize("damage", ["list", "entries", "folder"])
def test_what_others_left_damaged_is_fetched_again(tmp_path: Path, damage: str) -> None:
    with ScriptedStudio(good) as server:
        fetch = fetcher(server, tmp_path)
        copy = fetch("north")
        if damage == "list":
            (tmp_path / "shared" / copy.sha256).write_bytes(b"email,role")
        elif damage == "entries":
            (entries,) = (tmp_path / "shared").glob("*.json")
            entries.write_text("{", encoding="ascii")
        else:
            (tmp_path / "shared").rename(tmp_path / "gone")
            (tmp_path / "shared").touch()
        assert fetch("south").sha256 == copy.sha256
    assert len(server.requests) == 2
