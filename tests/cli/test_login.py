"""login as a person does it: open the address, paste the one that comes back; and everything that is refused."""

import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from rolesync.errors import Exit
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from tests.in_process import run_in_process
from tests.studio.oauth_tools import FIRST, SECRET, environment

BACK = "https://studio.example.edu/back"
SECONDS = 60


@pytest.fixture(scope="module")
def studio() -> Iterator[Sandbox]:
    with Sandbox(Options()) as sandbox:
        yield sandbox


class Person:
    """A person whose terminal is a pipe, and their browser."""

    def __init__(self, studio: Sandbox, folder: Path, **settings: object) -> None:
        oauth_settings = {"redirect_uri": BACK, "refresh_token": None, **settings}
        self.folder = folder
        self.env = environment(studio.base_url, folder / "state", **oauth_settings)
        self.shown = ""

    def run(self, *arguments: str, paste: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command; without `paste`, open the address that it shows, and paste where the browser ends."""

        def answer(shown: str) -> str:
            lines = map(str.strip, shown.splitlines())
            pasted = self.allow(next(line for line in lines if "/oauth/authorize?" in line)) if paste is None else paste
            return f"{pasted}\n"

        completed = run_in_process(arguments, self.folder, self.env, timeout=SECONDS, answer=answer)
        self.shown += completed.stdout + completed.stderr
        return completed

    def allow(self, address: str) -> str:
        answer = requests.get(address, timeout=10, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        self.code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        return answer.headers["location"]

    @property
    def store(self) -> Path:
        folder = load(base_url=self.env["ROLESYNC_BASE_URL"], state_dir=self.folder / "state").account_dir
        return folder / "token.json"

    def kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.store.read_bytes())
        return kept


def test_a_login_and_what_follows_it(studio: Sandbox, tmp_path: Path) -> None:
    person = Person(studio, tmp_path)
    before = person.run("doctor", paste="")
    assert before.returncode == Exit.USAGE
    assert "rolesync login" in before.stdout

    completed = person.run("login")
    assert completed.returncode == 0, completed.stderr
    assert "/oauth/authorize?" in completed.stdout
    assert "rolesync doctor" in completed.stdout
    assert stat.S_IMODE(person.store.stat().st_mode) == 0o600
    assert person.kept()["access_token"].startswith("access-")

    doctor = person.run("doctor", "--format", "json", paste="")
    assert doctor.returncode == 0, doctor.stdout
    checks = {check["name"]: check for check in json.loads(doctor.stdout)["checks"]}
    assert checks["token"]["message"].startswith("OAuth, stored since 20")
    assert checks["role Admin"]["status"] == "pass"
    assert person.run("export", "-o", "-", paste="").returncode == 0
    kept = person.kept()
    for secret in (SECRET, person.code, kept["access_token"], kept["refresh_token"]):
        assert secret not in person.shown


def test_as_json_the_address_is_on_standard_error(studio: Sandbox, tmp_path: Path) -> None:
    person = Person(studio, tmp_path)
    completed = person.run("login", "--format", "json")
    assert completed.returncode == 0, completed.stderr
    assert "/oauth/authorize?" in completed.stderr
    answer = json.loads(completed.stdout)
    assert answer == {
        "status": "ok",
        "client_id": "sandbox-client",
        "stored_in": str(person.store),
        "expires_at": answer["expires_at"],
    }
    assert answer["expires_at"].endswith("+00:00")
    assert person.kept()["access_token"] not in person.shown


def test_a_login_beats_the_refresh_token_that_is_still_configured(studio: Sandbox, tmp_path: Path) -> None:
    person = Person(studio, tmp_path, refresh_token=FIRST)
    assert person.run("login").returncode == 0
    refresh_token = person.kept()["refresh_token"]
    studio.reset_counts()
    assert person.run("doctor", paste="").returncode == 0
    assert person.kept()["refresh_token"] == refresh_token
    assert studio.counts()["token"] == 0


@pytest.mark.parametrize(
    ("paste", "code", "message"),
    [
        ("", Exit.USAGE, "nothing was pasted"),
        ("hello", Exit.USAGE, "not an address with a code"),
        (f"{BACK}?code=c-1&state=other", Exit.USAGE, "belongs to another login"),
        (f"{BACK}?error=access_denied", Exit.STUDIO, "access was denied"),
        (f"{BACK}?code=c-1", Exit.STUDIO, "400 (invalid_grant)"),
    ],
)
def test_a_login_that_comes_to_nothing_stores_nothing(
    studio: Sandbox, tmp_path: Path, paste: str, code: Exit, message: str
) -> None:
    person = Person(studio, tmp_path)
    completed = person.run("login", "--format", "json", paste=paste)
    answer = json.loads(completed.stdout)
    assert (completed.returncode, answer["error"]["exit_code"]) == (code, code)
    assert message in answer["error"]["message"]
    assert "rolesync login" in answer["error"]["hint"]
    assert message in completed.stderr
    assert "c-1" not in person.shown
    assert not person.store.exists()


def test_what_could_not_work_is_refused_before_anything_is_asked(studio: Sandbox, tmp_path: Path) -> None:
    completed = Person(studio, tmp_path, redirect_uri=None).run("login", paste="")
    assert completed.returncode == Exit.USAGE
    assert "redirect_uri not set" in completed.stderr
    assert "authorize" not in completed.stdout
    completed = Person(studio, tmp_path, client_id=None, client_secret=None).run("login", paste="")
    assert "ROLESYNC_CLIENT_ID" in completed.stderr
    completed = Person(studio, tmp_path, client_secret="wrong").run("login")
    assert completed.returncode == Exit.STUDIO
    assert "401 (invalid_client)" in completed.stderr
    assert "check client_id and client_secret" in completed.stderr
