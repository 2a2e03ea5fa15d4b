"""An SSH server on loopback, in threads of the test: SFTP on a folder, and git's own commands."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paramiko
from paramiko import RSAKey, SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface, Transport
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from tests.servers import DRIP

USER, PASSWORD = "ann", "s3cret-never-shown"


class _Files(SFTPServerInterface):
    """Reads files of one folder."""

    def __init__(self, _server: paramiko.ServerInterface, folder: Path, grows: Any) -> None:
        super().__init__(_server)
        self._folder, self._grows = folder, grows

    def open(self, path: str, flags: int, _attr: SFTPAttributes) -> Any:
        try:
            file = (self._folder / path.lstrip("/")).open("rb")
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 1)
        handle = _Handle(flags)
        handle.filename, handle.readfile, handle.grows = path, file, self._grows
        return handle


class DrippingServer(SFTPServer):
    """Sends each byte of its answers by itself, and slowly."""

    def _write_all(self, out: bytes) -> None:
        assert self.sock
        for byte in out:
            self.sock.send(bytes([byte]))
            time.sleep(DRIP)


class _Handle(SFTPHandle):
    grows: Any
    filename: Any
    readfile: Any

    def stat(self) -> SFTPAttributes:
        attributes = SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))
        self.grows(attributes)
        return attributes


class _Session(paramiko.ServerInterface):
    def __init__(self, key: paramiko.PKey | None) -> None:
        self._key = key

    def check_channel_request(self, kind: str, _number: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if (username, key) == (USER, self._key) else AUTH_FAILED

    def get_allowed_auths(self, _username: str) -> str:
        return "password,publickey"

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_run, args=(channel, command.decode()), daemon=True).start()
        return True


def _run(channel: paramiko.Channel, command: str) -> None:
    """Run `git-upload-pack` for a client, with its streams over the channel."""
    with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S602  # of the test
        assert process.stdin
        assert process.stdout

        def feed() -> None:
            assert process.stdin
            while data := channel.recv(65536):
                process.stdin.write(data)
                process.stdin.flush()
            process.stdin.close()

        threading.Thread(target=feed, daemon=True).start()
        while data := os.read(process.stdout.fileno(), 65536):
            channel.sendall(data)
        channel.send_exit_status(process.wait())
    channel.close()


class SshServer:
    """Serves a folder until its `with` block ends.

    Args:
        folder: the folder.
        host_key: its host key.
        user_key: the key of the user; None for none.
        grows: changes the attributes that `stat` shows.
        kind: how it serves files.
    """

    def __init__(
        self,
        folder: Path,
        host_key: RSAKey,
        user_key: paramiko.PKey | None = None,
        *,
        grows: Any = lambda _: None,
        kind: type[SFTPServer] = SFTPServer,
    ) -> None:
        self._kind = kind
        self._folder, self._host_key, self._user_key, self._grows = folder, host_key, user_key, grows
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._transports: list[Transport] = []
        self._thread = threading.Thread(target=self._accept)

    def known_hosts(self, path: Path) -> str:
        """Write the file of its host key."""
        path.write_text(f"[127.0.0.1]:{self.port} {self._host_key.get_name()} {self._host_key.get_base64()}\n")
        return str(path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for transport in self._transports:
            transport.close()
            transport.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            transport = Transport(client)
            transport.add_server_key(self._host_key)
            transport.set_subsystem_handler("sftp", self._kind, _Files, self._folder, self._grows)
            self._transports.append(transport)
            try:
                transport.start_server(server=_Session(self._user_key))
            except (paramiko.SSHException, OSError, EOFError):  # the client hung up: it knows another key
                continue
