"""The channels that speak HTTP: Slack, Teams, a signed webhook, and pings of a watchdog."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from rolesync.notify.http_delivery import DeliveryError, Network, send_request
from rolesync.notify.message import Message
from rolesync.notify.table import NotifyTable

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_KEY_PREFIX = "whsec_"


def send_slack(message: Message, table: NotifyTable, network: Network) -> None:
    """Post a message to an incoming webhook of Slack."""
    lines = [f"*{_slack_text(message.title)}*", *(f"{label}: {_slack_text(text)}" for label, text in message.facts)]
    _post_json({"text": "\n".join(lines), "unfurl_links": False, "unfurl_media": False}, table, network)


def send_teams(message: Message, table: NotifyTable, network: Network) -> None:
    """Post a message as an Adaptive Card to a workflow of Teams."""
    title = {"type": "TextBlock", "text": _card_text(message.title), "weight": "Bolder", "size": "Medium", "wrap": True}
    facts = [{"title": label, "value": _card_text(text)} for label, text in message.facts]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [title, {"type": "FactSet", "facts": facts}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    _post_json({"type": "message", "attachments": [attachment]}, table, network)


def send_webhook(message: Message, table: NotifyTable, network: Network) -> None:
    """Post a message as JSON, signed as the specification Standard Webhooks describes."""
    assert table.secret_file  # noqa: S101  # the table is checked
    key = _key(network.read_secret(table.secret_file), table.secret_file)
    body = json.dumps(message.data).encode("ascii")
    message_id, seconds = f"msg_{uuid4().hex}", str(int(network.now().timestamp()))
    headers = {"webhook-id": message_id, "webhook-timestamp": seconds}
    headers["webhook-signature"] = signature(key, message_id, seconds, body)
    _post(body, {**_JSON, **headers}, table, network)


def signature(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    """Sign a message: its id, the time in seconds since 1970, and its body."""
    signed = hmac.new(key, b".".join([message_id.encode(), seconds.encode(), body]), hashlib.sha256).digest()
    return f"v1,{b64encode(signed).decode()}"


def send_ping(message: Message, table: NotifyTable, network: Network, exit_code: int) -> None:
    """Ping a watchdog after a run: its address, and the exit code as the last part of the path."""
    _ping(table, network, str(exit_code), f"{message.title}\n{message.text}")


def send_start_ping(table: NotifyTable, network: Network) -> None:
    """Ping a watchdog before a run, in a single attempt, because the run waits for it."""
    _ping(table, network, "start", "", attempts=1)


def _ping(table: NotifyTable, network: Network, last_part: str, text: str, attempts: int = 3) -> None:
    parts = urlsplit(_address(table, network))
    address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{last_part}"))
    send_request(
        network,
        address,
        text.encode(),
        {"Content-Type": "text/plain; charset=utf-8"},
        ca_bundle=table.ca_bundle,
        attempts=attempts,
    )


def _post_json(value: Mapping[str, Any], table: NotifyTable, network: Network) -> None:
    _post(json.dumps(value).encode("ascii"), _JSON, table, network)


def _post(body: bytes, headers: Mapping[str, str], table: NotifyTable, network: Network) -> None:
    send_request(network, _address(table, network), body, headers, ca_bundle=table.ca_bundle)


def _address(table: NotifyTable, network: Network) -> str:
    assert table.url_file  # noqa: S101  # the table is checked
    return network.read_address(table.url_file)


def _key(secret: str, path: Path) -> bytes:
    """Read the key of a signature: after `whsec_` it is Base64, else the text itself."""
    if not secret.startswith(_KEY_PREFIX):
        return secret.encode()
    with suppress(Base64Error):
        if key := b64decode(secret.removeprefix(_KEY_PREFIX), validate=True):
            return key
    raise DeliveryError(f"the file {path} holds no Base64 after {_KEY_PREFIX}")


def _slack_text(text: str) -> str:
    """Escape a text, so that it makes no link and mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card_text(text: str) -> str:
    """Escape the Markdown of cards."""
    return "".join(f"\\{letter}" if letter in "\\*_[]()`#~>" else letter for letter in text)
