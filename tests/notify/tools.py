"""Ends of commands, tables and servers as tests of notifications need them."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from rolesync.model.runs import RoleChanges
from rolesync.notify.ending import Ending, EndStatus, Rule
from rolesync.notify.http_delivery import Network
from rolesync.notify.table import NotifyTable
from tests.paths import ROOT

PEM = ROOT / "tests" / "loopback.pem"
NOW = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)
PASSWORD = "correct horse"


def ending(status: EndStatus = EndStatus.BLOCKED, **more: Any) -> Ending:
    """The end of a sync: by default blocked, with three changes of Admin."""
    codes = {EndStatus.FAILED: 6, EndStatus.BLOCKED: 4, EndStatus.INCOMPLETE: 5}
    fields: dict[str, Any] = {
        "command": "sync",
        "status": status,
        "began_at": NOW,
        "ended_at": NOW,
        "account": "example.instructuremedia.com",
        "exit_code": codes.get(status, 0),
        "changes": (RoleChanges("Admin", 1, 2),),
        "held": 3,
        "next_step": "rolesync plan FILE",
        "report": "/var/lib/rolesync on studio1",
    }
    if status is EndStatus.BLOCKED:
        fields["rules"] = (Rule("max_removals", "Admin", 1.0, 2.0),)
    return Ending(**{**fields, **more})


def table(to: str, **more: Any) -> NotifyTable:
    """A table for a channel, with the files of `secrets_in`."""
    keys: dict[str, dict[str, Any]] = {
        "mail": {"server": "mail.example", "sender": "rolesync@example.edu", "recipients": ["ops@example.edu"]},
        "webhook": {"url_file": "url", "secret_file": "key"},
        "command": {"command": ["true"]},
    }
    more = {**keys.get(to, {"url_file": "url"}), **more}
    return NotifyTable.model_validate({"to": to, **more})


def network(folder: Path, waits: list[float] | None = None, *, url: str = "", **more: Any) -> Network:
    """A network in a folder with the files of secrets; its waits are kept, not waited for."""
    (folder / "url").write_text(f"{url}\n", encoding="utf-8")
    (folder / "key").write_text("a key for webhooks\n", encoding="utf-8")
    (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    kept = [] if waits is None else waits
    return Network(**{"folder": folder, "sleep": kept.append, "now": lambda: NOW, "ca_bundle": str(PEM), **more})


@dataclass
class Mailbox:
    """A mailbox of a real mail server: it keeps what the server accepted, and refuses the recipients in `refused`."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    """What it answers to the next mails instead of accepting them."""

    @property
    def server(self) -> str:
        """Its address, as a table names it."""
        return f"127.0.0.1:{self.port}"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802  # the library's name
        """Accept a recipient, or refuse it."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  # the library's name
        """Keep a mail."""
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Accept the one password."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Learn the port that the system chose, before the server is tried."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library has no types there


@contextmanager
def mail_server(security: str = "starttls", *, login: bool = False) -> Iterator[Mailbox]:
    """Serve a mailbox on loopback, in this process."""
    mailbox, tls = Mailbox(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(PEM)
    by_security: dict[str, dict[str, Any]] = {
        "starttls": {"tls_context": tls, "require_starttls": True},
        "tls": {"ssl_context": tls},
        "none": {},
    }
    options = by_security[security]
    if login:
        options |= {"authenticator": mailbox.authenticate, "auth_required": True}
        options |= {"auth_require_tls": security == "starttls"}
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0, server_hostname="mail.example", **options)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()
