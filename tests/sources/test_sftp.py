"""A list on an SFTP server: only from the machine whose key is known, and only a whole file."""

import os
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from paramiko import RSAKey, SFTPAttributes

from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError
from rolesync.sources.sftp import fetch_sftp
from tests.servers import PATIENCE, ScriptedAnswer, ScriptedStudio, in_turn
from tests.sources.ssh_server import PASSWORD, USER, DrippingServer, SshServer
from tests.sources.tools import CHANGED, LIST, access_of, clocks_of, deadline_of

HOST_KEY = RSAKey.generate(1024)  # quick to make; nobody attacks it
OTHER_KEY = RSAKey.generate(1024)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "my roles.csv"
    path.write_bytes(LIST)
    os.utime(path, (CHANGED.timestamp(),) * 2)
    return tmp_path


def fetch(server: SshServer, known_hosts: str, path: str = "lists/my%20roles.csv", **values: Any) -> object:
    access = access_of(list_known_hosts=known_hosts, **{"list_secret": PASSWORD, **values})
    clocks = clocks_of()
    address = parse_address(f"sftp://{USER}@127.0.0.1:{server.port}/{path}")
    return fetch_sftp(address, access, clocks, deadline_of(access, clocks), None)


def test_a_file_comes_with_its_age(folder: Path) -> None:
    with SshServer(folder, HOST_KEY) as server:
        assert fetch(server, server.known_hosts(folder / "known")) == Download(LIST, "", CHANGED)


def test_a_key_does_as_a_password_does(folder: Path) -> None:
    key, text = RSAKey.generate(1024), StringIO()
    key.write_private_key(text)
    with SshServer(folder, HOST_KEY, key) as server:
        assert fetch(server, server.known_hosts(folder / "known"), list_secret=text.getvalue()) == Download(
            LIST, "", CHANGED
        )
        with pytest.raises(FetchError, match="list_secret begins like a private key, but can't be read"):
            fetch(server, server.known_hosts(folder / "known"), list_secret="-----BEGIN OPENSSH PRIVATE KEY-----\nx")


@pytest.mark.parametrize("known", [OTHER_KEY, None], ids=["another", "none"])
def test_nothing_is_sent_to_a_server_whose_key_is_not_known(folder: Path, known: RSAKey | None) -> None:
    with SshServer(folder, HOST_KEY) as server:
        path = folder / "known"
        if known is not None:
            path.write_text(f"[127.0.0.1]:{server.port} {known.get_name()} {known.get_base64()}\n")
        with pytest.raises(FetchError, match=r"the host key of 127\.0\.0\.1 is .*; nothing was sent") as caught:
            fetch(server, str(path))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        ("lists/none.csv", {}, "the server has no such file"),
        ("lists/my%20roles.csv", {"list_secret": "wrong"}, "the server refused user or secret"),
        ("lists/my%20roles.csv", {"list_secret": ""}, "no password and no key is set"),
        ("lists/my%20roles.csv", {"list_max_mb": 0.00001}, "more than 1e-05 MB"),
    ],
)
def test_what_does_not_come_is_described(folder: Path, path: str, values: dict[str, Any], words: str) -> None:
    with SshServer(folder, HOST_KEY) as server, pytest.raises(FetchError) as caught:
        fetch(server, server.known_hosts(folder / "known"), path, **values)
    assert words in caught.value.message
    assert PASSWORD not in caught.value.message


def test_a_file_that_the_user_may_not_read_is_described(folder: Path) -> None:
    (folder / "lists" / "my roles.csv").unlink()
    (folder / "lists" / "my roles.csv").mkdir()
    with SshServer(folder, HOST_KEY) as server, pytest.raises(FetchError, match="could not be made, or broke"):
        fetch(server, server.known_hosts(folder / "known"))


def test_a_file_that_changes_while_it_is_read_is_not_used(folder: Path) -> None:
    sizes = iter(range(100, 200))

    def grow(attributes: SFTPAttributes) -> None:
        attributes.st_size = next(sizes)

    with SshServer(folder, HOST_KEY, grows=grow) as server, pytest.raises(FetchError, match="the file changed while"):
        fetch(server, server.known_hosts(folder / "known"))


def test_a_file_that_drips_in_ends_with_the_time_of_the_whole(folder: Path) -> None:
    with SshServer(folder, HOST_KEY, kind=DrippingServer) as server:
        begun = time.monotonic()
        with pytest.raises(FetchError, match=r"did not send the complete list within 0\.7 s"):
            fetch(server, server.known_hosts(folder / "known"), list_timeout=0.7)
    assert time.monotonic() - begun < PATIENCE / 2


@pytest.mark.parametrize("end", ["gone", "mute"])
def test_a_server_that_is_none_ends_in_time(folder: Path, end: Any) -> None:
    access = access_of(list_timeout=0.5, list_secret=PASSWORD, list_known_hosts=str(folder / "known"))
    clocks = clocks_of()
    with ScriptedStudio(in_turn(ScriptedAnswer(end=end))) as server:
        address = parse_address(f"sftp://{USER}@127.0.0.1:{server.base_url.rpartition(':')[2]}/x")
        with pytest.raises(FetchError) as caught:
            fetch_sftp(address, access, clocks, deadline_of(access, clocks), None)
    assert caught.value.hint
