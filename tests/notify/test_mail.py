"""Mails, to a real mail server on loopback."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from rolesync.notify.http_delivery import DeliveryError
from rolesync.notify.mail import send_mail
from rolesync.notify.message import compose
from tests.notify.tools import PEM, Mailbox, ending, mail_server, network, table
from tests.servers import PATIENCE

MESSAGE = compose(ending(details=("remove Admin: ann@example.edu (planned)",)))


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[dict[str, Mailbox]]:
    with mail_server("starttls", login=True) as starttls, mail_server("tls") as tls, mail_server("none") as plain:
        yield {"starttls": starttls, "tls": tls, "none": plain}


@pytest.fixture(autouse=True)
def _empty(mailboxes: dict[str, Mailbox]) -> None:
    for mailbox in mailboxes.values():
        for kept in (mailbox.mails, mailbox.recipients, mailbox.logins, mailbox.refused, mailbox.answers):
            kept.clear()


LOGIN = {"user": "rolesync", "password_file": "password"}


@pytest.mark.parametrize(("security", "more"), [("starttls", LOGIN), ("tls", {}), ("none", {})])
def test_a_mail_arrives_by_each_kind_of_connection(
    tmp_path: Path, mailboxes: dict[str, Mailbox], security: str, more: dict[str, str]
) -> None:
    mailbox = mailboxes[security]
    recipients = ["ops@example.edu", "Team <team@example.edu>"]
    mail_table = table("mail", server=mailbox.server, security=security, recipients=recipients, **more)
    send_mail(MESSAGE, mail_table, network(tmp_path))
    (mail,) = mailbox.mails
    assert mail["Subject"] == "rolesync: BLOCKED by max_removals: example.instructuremedia.com"
    assert (mail["From"], mail["Auto-Submitted"]) == ("rolesync@example.edu", "auto-generated")
    assert mail["Message-ID"].endswith("@example.edu>")
    assert mailbox.recipients == ["ops@example.edu", "team@example.edu"]
    assert "Changes: Admin +1 -2, 0 of 3 done, 3 held" in mail.get_content()
    assert "ann@" not in mail.as_string()
    assert mailbox.logins == ([b"rolesync"] if more else [])


def test_people_are_only_in_a_mail_that_asks_for_them(tmp_path: Path, mailboxes: dict[str, Mailbox]) -> None:
    mail_table = table("mail", server=mailboxes["tls"].server, security="tls", detail="people")
    send_mail(MESSAGE, mail_table, network(tmp_path))
    (mail,) = mailboxes["tls"].mails
    assert "remove Admin: ann@example.edu (planned)" in mail.get_content()


def test_a_server_without_trusted_certificate_gets_nothing(tmp_path: Path, mailboxes: dict[str, Mailbox]) -> None:
    for security in ("starttls", "tls"):
        mail_table = table("mail", server=mailboxes[security].server, security=security, **LOGIN)
        with pytest.raises(DeliveryError, match="certificate is not trusted"):
            send_mail(MESSAGE, mail_table, network(tmp_path, ca_bundle=""))
        assert mailboxes[security].logins == []


def test_a_server_without_tls_gets_nothing(tmp_path: Path, mailboxes: dict[str, Mailbox]) -> None:
    with pytest.raises(DeliveryError, match="the server offers no TLS"):
        send_mail(MESSAGE, table("mail", server=mailboxes["none"].server), network(tmp_path))
    assert mailboxes["none"].mails == []


def test_only_a_server_of_this_machine_may_do_without_tls(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="on this machine only"):
        send_mail(MESSAGE, table("mail", server="mail.example", security="none"), network(tmp_path))


@pytest.mark.parametrize(
    ("answers", "attempts_left", "waits", "reason"),
    [
        (["451 try later"], 0, [1.0], ""),
        (["554 no ann@example.edu here", "250 OK"], 1, [], r"^the server refused the mail \(554\)$"),
        (["421 busy"] * 3, 0, [1.0, 2.0], "."),
    ],
)
def test_a_temporary_refusal_is_tried_again(  # noqa: PLR0913, PLR0917  # each is part of the case
    tmp_path: Path,
    mailboxes: dict[str, Mailbox],
    answers: list[str],
    attempts_left: int,
    waits: list[float],
    reason: str,
) -> None:
    mailbox, waited = mailboxes["tls"], list[float]()
    mailbox.answers += answers
    mail_table = table("mail", server=mailbox.server, security="tls")
    if reason:
        with pytest.raises(DeliveryError, match=reason):
            send_mail(MESSAGE, mail_table, network(tmp_path, waited))
    else:
        send_mail(MESSAGE, mail_table, network(tmp_path, waited))
    assert (len(mailbox.answers), waited, len(mailbox.mails)) == (attempts_left, waits, 0 if reason else 1)


def test_a_refused_recipient_is_a_failure_that_names_nobody(tmp_path: Path, mailboxes: dict[str, Mailbox]) -> None:
    mailbox = mailboxes["tls"]
    mailbox.refused["gone@example.edu"] = "550 gone@example.edu unknown"
    some = table("mail", server=mailbox.server, security="tls", recipients=["ops@example.edu", "gone@example.edu"])
    with pytest.raises(DeliveryError, match=r"^the server refused 1 of 2 recipients$"):
        send_mail(MESSAGE, some, network(tmp_path))
    assert len(mailbox.mails) == 1
    none = table("mail", server=mailbox.server, security="tls", recipients=["gone@example.edu"])
    with pytest.raises(DeliveryError, match=r"^the server refused the mail \(550\)$"):
        send_mail(MESSAGE, none, network(tmp_path))


def test_a_wrong_password_is_refused(tmp_path: Path, mailboxes: dict[str, Mailbox]) -> None:
    outside = network(tmp_path)
    (tmp_path / "password").write_text("wrong", encoding="ascii")
    with pytest.raises(DeliveryError, match=r"the server refused the log-in \(535\)"):
        send_mail(MESSAGE, table("mail", server=mailboxes["starttls"].server, **LOGIN), outside)


def test_a_header_can_not_be_smuggled_in(tmp_path: Path) -> None:
    mail_table = table("mail", server="127.0.0.1:9", security="none", sender="a@example.edu\nBcc: b@example.edu")
    with pytest.raises(DeliveryError, match="sender or recipients are not addresses"):
        send_mail(MESSAGE, mail_table, network(tmp_path))


def test_a_server_that_is_down_is_tried_three_times(tmp_path: Path) -> None:
    waited: list[float] = []
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(DeliveryError, match="can't be reached: Connection refused"):
            send_mail(MESSAGE, table("mail", server=server), network(tmp_path, waited))
    assert waited == [1.0, 2.0]


@pytest.mark.parametrize(
    ("security", "first", "seconds", "reason"),
    [
        ("starttls", b"", 0.15, r"no answer within 0\.15 s"),
        ("tls", b"\x16\x03\x03\x40\x00", 0.15, r"no answer within 0\.15 s"),  # a long record of TLS begins
        ("tls", b"220 this is no TLS", 20, "TLS failed"),
    ],
)
def test_a_server_that_drips_is_cut_off(
    tmp_path: Path, security: str, first: bytes, seconds: float, reason: str
) -> None:
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        for _ in range(3):
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(first)
                while not ended.wait(0.02):
                    connection.sendall(b"2")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        mail_table = table("mail", server=f"127.0.0.1:{listener.getsockname()[1]}", security=security)
        with pytest.raises(DeliveryError, match=reason):
            send_mail(MESSAGE, mail_table, network(tmp_path, seconds=seconds))
        ended.set()
        for _ in range(3):  # attempts that were not needed
            socket.create_connection(listener.getsockname()).close()
        thread.join()


def _serve(connections: Callable[[socket.socket], object], listener: socket.socket) -> None:
    """Serve three connections; what a client does that hangs up is not an error."""
    for _ in range(3):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connections(connection)


@contextmanager
def _raw_server(connections: Callable[[socket.socket], object]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(connections, listener))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_server_whose_handshake_outlasts_the_time_is_cut_off(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(PEM)

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")
        for answer in (b"250-mail.example\r\n250 STARTTLS\r\n", b"220 go on\r\n"):
            connection.recv(4096)
            time.sleep(0.1)
            connection.sendall(answer)
        time.sleep(0.1)
        with tls.wrap_socket(connection, server_side=True) as encrypted:
            for _ in range(60):
                encrypted.sendall(b"250-mail.example\r\n")
                time.sleep(0.05)

    begun = time.monotonic()
    with _raw_server(talk) as server, pytest.raises(DeliveryError, match=r"no answer within 0\.25 s"):
        send_mail(MESSAGE, table("mail", server=server), network(tmp_path, seconds=0.25))
    assert time.monotonic() - begun < PATIENCE / 2


def test_a_server_that_talks_without_end_is_not_listened_to(tmp_path: Path) -> None:
    sent: list[int] = []

    def talk(connection: socket.socket) -> None:
        sent.append(0)
        line = b"220-" + b"x" * 996 + b"\r\n"
        while sent[-1] < 100_000_000:
            connection.sendall(line)
            sent[-1] += len(line)

    with _raw_server(talk) as server, pytest.raises(DeliveryError, match="closed the connection"):
        send_mail(MESSAGE, table("mail", server=server, security="none"), network(tmp_path))
    assert all(size < 20_000_000 for size in sent)  # mostly in buffers of the system


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"the certificates of ca\.pem can't be read"):
        send_mail(MESSAGE, table("mail", server="127.0.0.1:9", ca_bundle="ca.pem"), network(tmp_path))
