"""The token store of an account: private, replaced atomically, one writer at a time."""

import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from rolesync.errors import Exit, LockHeldError, RolesyncError
from rolesync.log_secrets import hide_only, without_secrets
from rolesync.studio.auth.token_store import RESERVED, STORE, StoredToken, TokenStore, fingerprint

MADE = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def pair(number: int = 1, *, lifetime: float | None = 7200, spent: tuple[str, ...] = ()) -> StoredToken:
    return StoredToken(
        client_id="key",
        access_token=SecretStr(f"access-{number}"),
        refresh_token=SecretStr(f"refresh-{number}"),
        obtained_at=MADE,
        expires_at=None if lifetime is None else MADE + timedelta(seconds=lifetime),
        spent=spent,
    )


def keep(store: TokenStore, token: StoredToken) -> None:
    with store.locked(1), store.reserve() as put:
        put(token)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_stored_pair_is_read_back(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "state" / "acme")
    assert store.read() is None
    for token in (pair(1, spent=(fingerprint(SecretStr("first")),)), pair(2, lifetime=None)):
        keep(store, token)
        assert TokenStore(tmp_path / "state" / "acme").read() == token
    assert sorted(path.name for path in store.path.parent.iterdir()) == [STORE, "token.lock"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_files_and_folder_are_private_whatever_the_umask_and_their_creator(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir(mode=0o755)
    store = TokenStore(folder)
    before = os.umask(0)
    try:
        keep(store, pair())
    finally:
        os.umask(before)
    assert [mode(path) for path in (folder, store.path, folder / "token.lock")] == [0o700, 0o600, 0o600]


def test_the_text_of_a_token_shows_no_secrets() -> None:
    token = pair()
    text = f"{token!r} {token} {token.model_dump_json()} {vars(token)}"
    assert "access-1" not in text
    assert "refresh-1" not in text
    assert "sesame" not in fingerprint(SecretStr("sesame"))
    assert fingerprint(SecretStr("")) == ""


def test_the_log_hides_new_tokens_and_stored_ones(tmp_path: Path) -> None:
    hide_only([])
    keep(TokenStore(tmp_path), pair(3))
    assert without_secrets("refresh-3, access-3") == "***, ***"
    hide_only([])
    assert TokenStore(tmp_path).read()
    assert without_secrets("refresh-3, access-3") == "***, ***"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"access-1",
        b'{"access_token": "access-1"',
        b'{"access_token": "access-1"}',
        b'["access-1"]',
        b'{"client_id": "k", "access_token": "access-1", "refresh_token": "r", "obtained_at": "r", "expires_at": null}',
        b"\xff\xfeaccess-1",
    ],
)
def test_an_invalid_file_is_named_and_its_content_never_shown(tmp_path: Path, content: bytes) -> None:
    store = TokenStore(tmp_path)
    store.path.write_bytes(content)
    with pytest.raises(RolesyncError) as caught:
        store.read()
    error: BaseException | None = caught.value
    assert str(store.path) in caught.value.message
    assert "rolesync login" in caught.value.hint
    while error is not None:
        assert "access-1" not in f"{error!r}{error}"
        assert "refresh-1" not in f"{error!r}{error}"
        error = error.__cause__


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    store.path.mkdir()
    with pytest.raises(RolesyncError, match=r"token\.json can't be read"):
        store.read()


def test_files_left_by_a_crash_are_replaced(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    keep(store, pair(1))
    (tmp_path / f"{STORE}.new").write_bytes(b'{"access_token": "half')
    assert store.read() == pair(1)
    keep(store, pair(2))
    assert store.read() == pair(2)
    assert not (tmp_path / f"{STORE}.new").exists()


def test_without_an_answer_the_old_pair_stays(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    keep(store, pair(1))
    with pytest.raises(ZeroDivisionError), store.locked(1), store.reserve():
        raise ZeroDivisionError
    assert store.read() == pair(1)
    assert not (tmp_path / f"{STORE}.new").exists()


def test_space_is_reserved_before_and_used_by_the_pair(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    with store.locked(1), store.reserve() as put:
        reserved = (tmp_path / f"{STORE}.new").stat().st_size
        assert reserved == RESERVED
        put(pair())
    assert store.path.stat().st_size < reserved


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX's")
def test_a_full_disk_is_found_before_any_request(tmp_path: Path) -> None:
    keep(TokenStore(tmp_path), pair(1))
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from rolesync.errors import RolesyncError\n"
        "from rolesync.studio.auth.token_store import TokenStore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    with TokenStore(Path(sys.argv[1])).reserve():\n"
        "        print('asked')\n"
        "except RolesyncError as error:\n"
        "    print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert "no space for a new token, so none was requested: File too large" in done.stdout
    assert str(tmp_path) in done.stdout
    assert not (tmp_path / f"{STORE}.new").exists()
    assert TokenStore(tmp_path).read() == pair(1)


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = TokenStore(tmp_path / "file" / "acme")
    with pytest.raises(RolesyncError, match="lock can't be taken"), store.locked(1):
        pytest.fail("the lock was given")
    with pytest.raises(RolesyncError, match="no space"), TokenStore(tmp_path / "missing").reserve():
        pytest.fail("there was room")


def test_a_pair_that_cannot_be_stored_is_reported(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    with store.locked(1), store.reserve() as put:
        store.path.mkdir()
        (store.path / "in the way").touch()
        with pytest.raises(RolesyncError, match="could not be stored, so it was not used") as caught:
            put(pair())
    assert "rolesync login" in caught.value.hint


def test_one_process_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    refusals: list[RolesyncError] = []

    def try_it() -> None:
        try:
            with TokenStore(tmp_path).locked(0.05):
                pass
        except RolesyncError as error:
            refusals.append(error)

    def in_another_thread() -> int:
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
        return len(refusals)

    with TokenStore(tmp_path).locked(1):
        assert in_another_thread() == 1
    assert in_another_thread() == 1
    assert isinstance(refusals[0], LockHeldError)
    assert refusals[0].exit_code is Exit.LOCKED
    assert "another process" in refusals[0].message


@pytest.mark.parametrize(
    ("lifetime", "age", "young", "due"),
    [
        (7200, 0, True, False),
        (7200, 59, True, False),
        (7200, 60, False, False),
        (7200, 7139, False, False),
        (7200, 7140, False, True),
        (7200, 99999, False, True),
        (7200, -5, False, False),
        (10, 0.5, True, False),
        (10, 5, False, False),
        (10, 9, False, True),
        (None, 0, True, False),
        (None, 10**9, False, False),
    ],
)
def test_a_token_is_young_after_its_issue_and_due_before_its_expiry(
    lifetime: float | None, age: float, *, young: bool, due: bool
) -> None:
    token, now = pair(lifetime=lifetime), MADE + timedelta(seconds=age)
    assert (token.is_young(now), token.is_due(now)) == (young, due)
