"""A clock to turn, and the way to tokens of the sandbox's developer key."""

import os
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr

from rolesync.studio.auth.oauth import Access
from rolesync.studio.auth.token_endpoint import PATH, DeveloperKey, TokenEndpoint
from rolesync.studio.auth.token_store import TokenStore
from rolesync.studio.transport import Connection
from tests.servers import AGENT, ReceivedRequest, ScriptedAnswer

ROLESYNC = Path(sys.executable).with_name("rolesync")
SECRET = "sandbox-secret"
FIRST = "sandbox-refresh-token"


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)


def endpoint_of(base_url: str, counts: Counter[str] | None = None, **changed: Any) -> TokenEndpoint:
    how = {"user_agent": AGENT, "timeout": 5.0, "connect_timeout": 5.0, **changed}
    key = DeveloperKey(how.pop("client_id", "sandbox-client"), SecretStr(how.pop("client_secret", SECRET)))
    return TokenEndpoint(Connection(base_url, **how), key, Counter() if counts is None else counts)


def access_of(base_url: str, folder: Path, clock: Clock, *, configured: str = FIRST, **changed: Any) -> Access:
    return Access(endpoint_of(base_url, **changed), TokenStore(folder), SecretStr(configured), clock.now)


def issued(number: int, **changed: Any) -> ScriptedAnswer:
    """The answer that brings pair `number`."""
    body = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 7200, **changed}
    return ScriptedAnswer(body={name: value for name, value in body.items() if value is not None})


def form_of(request: ReceivedRequest) -> Mapping[str, str]:
    assert (request.method, request.path) == ("POST", PATH)
    return dict(parse_qsl(request.body.decode(), strict_parsing=True))


def environment(base_url: str, folder: Path, **settings: object) -> dict[str, str]:
    """The variables of a command that uses the developer key; a setting that is None is unset."""
    defaults = {
        "base_url": base_url,
        "client_id": "sandbox-client",
        "client_secret": SECRET,
        "refresh_token": FIRST,
        "state_dir": folder,
        **settings,
    }
    clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("ROLESYNC_")}
    return clean | {f"ROLESYNC_{name.upper()}": str(value) for name, value in defaults.items() if value is not None}
