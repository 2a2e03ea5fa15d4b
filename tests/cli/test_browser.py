import stat
import sys
import webbrowser
from pathlib import Path

import pytest

from rolesync.cli.browser import has_browser, open_privately, private_folder

ADDRESS = "http://127.0.0.1:8000/open/key"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A user at a terminal with a screen."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return monkeypatch


def test_a_browser_opens_only_for_a_person_at_a_screen(desk: pytest.MonkeyPatch) -> None:
    assert has_browser()
    desk.setattr("os.geteuid", lambda: 0)
    assert not has_browser()
    desk.setattr("os.geteuid", lambda: 1000)
    desk.setenv("SSH_CONNECTION", "10.0.0.1 22")
    assert not has_browser()
    desk.delenv("SSH_CONNECTION")
    desk.delenv("DISPLAY")
    assert not has_browser()
    desk.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_browser()
    desk.setattr(sys.stderr, "isatty", lambda: False)
    assert not has_browser()


def test_the_secret_address_is_in_a_private_file_and_in_no_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def start(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", start)
    with private_folder() as folder:
        assert open_privately(ADDRESS, folder)
        (url,) = opened
        assert "key" not in url
        file = Path(url.removeprefix("file://"))
        assert f'content="0; url={ADDRESS}"' in file.read_text("utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not file.exists()


def test_a_browser_that_fails_is_no_failure_of_the_review(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "open", fail)
    assert not open_privately(ADDRESS, tmp_path)
