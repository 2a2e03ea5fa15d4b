"""Deliveries in parallel: each ends for itself, and a failure is a result."""

from pathlib import Path

import pytest

from rolesync.notify import deliver as module
from rolesync.notify.deliver import Outgoing, deliver, ping_starts
from rolesync.notify.message import compose
from rolesync.notify.table import Channel
from tests.notify.tools import ending, mail_server, network, table
from tests.servers import ReceivedRequest, ScriptedAnswer, ScriptedStudio

MESSAGE = compose(ending())


def test_each_channel_delivers_for_itself(tmp_path: Path) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return ScriptedAnswer(404 if b"AdaptiveCard" in request.body else 200)

    with ScriptedStudio(answer) as studio, mail_server("tls") as mailbox:
        outside = network(tmp_path, url=studio.base_url)
        tables = [
            table("mail", server=mailbox.server, security="tls"),
            table("slack"),
            table("teams"),
            table("webhook"),
            table("ping"),
            table("command"),
        ]
        deliveries = deliver([Outgoing(at, each, MESSAGE, 4) for at, each in enumerate(tables, 1)], outside)
    assert [(each.number, each.channel) for each in deliveries] == list(enumerate(Channel, 1))
    assert [each.error for each in deliveries] == ["", "", "answered 404", "", "", ""]
    assert len(mailbox.mails) == 1
    assert sorted(request.path for request in studio.requests) == ["/", "/", "/", "/4"]


def test_only_watchdogs_learn_that_a_run_begins(tmp_path: Path) -> None:
    with ScriptedStudio(lambda _request: ScriptedAnswer()) as studio:
        deliveries = ping_starts([table("slack"), table("ping")], network(tmp_path, url=studio.base_url))
        assert ping_starts([table("slack")], network(tmp_path, url=studio.base_url)) == []
    assert [(each.number, each.error) for each in deliveries] == [(2, "")]
    assert [request.path for request in studio.requests] == ["/start"]


def test_a_defect_is_a_failure_whose_words_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("s3cr3t")

    monkeypatch.setitem(module._SENDERS, Channel.SLACK, fail)
    (delivery,) = deliver([Outgoing(1, table("slack"), MESSAGE)], network(tmp_path))
    assert delivery.error == "unexpected RuntimeError"
