"""A fetched list is complete and the expected one, or it is refused, or an earlier copy stands in."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import UsageError
from rolesync.sources.address import parse_address
from rolesync.sources.copies import Copies, Copy
from rolesync.sources.fetch import fetch_list
from rolesync.sources.fetch_context import FetchError
from tests.servers import ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio, in_turn
from tests.sources.tools import CHANGED, LAST_MODIFIED, LIST, NOW, OTHER, access_of, clocks_of, csv

SHA256 = hashlib.sha256(LIST).hexdigest()


def fetch(server: ScriptedStudio, folder: Path, **values: Any) -> Copy:
    address = parse_address(f"{server.base_url}/roles.csv?key=s3cret")
    return fetch_list(address, access_of(**values), clocks_of(), folder)


def refused(server: ScriptedStudio, folder: Path, **values: Any) -> FetchError:
    with pytest.raises(FetchError, match="nobody was removed") as caught:
        fetch(server, folder, **values)
    return caught.value


def test_the_second_fetch_of_an_unchanged_list_uses_the_kept_copy(tmp_path: Path) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        known = request.headers["If-None-Match"] == '"7"'
        return ScriptedAnswer(304, b"") if known else csv(ETag='"7"', Last_Modified=LAST_MODIFIED)

    with ScriptedStudio(answer) as server:
        first, second = fetch(server, tmp_path), fetch(server, tmp_path)
        assert first == second
        assert second.fetched.last_modified == CHANGED
        (tmp_path / SHA256).write_bytes(OTHER)  # a copy that is no longer what came is not used
        assert fetch(server, tmp_path).path.read_bytes() == LIST
    assert [request.headers["If-None-Match"] for request in server.requests] == [None, '"7"', None]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the list is empty"),
        (b" \n", "the list is empty"),
        (b"<!DOCTYPE html><html><body>Sign in", "a web page (HTML) came instead of a list"),
        (b"\xef\xbb\xbf\n<html>", "a web page (HTML) came instead of a list"),
    ],
)
def test_what_is_no_list_is_never_kept(tmp_path: Path, body: bytes, words: str) -> None:
    with ScriptedStudio(in_turn(csv(body))) as server:
        assert words in refused(server, tmp_path).message
    assert list(tmp_path.iterdir()) == []


def beside(checksum: bytes | None) -> RequestHandler:
    """Answer with a list, and with a checksum beside it."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.path.endswith(".sha256"):
            return csv(checksum or b"", status=200 if checksum else 404)
        return csv()

    return answer


@pytest.mark.parametrize(
    "checksum",
    [
        SHA256.upper().encode(),
        f"{SHA256}  roles.csv\n".encode(),
        f"{'0' * 64}  other.csv\n{SHA256} *roles.csv\n".encode(),
        f"SHA256 (roles.csv) = {SHA256}\n".encode(),
    ],
    ids=["bare", "sha256sum", "of several", "BSD"],
)
def test_the_checksum_beside_a_list_is_checked(tmp_path: Path, checksum: bytes) -> None:
    with ScriptedStudio(beside(checksum)) as server:
        assert fetch(server, tmp_path, list_sha256="beside").sha256 == SHA256
    assert server.requests[1].target == "/roles.csv.sha256?key=s3cret"


@pytest.mark.parametrize(
    ("checksum", "words"),
    [
        (b"0" * 64, "but 000000000000… is expected"),
        (b"no checksum", "roles.csv.sha256 holds no SHA-256 of the list"),
        (f"{SHA256} a.csv\n{SHA256} b.csv\n".encode(), "holds no SHA-256 of the list"),
        (b"0" * 200_000, "more than 0.1 MB"),
        (None, "the server has nothing there (404)"),
    ],
)
def test_a_list_without_its_checksum_is_refused(tmp_path: Path, checksum: bytes | None, words: str) -> None:
    with ScriptedStudio(beside(checksum)) as server:
        assert words in refused(server, tmp_path, list_sha256="beside").message
    assert list(tmp_path.iterdir()) == []


def test_the_checksum_of_the_settings_is_checked_for_kept_copies_too(tmp_path: Path) -> None:
    with ScriptedStudio(in_turn(csv(ETag='"7"'), ScriptedAnswer(304, b""))) as server:
        assert fetch(server, tmp_path, list_sha256=SHA256.upper()).sha256 == SHA256
        assert "is expected" in refused(server, tmp_path, list_sha256="1" * 64).message


def test_an_earlier_copy_stands_in_only_where_that_is_set(tmp_path: Path) -> None:
    good = csv(Last_Modified=LAST_MODIFIED)
    with ScriptedStudio(in_turn(csv(status=404), good, csv(status=404))) as server:
        assert "404" in refused(server, tmp_path, list_fallback="additions").message  # there is no copy yet
        first = fetch(server, tmp_path)
        Copies(tmp_path, parse_address(f"{server.base_url}/roles.csv?key=s3cret")).accept(first)
        assert "404" in refused(server, tmp_path).message
        stands_in = fetch(server, tmp_path, list_fallback="additions")
    assert (stands_in.path, stands_in.fetched.fetched_at) == (first.path, NOW)
    assert stands_in.fetched.last_modified == CHANGED
    assert "the server has nothing there (404)" in stands_in.fetched.failure
    assert "s3cret" not in stands_in.fetched.failure


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [
        ("s3://lists/roles.csv", "obstore", "objects"),
        ("sftp://ann@127.0.0.1/roles.csv", "paramiko", "sftp"),
        ("ldaps://127.0.0.1/cn=x?role=Admin", "ldap3", "ldap"),
        ("gdrive://x", "google.auth.exceptions", "google"),
        ("sharepoint://acme.sharepoint.com/sites/a/b/c", "msal", "microsoft"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"because {package} is not installed") as caught:
        fetch_list(parse_address(url), access_of(), clocks_of(), tmp_path)
    assert f"[{extra}]" in caught.value.hint


def test_a_directory_has_no_checksum(tmp_path: Path) -> None:
    address = parse_address("canvas://127.0.0.1:9/1")
    with pytest.raises(UsageError, match="has no checksum beside it"):
        fetch_list(address, access_of(list_sha256="beside"), clocks_of(), tmp_path)
