"""What Slack, Teams, webhooks and watchdogs receive."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from rolesync.notify.ending import EndStatus
from rolesync.notify.http_delivery import DeliveryError
from rolesync.notify.message import compose
from rolesync.notify.web_channels import send_ping, send_slack, send_start_ping, send_teams, send_webhook, signature
from tests.notify.tools import NOW, ending, network, table
from tests.servers import ReceivedRequest, ScriptedAnswer, ScriptedStudio, in_turn

MESSAGE = compose(ending(next_step="rolesync help <guards> & *more*"))
OK = in_turn(ScriptedAnswer(200, b"ok"))


def test_slack_gets_one_text_that_mentions_nobody(tmp_path: Path) -> None:
    with ScriptedStudio(OK) as studio:
        send_slack(MESSAGE, table("slack"), network(tmp_path, url=f"{studio.base_url}/services/T/B/x"))
    (request,) = studio.requests
    assert (request.method, request.path) == ("POST", "/services/T/B/x")
    text = request.json["text"]
    assert text.startswith("*rolesync: BLOCKED by max_removals: example.instructuremedia.com*\nChanges: Admin +1 -2")
    assert "Next: rolesync help &lt;guards&gt; &amp; *more*" in text
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"


def test_teams_gets_an_adaptive_card(tmp_path: Path) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(202, b""))) as studio:
        send_teams(MESSAGE, table("teams"), network(tmp_path, url=f"{studio.base_url}/workflows/1?sig=x"))
    (request,) = studio.requests
    assert request.target == "/workflows/1?sig=x"
    assert request.json["type"] == "message"
    (attachment,) = request.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    title, facts = attachment["content"]["body"]
    assert title["text"] == "rolesync: BLOCKED by max\\_removals: example.instructuremedia.com"
    assert {"title": "Next", "value": "rolesync help <guards\\> & \\*more\\*"} in facts["facts"]
    assert attachment["content"]["type"] == "AdaptiveCard"


def expected_signature(request: ReceivedRequest, key: bytes) -> str:
    """Compute a signature as the specification Standard Webhooks describes it."""
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_a_webhook_gets_json_with_a_signature_over_time_and_body(tmp_path: Path) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(500), ScriptedAnswer(204, b""))) as studio:
        send_webhook(MESSAGE, table("webhook"), network(tmp_path, url=f"{studio.base_url}/hook"))
    first, second = studio.requests
    assert second.json == json.loads(json.dumps(MESSAGE.data))
    assert second.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert second.headers["webhook-signature"] == expected_signature(second, b"a key for webhooks")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]  # so that the receiver sees a repetition


def test_a_key_may_be_base64(tmp_path: Path) -> None:
    with ScriptedStudio(OK) as studio:
        outside = network(tmp_path, url=f"{studio.base_url}/hook")
        (tmp_path / "key").write_text("whsec_" + base64.b64encode(b"\x00\xff key").decode(), encoding="ascii")
        send_webhook(MESSAGE, table("webhook"), outside)
        for wrong in ("whsec_no base64", "whsec_"):  # an empty key would sign for everybody
            (tmp_path / "key").write_text(wrong, encoding="ascii")
            with pytest.raises(DeliveryError, match="holds no Base64"):
                send_webhook(MESSAGE, table("webhook"), outside)
    (request,) = studio.requests
    assert request.headers["webhook-signature"] == expected_signature(request, b"\x00\xff key")


def test_the_signature_is_that_of_the_published_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_watchdog_is_pinged_before_and_after_a_run(tmp_path: Path) -> None:
    with ScriptedStudio(OK) as studio:
        outside = network(tmp_path, url=f"{studio.base_url}/ping/uuid/")
        send_start_ping(table("ping"), outside)
        send_ping(MESSAGE, table("ping"), outside, 4)
        send_ping(compose(ending(EndStatus.UNCHANGED)), table("ping"), outside, 0)
    assert [request.path for request in studio.requests] == ["/ping/uuid/start", "/ping/uuid/4", "/ping/uuid/0"]
    assert studio.requests[1].body.startswith(b"rolesync: BLOCKED by max_removals")


def test_a_run_waits_for_one_attempt_of_its_first_ping(tmp_path: Path) -> None:
    waits: list[float] = []
    with ScriptedStudio(in_turn(ScriptedAnswer(503))) as studio, pytest.raises(DeliveryError):
        send_start_ping(table("ping"), network(tmp_path, waits, url=f"{studio.base_url}/ping"))
    assert (len(studio.requests), waits) == (1, [])
