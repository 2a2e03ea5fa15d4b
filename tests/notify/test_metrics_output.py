"""Where metrics go: a file that others may read, or a Pushgateway."""

import os
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from rolesync.notify.http_delivery import DeliveryError, Network
from rolesync.notify.metrics_output import push_metrics, write_metrics
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn


def test_the_file_is_replaced_and_readable_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "rolesync.prom"
    before = os.umask(0o077)
    try:
        write_metrics(path, "a 1\n")
        first = path.stat().st_ino
        path.chmod(0o600)
        write_metrics(path, "a 2\n")
    finally:
        os.umask(before)
    assert path.read_text(encoding="ascii") == "a 2\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.stat().st_ino != first  # so that a reader never sees a half
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.prom")
    (tmp_path / "link.prom").symlink_to(tmp_path / "pipe.prom")
    for name in ("pipe.prom", "link.prom"):
        with pytest.raises(OSError, match="it is not a regular file"):
            write_metrics(tmp_path / name, "a 1\n")


def test_a_pushgateway_gets_them_for_their_account() -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(200, b""))) as studio:
        push_metrics(studio.base_url, {"account": "127.0.0.1:8765", "fleet": "a/b"}, "a 1\n", Network())
    (request,) = studio.requests
    assert (request.method, request.body) == ("PUT", b"a 1\n")
    *start, account, fleet_label, fleet = request.path.split("/")
    assert (start, fleet_label) == (["", "metrics", "job", "rolesync", "account@base64"], "fleet@base64")
    assert [urlsafe_b64decode(text + "==").decode() for text in (account, fleet)] == ["127.0.0.1:8765", "a/b"]
    assert request.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_a_pushgateway_that_refuses_is_a_failure() -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(400))) as studio, pytest.raises(DeliveryError, match="answered 400"):
        push_metrics(studio.base_url, {"account": "x"}, "a 1\n", Network())
