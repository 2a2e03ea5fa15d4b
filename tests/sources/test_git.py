"""A list in a Git repository, at a named ref: from a folder, over SSH, and over HTTP by git's own server."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from paramiko import RSAKey

from rolesync.errors import RolesyncError, UsageError
from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError
from rolesync.sources.git import _ssh, fetch_git
from tests.paths import PEM
from tests.sources.ssh_server import USER, SshServer
from tests.sources.tools import CHANGED, LIST, OTHER, SECRET, access_of, clocks_of, deadline_of

GIT = shutil.which("git") or "git"
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{
        f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "b"))
    },
    "GIT_COMMITTER_DATE": "2026-11-29T19:30:00+01:00",
    "GIT_AUTHOR_DATE": "2026-11-29T19:30:00+01:00",
}


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        [GIT, *words], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, encoding="utf-8"
    ).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two commits: the tag `approved`, and the branch `main` after it."""
    folder = tmp_path_factory.mktemp("git") / "repo.git"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "lists").mkdir()
    path = folder / "lists" / "my roles.csv"
    path.write_bytes(LIST)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "approved")
    git(folder, "tag", "-a", "-m", "x", "annotated")
    path.write_bytes(OTHER)
    git(folder, "commit", "-q", "-a", "-m", "second")
    git(folder, "config", "http.getanyfile", "true")
    return folder


def fetch(url: str, **values: Any) -> Download:
    access, clocks = access_of(**{"list_timeout": 20.0, **values}), clocks_of()
    answer = fetch_git(parse_address(url), access, clocks, deadline_of(access, clocks), None)
    assert isinstance(answer, Download)
    return answer


def test_the_ref_decides_which_list_comes(repository: Path) -> None:
    url = f"git+file://{repository}//lists/my%20roles.csv?ref="
    answer = fetch(f"{url}approved")
    assert answer == Download(LIST, git(repository, "rev-parse", "approved"), CHANGED)
    assert fetch(f"{url}main").data == OTHER
    assert fetch(f"{url}{git(repository, 'rev-parse', 'main')}").data == OTHER


@pytest.mark.parametrize(
    ("rest", "values", "words"),
    [
        ("//lists/none.csv?ref=main", {}, "the commit has no such file"),
        ("//lists?ref=main", {}, "git could not read main"),
        ("//lists/my%20roles.csv?ref=none", {}, "git could not read none"),
        (f"//lists/my%20roles.csv?ref={'0' * 40}", {}, "git could not read 0000"),
        ("//lists/my%20roles.csv?ref=main", {"list_max_mb": 0.00001}, "more than 1e-05 MB"),
    ],
)
def test_what_is_not_there_is_described(repository: Path, rest: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(f"git+file://{repository}{rest}", **values)
    assert words in caught.value.message
    assert caught.value.hint


def test_a_commit_with_large_other_files_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rolesync.sources.git._MAX_MB", 0)
    with pytest.raises(FetchError, match="the commit has more than 0 MB of other files"):
        fetch(f"git+file://{repository}//lists/my%20roles.csv?ref=main", list_max_mb=0.0001)


@pytest.mark.parametrize("rest", ["/roles.csv?ref=main", "//roles.csv", "//x?ref=--x", "//x?ref=a..b", "//x?r=m"])
def test_an_address_names_file_and_ref(repository: Path, rest: str) -> None:
    with pytest.raises(UsageError):
        fetch(f"git+file://{repository}{rest}")


class _Backend(BaseHTTPRequestHandler):
    """Passes each request on to git's own server for HTTP, if it has the right password."""

    protocol_version = "HTTP/1.0"
    root = ""

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _respond(self) -> None:
        if self.headers["Authorization"] != "Basic Z2l0OnMzY3JldC1uZXZlci1zaG93bg==":
            self.send_error(401)
            return
        path, _, query = self.path.partition("?")
        variables = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": self.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run([GIT, "http-backend"], input=body, env=variables, capture_output=True, check=True)
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + done.stdout)

    do_GET = do_POST = _respond  # noqa: N815  # the library's names


@pytest.fixture
def http(repository: Path) -> Iterator[str]:
    """The repository behind a server that asks for a password."""
    handler = type("Backend", (_Backend,), {"root": str(repository.parent)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"git+http://127.0.0.1:{server.server_address[1]}/repo.git/.git//lists/my%20roles.csv?ref=approved"
        server.shutdown()
        thread.join()


def test_a_repository_over_http_gets_the_secret(http: str) -> None:
    assert fetch(http, list_secret=SECRET, ca_bundle=str(PEM)).data == LIST
    with pytest.raises(FetchError, match="git could not read approved") as caught:
        fetch(http, list_secret="wrong-secret")
    assert "wrong-secret" not in f"{caught.value.message} {caught.value.hint}"


def test_a_repository_over_ssh_must_have_the_known_key(repository: Path, tmp_path: Path) -> None:
    key, text = RSAKey.generate(2048), StringIO()
    key.write_private_key(text)
    with SshServer(repository, RSAKey.generate(2048), key) as server:
        url = f"git+ssh://{USER}@127.0.0.1:{server.port}{repository}//lists/my%20roles.csv?ref=main"
        known = server.known_hosts(tmp_path / "known")
        assert fetch(url, list_secret=text.getvalue(), list_known_hosts=known).data == OTHER
        with pytest.raises(FetchError, match="git could not read main"):
            fetch(url, list_secret=text.getvalue(), list_known_hosts=str(tmp_path / "none"))


def test_the_id_of_a_commit_must_be_that_of_a_commit(repository: Path) -> None:
    tag = git(repository, "rev-parse", "annotated")
    with pytest.raises(FetchError, match="the repository doesn't have the commit"):
        fetch(f"git+file://{repository}//lists/my%20roles.csv?ref={tag}")
    with pytest.raises(FetchError, match="git could not read main"):
        fetch("git+http://127.0.0.1:9/repo.git//x?ref=main", proxy_for=lambda _url: "http://127.0.0.1:9")


def test_a_commit_of_a_time_that_is_none_has_an_unknown_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "roles.csv").write_bytes(LIST)
    git(tmp_path, "add", ".")
    monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", "@300000000000 +0000")
    git(tmp_path, "commit", "-q", "-m", "in the year 11476")
    answer = fetch(f"git+file://{tmp_path}//roles.csv?ref=main")
    assert (answer.data, answer.last_modified) == (LIST, None)


def test_git_must_be_there_and_end_in_time(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"git+file://{repository}//lists/my%20roles.csv?ref=main"
    with pytest.raises(FetchError, match="did not send the complete list within"):
        fetch(url, list_timeout=0.001)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is not installed"):
        fetch(url)


def test_a_key_that_finds_no_room_is_named(tmp_path: Path) -> None:
    with pytest.raises(RolesyncError, match="none can't be written: No such file"):
        _ssh(access_of(list_secret=SECRET), tmp_path / "none")
