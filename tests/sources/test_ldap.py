"""The members of a group of a real directory: OpenLDAP's slapd, on loopback."""

import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from ldap3 import Connection, Server

from rolesync.errors import UsageError
from rolesync.sources import ldap
from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError
from rolesync.sources.ldap import Directory, fetch_ldap
from tests.paths import PEM
from tests.servers import DRIP, PATIENCE, ScriptedAnswer, ScriptedStudio, free_port, in_turn
from tests.sources.tools import NOW, access_of, clocks_of, deadline_of

SLAPD = shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap")
ROOT, PASSWORD = "cn=root,dc=example,dc=edu", "s3cret-never-shown"
BIND = {"list_user": ROOT, "list_secret": PASSWORD}
GROUP = "cn=Studio%20Admins,dc=example,dc=edu"
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {pem}
TLSCertificateKeyFile {pem}
database mdb
directory {folder}
suffix dc=example,dc=edu
rootdn {root}
rootpw {password}
access to * by users read by anonymous auth
"""

pytestmark = pytest.mark.skipif(SLAPD is None, reason="needs Debian's package slapd")


def bound(port: int) -> Connection:
    """Connect as soon as the server listens."""
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return Connection(Server("127.0.0.1", port), ROOT, PASSWORD, auto_bind=True)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """A directory with a group in a group; gives its ports without and with TLS."""
    assert SLAPD is not None
    folder = tmp_path_factory.mktemp("ldap")
    config = folder / "slapd.conf"
    config.write_text(CONFIG.format(pem=PEM, folder=folder, root=ROOT, password=PASSWORD), encoding="utf-8")
    ports = free_port(), free_port()
    urls = f"ldap://127.0.0.1:{ports[0]} ldaps://127.0.0.1:{ports[1]}"
    with subprocess.Popen([SLAPD, "-d", "0", "-f", config, "-h", urls], stderr=subprocess.DEVNULL) as process:
        try:
            connection: Any = bound(ports[0])
            connection.add("dc=example,dc=edu", ["dcObject", "organization"], {"dc": "example", "o": "x"})
            for name in ("ann", "ben", "dora"):
                person: dict[str, Any] = {"sn": name, "displayName": name.title()}
                person |= {} if name == "dora" else {"mail": f"{name}@example.edu"}
                connection.add(f"cn={name},dc=example,dc=edu", ["inetOrgPerson"], person)
            for group, members in {
                "Studio Admins": ["cn=ann,dc=example,dc=edu", "cn=Media,dc=example,dc=edu"],
                "Media": ["cn=ben,dc=example,dc=edu", "cn=Studio Admins,dc=example,dc=edu"],
                "Ghosts": ["cn=nobody,dc=example,dc=edu"],
                "No Mail": ["cn=dora,dc=example,dc=edu"],
            }.items():
                connection.add(f"cn={group},dc=example,dc=edu", ["groupOfNames"], {"member": members})
            connection.unbind()
            yield ports
        finally:
            process.terminate()


def fetch(port: int, rest: str, scheme: str = "ldap", **values: Any) -> str:
    access, clocks = access_of(**values), clocks_of()
    address = parse_address(f"{scheme}://127.0.0.1:{port}/{rest}")
    answer = fetch_ldap(address, access, clocks, deadline_of(access, clocks), None)
    assert isinstance(answer, Download)
    assert answer.last_modified == NOW
    return answer.data.decode()


def test_the_members_of_a_group_and_of_the_groups_in_it_get_the_role(directory: tuple[int, int]) -> None:
    ann, ben = ('"ann@example.edu","Ann","Admin","active"', '"ben@example.edu","Ben","Admin","active"')
    members = f'"email","name","role","status"\n{ann}\n{ben}\n'
    plain, encrypted = directory
    assert fetch(plain, f"{GROUP}?role=Admin", **BIND) == members
    assert fetch(encrypted, f"{GROUP}?role=Admin", "ldaps", ca_bundle=str(PEM), **BIND) == members
    assert '"ann","Ann"' in fetch(plain, f"{GROUP}?role=Admin&mail=cn", **BIND)
    assert '"","Dora"' in fetch(plain, "cn=No%20Mail,dc=example,dc=edu?role=Admin", **BIND)


@pytest.mark.parametrize(
    ("rest", "values", "words"),
    [
        (GROUP, {"list_user": ROOT, "list_secret": "wrong"}, "the directory refused user or password"),
        ("cn=None,dc=example,dc=edu", BIND, "is not there or may not be read"),
        ("cn=Ghosts,dc=example,dc=edu", BIND, "is not there or may not be read"),
        (GROUP, {}, "the directory refused user or password"),
    ],
    ids=["password", "group", "member", "anonymous"],
)
def test_what_can_not_be_read_is_described(
    directory: tuple[int, int], rest: str, values: dict[str, str], words: str
) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(directory[0], f"{rest}?role=Admin", **values)
    assert words in caught.value.message
    assert caught.value.hint


def test_a_certificate_must_be_trusted(directory: tuple[int, int]) -> None:
    with pytest.raises(FetchError, match="the directory could not be read"):
        fetch(directory[1], f"{GROUP}?role=Admin", "ldaps", **BIND)


def test_a_connection_without_tls_is_encrypted_before_the_password_leaves(
    directory: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ldap, "is_loopback", lambda _: False)  # as for any other host
    assert "ann@example.edu" in fetch(directory[0], f"{GROUP}?role=Admin", ca_bundle=str(PEM), **BIND)
    with pytest.raises(FetchError, match="could not be read"):  # nobody trusts its certificate
        fetch(directory[0], f"{GROUP}?role=Admin", **BIND)


class _WithoutTls(socketserver.BaseRequestHandler):
    """A directory that refuses StartTLS, and keeps what it receives."""

    received: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        """Answer the first request with protocolError (2)."""
        while data := self.request.recv(4096):
            if not self.received:
                self.request.sendall(bytes.fromhex("300c 020101 7807 0a0102 0400 0400"))
            self.received.append(data)


def test_a_directory_that_can_not_encrypt_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap, "is_loopback", lambda _: False)
    with socketserver.TCPServer(("127.0.0.1", 0), _WithoutTls) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(FetchError, match="could not be read"):
            fetch(server.server_address[1], f"{GROUP}?role=Admin", **BIND)
        thread.join()
    received = b"".join(_WithoutTls.received)
    assert b"1.3.6.1.4.1.1466.20037" in received
    assert PASSWORD.encode() not in received


def test_a_server_that_is_none_ends_in_time() -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(end="mute"))) as server, pytest.raises(FetchError):
        fetch(int(server.base_url.rpartition(":")[2]), f"{GROUP}?role=Admin", list_timeout=1.0, **BIND)


class _Drips(socketserver.BaseRequestHandler):
    """Begins an answer of 16 MB, byte by byte."""

    def handle(self) -> None:
        self.request.recv(4096)
        try:
            self.request.sendall(b"\x30\x84\x01\x00\x00\x00")
            while True:
                self.request.sendall(b"\x02")
                time.sleep(DRIP)
        except OSError:
            return


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_an_answer_that_drips_in_ends_with_the_time_of_the_whole(scheme: str) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Drips) as server:
        if scheme == "ldaps":
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(PEM)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(FetchError, match=r"did not send the complete list within 1\.2 s"):
            fetch(server.server_address[1], f"{GROUP}?role=Admin", scheme, list_timeout=1.2, ca_bundle=str(PEM), **BIND)
        thread.join()
    assert time.monotonic() - begun < PATIENCE / 2


def test_an_address_names_group_and_role() -> None:
    for rest in (GROUP, "?role=Admin", f"{GROUP}?role="):
        with pytest.raises(UsageError, match="names no group or no role"):
            fetch(1, rest)


class _Large:
    """The answer of Active Directory for a group with more members than it sends at once."""

    response: ClassVar = [{"type": "searchResEntry", "raw_attributes": {"member;range=0-1499": [b"cn=x"]}}]

    def search(self, *_: object, **__: object) -> None:
        """Find the group."""


def test_a_group_that_comes_in_part_is_refused() -> None:
    address = parse_address("ldap://127.0.0.1/cn=x?role=Admin")
    connection: Any = _Large()
    with pytest.raises(FetchError, match="not all members of a group came"):
        Directory(connection, address, deadline_of(access_of(), clocks_of())).rows()


class _Moving:
    """A group that has another member at each search."""

    def __init__(self) -> None:
        self.response: list[dict[str, Any]] = []
        self._number = 0

    def search(self, name: str, *_: object, **__: object) -> None:
        """Find the group with a new member, or a member."""
        self._number += 1
        attributes = {"member": [b"cn=%d" % self._number]} if name == "cn=x" else {"mail": [b"b@x.edu", b"a@x.edu"]}
        self.response = [{"type": "searchResEntry", "raw_attributes": attributes}]


def test_a_group_that_changes_meanwhile_is_refused() -> None:
    connection: Any = _Moving()
    address = parse_address("ldap://127.0.0.1/cn=x?role=Admin")
    with pytest.raises(FetchError, match="a group changed while it was read"):
        Directory(connection, address, deadline_of(access_of(), clocks_of())).rows()
