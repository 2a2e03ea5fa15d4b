"""From settings to connection and token."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rolesync import __version__
from rolesync.errors import UsageError
from rolesync.settings import Settings, load
from rolesync.studio.auth.oauth import OAuthToken
from rolesync.studio.auth.tokens import FixedToken
from rolesync.workflows.connect import connection_of, log_in, oauth_of, token_of
from tests.paths import PEM
from tests.servers import ScriptedStudio, in_turn
from tests.studio.oauth_tools import form_of, issued

KEY = {"client_id": "key", "client_secret": "sesame"}
BACK = "https://studio.example.edu/back"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def settings_for(folder: Path, **more: Any) -> Settings:
    return load(**{"base_url": "http://127.0.0.1:9", "state_dir": folder, **more})


def test_every_setting_of_the_connection_is_passed_on(tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path, timeout=1, connect_timeout=2, attempts=3, retry_seconds=4, concurrency=5, contact="a@b.c"
    )
    connection = connection_of(settings)
    assert (connection.timeout, connection.connect_timeout, connection.attempts) == (1, 2, 3)
    assert (connection.retry_seconds, connection.concurrency, connection.studio) == (4, 5, settings.studio)
    assert connection.user_agent == f"rolesync/{__version__} (a@b.c)"


def test_the_proxy_is_the_setting_or_that_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def proxy(**choices: str) -> str:
        return connection_of(settings_for(tmp_path, **choices)).proxy

    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inner.example")
    assert proxy(base_url="https://acme.example") == "http://proxy.example:3128"
    assert proxy(base_url="https://inner.example") == ""
    assert proxy(base_url="http://127.0.0.1:1") == ""
    assert proxy(base_url="https://acme.example", proxy="http://other.example") == "http://other.example"


def test_a_ca_bundle_that_cannot_be_used_is_refused_by_name(tmp_path: Path) -> None:
    for name, content, reason in (("none.pem", None, "No such file"), ("text.pem", b"no certificate", "NO_CERT")):
        bundle = tmp_path / name
        if content:
            bundle.write_bytes(content)
        with pytest.raises(UsageError, match=reason) as caught:
            connection_of(settings_for(tmp_path, base_url="https://acme.example", ca_bundle=bundle))
        assert f"ca_bundle {bundle}" in caught.value.message
    for usable in (PEM, tmp_path):  # a folder of certificates too
        assert connection_of(settings_for(tmp_path, ca_bundle=usable)).ca_bundle == str(usable)


def test_a_developer_key_selects_oauth_and_otherwise_the_token_is_fixed(tmp_path: Path) -> None:
    assert isinstance(token_of(settings_for(tmp_path, token="t"), now, Counter()), FixedToken)
    assert isinstance(token_of(settings_for(tmp_path, **KEY, refresh_token="r"), now, Counter()), OAuthToken)


@pytest.mark.parametrize(
    ("token_settings", "message"),
    [
        ({}, "no token is set"),
        (KEY, "no token for it yet"),
        ({"refresh_token": "r"}, "client_id isn't"),
    ],
)
def test_a_missing_token_is_refused_with_a_hint(tmp_path: Path, token_settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        token_of(settings_for(tmp_path, **token_settings), now, Counter())
    assert caught.value.hint


def test_a_login_stores_the_token_that_the_next_command_uses(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    with ScriptedStudio(in_turn(issued(1), issued(2))) as server:
        settings = settings_for(tmp_path, **KEY, base_url=server.base_url, redirect_uri=BACK, auth_scheme="Token")
        stored = log_in(settings, SecretStr("code-1"), now)
        assert stored == oauth_of(settings, now).current()
        token = token_of(settings, now, counts)
        assert token.header() == "Token access-1"
        assert counts == {}
        (request,) = server.requests
    assert form_of(request) == {
        "client_id": "key",
        "client_secret": "sesame",
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": BACK,
    }


def test_requests_for_tokens_are_counted(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    with ScriptedStudio(in_turn(issued(1))) as server:
        settings = settings_for(tmp_path, **KEY, base_url=server.base_url, refresh_token="first")
        token_of(settings, now, counts).header()
    assert counts == {"token": 1}
