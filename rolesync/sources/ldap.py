"""Reads the members of a group from a directory by LDAP, and of the groups in it. Read-only, complete or refused."""

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rolesync.errors import UsageError
from rolesync.model.hosts import is_loopback
from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.directory_rows import DirectoryRow, incomplete_error, list_of_rows
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

if TYPE_CHECKING:
    from ldap3 import Connection

MAX_USERS = 20_000
_CONNECT = 10.0  # seconds
_MEMBERS = ("member", "uniqueMember")
_GROUPS = frozenset({"group", "groupofnames", "groupofuniquenames"})
_PERSON = ("displayName", "cn", "objectClass", "userAccountControl", *_MEMBERS)
_DISABLED = 2  # the bit of userAccountControl


def fetch_ldap(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read a group.

    Args:
        address: `ldaps://HOST/DN-OF-THE-GROUP?role=ROLE`; `ldap://` encrypts by StartTLS, except on loopback. Option
            `mail` names the attribute of addresses.
        access: `list_user` is the DN that binds, `list_secret` its password; without, the bind is anonymous.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: not used.

    Returns:
        The list. It is as old as the fetch.

    Raises:
        FetchError: the directory refused, or its answers are incomplete.
        UsageError: the extra `ldap` is not installed, or the address names no group or role.
    """
    del last_fetch
    address.check_options(("role", "mail"))
    if "=" not in address.path or not address.options.get("role"):
        raise UsageError(f"{address.where} names no group or no role", hint=f"write it like {address.form}")
    try:
        import ldap3  # noqa: F401, PLC0415  # an extra
    except ImportError as error:
        raise missing_package_error("ldap", address, error) from error

    def read() -> list[DirectoryRow]:
        with _described(address, deadline), _connect(address, access, deadline) as connection:
            return Directory(connection, address, deadline).rows()

    return Download(list_of_rows(with_retries(read, deadline, clocks)), "", clocks.now())


class Directory:
    """Reads a group over a connection."""

    def __init__(self, connection: "Connection", address: Address, deadline: Deadline) -> None:
        self._connection, self._address, self._deadline = connection, address, deadline
        self._mail = address.options.get("mail", "mail")

    def rows(self) -> list[DirectoryRow]:
        """Read all users below the group; each group must be the same before and after.

        Raises:
            FetchError: there are too many members, a member can't be read, or a group changed meanwhile.
        """
        rows, groups = [], dict[str, set[str]]()
        open_names = [self._address.path]
        seen = set[str]()
        while open_names:
            name = open_names.pop()
            if name.casefold() in seen:
                continue
            seen.add(name.casefold())
            if len(seen) > MAX_USERS:
                raise FetchError(f"{self._address.where}: more than {MAX_USERS:,} members", hint="name another group")
            entry = self._entry(name, (*_PERSON, self._mail))
            kinds = {kind.casefold() for kind in _texts(entry, "objectClass")}
            if name == self._address.path or kinds & _GROUPS:
                groups[name] = members = _members(entry)
                open_names += sorted(members)
            else:
                rows.append(self._row(entry))
        for name, members in groups.items():
            if _members(self._entry(name, _MEMBERS)) != members:
                raise incomplete_error(self._address.where, "a group changed while it was read")
        return rows

    def _entry(self, name: str, attributes: tuple[str, ...]) -> dict[str, list[bytes]]:
        """Read one entry.

        Raises:
            FetchError: the entry of a member is missing, so the list would be incomplete; or the deadline has passed.
        """
        self._deadline.check()
        self._connection.search(name, "(objectClass=*)", search_scope="BASE", attributes=[*attributes])
        entries = [each for each in self._connection.response or [] if each.get("type") == "searchResEntry"]
        if len(entries) != 1:
            raise incomplete_error(self._address.where, "a member could not be read")
        values_of = {attribute.casefold(): values for attribute, values in entries[0]["raw_attributes"].items()}
        if any(";range=" in attribute for attribute in values_of):  # Active Directory has more members than it sent
            raise incomplete_error(self._address.where, "not all members of a group came")
        return values_of

    def _row(self, entry: Mapping[str, Sequence[bytes]]) -> DirectoryRow:
        names = [*_texts(entry, "displayName"), *_texts(entry, "cn"), ""]
        control = next(iter(_texts(entry, "userAccountControl")), "")
        is_active = not (control.isdecimal() and int(control) & _DISABLED)
        email = min(_texts(entry, self._mail), default="")
        return DirectoryRow(email, names[0], self._address.options["role"], is_active)


def _members(entry: Mapping[str, Sequence[bytes]]) -> set[str]:
    return {name for attribute in _MEMBERS for name in _texts(entry, attribute)}


def _texts(entry: Mapping[str, Sequence[bytes]], attribute: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in entry.get(attribute.casefold(), ())]


@contextmanager
def _connect(address: Address, access: Access, deadline: Deadline) -> Iterator["Connection"]:
    from ldap3 import NONE, Connection, Server, Tls  # noqa: PLC0415  # an extra

    is_encrypted = address.scheme == "ldaps"
    tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=access.ca_bundle or None)
    seconds = min(_CONNECT, deadline.remaining)
    port = address.port or (636 if is_encrypted else 389)
    server = Server(address.host, port, use_ssl=is_encrypted, tls=tls, get_info=NONE, connect_timeout=seconds)
    connection = Connection(
        server,
        access.list_user or None,
        access.secret or None,
        read_only=True,
        raise_exceptions=True,
        auto_referrals=False,
        check_names=False,
        receive_timeout=max(1, int(deadline.remaining)),
    )

    def cut_off() -> None:
        if connection.socket:
            with suppress(OSError):  # it may be closed by now
                socket.socket.shutdown(connection.socket, socket.SHUT_RDWR)  # past TLS, which another thread is reading

    try:
        with deadline.cutting_off(cut_off):
            connection.open()
            if not is_encrypted and not is_loopback(address.host) and not connection.start_tls():
                raise FetchError(f"{address.where}: the directory does not encrypt", hint="use ldaps:// if it has that")
            deadline.check()  # nothing can be cut off during a handshake
            connection.bind()
            yield connection
    finally:
        connection.unbind()


@contextmanager
def _described(address: Address, deadline: Deadline) -> Iterator[None]:
    """Turn the errors of the library into words; their texts may contain text of the server."""
    from ldap3.core import exceptions  # noqa: PLC0415  # an extra

    try:
        yield
    except (exceptions.LDAPInvalidCredentialsResult, exceptions.LDAPInsufficientAccessRightsResult) as error:
        raise FetchError(
            f"{address.where}: the directory refused user or password", hint="check list_user and list_secret"
        ) from error
    except exceptions.LDAPNoSuchObjectResult as error:
        raise FetchError(
            f"{address.where}: the group, or a member of it, is not there or may not be read",
            hint="check the name of the group, and what list_user may read",
        ) from error
    except exceptions.LDAPExceptionError as error:
        if deadline.is_over:
            raise deadline.timeout_error() from error
        raise FetchError(
            f"{address.where}: the directory could not be read ({type(error).__name__})",
            hint="check the address, ca_bundle and the network, then run the same command again",
            is_transient=isinstance(error, exceptions.LDAPCommunicationError),
        ) from error
