"""Reads a list from a file in a Git repository, at a named branch, tag or commit, by the program `git`."""

import os
import re
import shlex
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from rolesync.bounded_program import run_program
from rolesync.errors import UsageError, writing_error
from rolesync.model.lists import Fetched
from rolesync.private_files import replace_file
from rolesync.sources.address import Address
from rolesync.sources.fetch_context import Access, Clocks, Deadline, Download, FetchError, Unchanged, parse_time

_MAX_MB = 256
"""Megabytes that a commit with its files may have in transfer, besides those of the list."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")  # nothing that git could take for an option


def fetch_git(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read a file of a repository.

    Args:
        address: `git+https://HOST/REPOSITORY//PATH?ref=REF`; also `git+ssh:` and `git+file:`.
        access: `list_secret` is a token, a password or a private key; `list_known_hosts` has the host keys for SSH.
        clocks: not used.
        deadline: the end of the whole fetch.
        last_fetch: not used: only the newest commit is sent.

    Returns:
        The list; its age is that of the commit, and its ETag the commit's id.

    Raises:
        FetchError: no list came.
        UsageError: the address names no file or no ref, or there is no program `git`.
    """
    del clocks, last_fetch
    address.check_options(("ref",))
    repository, _, path = address.path.partition("//")
    ref = address.options.get("ref", "")
    if not path or not _REF.fullmatch(ref) or ".." in ref:
        raise UsageError(
            f"{address.where} names no file or no ref", hint=f"write it like {address.form}, with branch, tag or commit"
        )
    program = shutil.which("git")
    if program is None:
        raise UsageError(f"{address.where} can't be read, because git is not installed", hint="install git")
    with TemporaryDirectory(prefix="rolesync-git-") as folder:
        git = _Git(program, Path(folder), address, access, deadline)
        git.run("init", "-q", "--bare", ".")
        url = _url(address, repository)
        git.run("fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options", url, ref)
        commit, _, committed_at = git.run("log", "-1", "--format=%H %cI", "FETCH_HEAD").decode().strip().partition(" ")
        if _COMMIT.fullmatch(ref) and commit != ref:
            raise FetchError(f"{address.where}: the repository doesn't have the commit {ref[:12]}", hint="correct ref")
        return Download(git.read_file(path), commit, parse_time(committed_at))


class _Git:
    """Runs `git` in an empty repository, without settings of the user or the machine."""

    def __init__(self, program: str, folder: Path, address: Address, access: Access, deadline: Deadline) -> None:
        self._program, self._folder, self._environment = program, folder, _environment(address, access, folder)
        self._address, self._deadline, self._access = address, deadline, access

    def run(self, *words: str) -> bytes:
        """Run a command, and return its output. Its messages are not shown, since they may contain text of the server.

        Raises:
            FetchError: the command failed, took too long, or fetched too much.
        """
        process = self._run(words)
        if process.returncode:
            raise FetchError(
                f"{self._address.where}: git could not read {self._address.options['ref']}",
                hint="check repository and ref with `git ls-remote`, and list_secret",
            )
        return process.stdout

    def read_file(self, path: str) -> bytes:
        """Read a file of the fetched commit.

        Raises:
            FetchError: the commit has no such file, or the file is too large.
        """
        size = self._run(("cat-file", "-s", f"FETCH_HEAD:{path}"))
        if size.returncode:
            raise FetchError(f"{self._address.where}: the commit has no such file", hint="check the path after //")
        if int(size.stdout) > self._access.max_bytes:
            raise self._access.oversize_error(self._address.where)
        return self.run("cat-file", "blob", f"FETCH_HEAD:{path}")

    def _run(self, words: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        try:
            return run_program(
                [self._program, *words],
                seconds=self._deadline.remaining,
                folder=self._folder,
                environment=self._environment,
                check=self._check_size,
            )
        except subprocess.TimeoutExpired as error:
            raise self._deadline.timeout_error() from error

    def _check_size(self) -> None:
        """Refuse what has come so far, if it is too large; git itself has no bound for a fetch."""
        size = 0
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):  # git renames its files
                size += path.stat().st_size
        if size > _MAX_MB * 1_000_000 + self._access.max_bytes:
            raise FetchError(
                f"{self._address.where}: the commit has more than {_MAX_MB} MB of other files",
                hint="keep the list in a repository of its own",
            )


def _url(address: Address, repository: str) -> str:
    """Make the address that git takes."""
    scheme = address.scheme.removeprefix("git+")
    user = f"{address.user}@" if address.user else ""
    host = f"[{address.host}]" if ":" in address.host else address.host
    port = f":{address.port}" if address.port else ""
    return f"{scheme}://{user}{host}{port}/{repository}"


def _environment(address: Address, access: Access, folder: Path) -> Mapping[str, str]:
    """Make the variables of git: only the scheme of the address is allowed, and nothing asks a person."""
    scheme = address.scheme.removeprefix("git+")
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": scheme,
    }
    settings = {"http.followRedirects": "false", "fetch.fsckObjects": "true", "safe.directory": "*"}
    if scheme == "ssh":
        variables["GIT_SSH_COMMAND"] = shlex.join(_ssh(access, folder))
    elif access.secret:
        pair = b64encode(f"{access.list_user or 'git'}:{access.secret}".encode()).decode("ascii")
        settings[f"http.{_url(address, '')}.extraHeader"] = f"Authorization: Basic {pair}"
    if access.ca_bundle:
        variables["GIT_SSL_CAINFO"] = access.ca_bundle
    if proxy := access.proxy_for(_url(address, "")):
        settings["http.proxy"] = proxy
    variables["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _ssh(access: Access, folder: Path) -> list[str]:
    """Return the command of SSH: with the key of the settings only, and known hosts only."""
    known_hosts = Path(access.list_known_hosts or "~/.ssh/known_hosts").expanduser().absolute()
    options = ["BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={known_hosts}"]
    words = ["ssh", "-F", os.devnull]
    if access.secret:
        key = folder / "key"
        try:
            replace_file(key, f"{access.secret}\n".encode(), durable=False)
        except OSError as error:
            raise writing_error(f"{folder} can't be written", error, hint="set TMPDIR to another folder") from error
        options.append("IdentitiesOnly=yes")
        words += ["-i", str(key)]
    return [*words, *(word for option in options for word in ("-o", option))]
