"""The mail channel: SMTP with TLS, bounded in time as a whole."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from threading import Timer
from typing import BinaryIO

from rolesync.model.hosts import is_loopback
from rolesync.notify.http_delivery import DeliveryError, Network, retry
from rolesync.notify.message import Message
from rolesync.notify.table import NotifyTable

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_TRANSIENT = range(400, 500)
_MAX_ANSWER_BYTES = 65_536


def send_mail(message: Message, table: NotifyTable, network: Network) -> None:
    """Send a message by mail.

    Raises:
        DeliveryError: it was not accepted for all recipients.
    """
    mail = _mail(message, table, network)
    host, port = _server(table)
    password = network.read_secret(table.password_file) if table.password_file else ""
    context = _tls(table, network)

    def attempt() -> None:
        try:
            with _session(host, port, table.security, context, network.seconds) as smtp:
                if password:
                    smtp.login(table.user, password)
                refused = smtp.send_message(mail)
        except smtplib.SMTPException as error:
            raise _failure(error) from None
        except ssl.SSLError:
            raise DeliveryError("its certificate is not trusted, or TLS failed") from None
        except TimeoutError:
            raise DeliveryError(f"no answer within {network.seconds:g} s", is_transient=True) from None
        except OSError as error:
            reason = f"can't be reached: {error.strerror or 'no connection'}"
            raise DeliveryError(reason, is_transient=True) from None
        if refused:  # the others have it, so another attempt would send it twice
            raise DeliveryError(f"the server refused {len(refused)} of {len(table.recipients)} recipients")

    retry(attempt, network)


@contextmanager
def _session(host: str, port: int, security: str, context: ssl.SSLContext, seconds: float) -> Iterator[smtplib.SMTP]:
    """Open a session that is cut off after so many seconds, however slowly the server talks."""
    smtp = _TlsSmtp(timeout=seconds, context=context) if security == "tls" else _Smtp(timeout=seconds)
    is_late: list[bool] = []

    def cut_off() -> None:
        is_late.append(True)
        if smtp.sock:
            with suppress(OSError):  # it may be closed by now
                socket.socket.shutdown(smtp.sock, socket.SHUT_RDWR)  # past TLS, which another thread is reading

    timer = Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
    try:
        vars(smtp)["_host"] = host  # the name for TLS, which only the constructor sets, and that connects
        smtp.connect(host, port)
        if security == "starttls":
            smtp.starttls(context=context)
        if is_late:  # during a handshake, when nothing can be cut off
            raise TimeoutError
        yield smtp
        with suppress(smtplib.SMTPException, OSError):  # the mail is accepted
            smtp.quit()
    except (smtplib.SMTPException, OSError):
        if is_late:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        smtp.close()


class _Smtp(smtplib.SMTP):
    """A session whose server is not listened to without end; the library collects all lines of an answer."""

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer."""
        if self.file is None and self.sock:
            self.file = _Lines(self.sock.makefile("rb"))
        return super().getreply()


class _TlsSmtp(_Smtp, smtplib.SMTP_SSL):
    """The same, encrypted from the beginning."""


class _Lines:
    """The lines of a server, up to a size that no server needs for a session."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size = file, 0

    def readline(self, limit: int) -> bytes:
        """Read a line."""
        line = self._file.readline(limit)
        self._size += len(line)
        if self._size > _MAX_ANSWER_BYTES:
            raise OSError
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _failure(error: smtplib.SMTPException) -> DeliveryError:
    """Describe why a server didn't take a mail, without its words, which may hold addresses."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryError("the server offers no TLS, or no log-in")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return DeliveryError("the server closed the connection", is_transient=True)
    code = 0
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((refusal[0] for refusal in error.recipients.values()), 0)
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    refused = "the log-in" if isinstance(error, smtplib.SMTPAuthenticationError) else "the mail"
    return DeliveryError(
        f"the server refused {refused}" + (f" ({code})" if code else ""), is_transient=code in _TRANSIENT
    )


def _mail(message: Message, table: NotifyTable, network: Network) -> EmailMessage:
    mail = EmailMessage()
    try:
        mail["From"], mail["To"] = table.sender, ", ".join(table.recipients)
        mail["Subject"] = message.title
    except ValueError:
        raise DeliveryError("sender or recipients are not addresses") from None
    mail["Date"] = format_datetime(network.now())
    mail["Message-ID"] = make_msgid(domain=table.sender.rpartition("@")[2].strip("<> ") or "localhost")
    mail["Auto-Submitted"] = "auto-generated"  # so that no out-of-office reply comes back
    lines = [message.title, "", message.text]
    if message.details and table.detail == "people":
        lines += ["", *message.details]
    mail.set_content("\n".join(lines) + "\n")
    return mail


def _server(table: NotifyTable) -> tuple[str, int]:
    host, colon, port = table.server.rpartition(":")
    if not colon or not port.isdecimal():
        host, port = table.server, str(_PORTS[table.security])
    host = host.strip("[]")
    if table.security == "none" and not is_loopback(host):
        raise DeliveryError('security = "none" is for a server on this machine only')
    return host, int(port)


def _tls(table: NotifyTable, network: Network) -> ssl.SSLContext:
    bundle = str(network.folder / table.ca_bundle.expanduser()) if table.ca_bundle else network.ca_bundle
    try:
        return ssl.create_default_context(cafile=bundle or None)
    except OSError:
        raise DeliveryError(f"the certificates of {table.ca_bundle or 'ca_bundle'} can't be read") from None
