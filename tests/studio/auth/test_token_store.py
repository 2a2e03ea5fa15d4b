"""The store of one account's tokens: private, whole or not at all, and one writer at a time."""

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
from rolesync.studio.auth.token_store import ROOM, STORE, StoredToken, TokenStore, fingerprint

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
    with store.locked(1), store.room() as put:
        put(token)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "state" / "acme")
    assert store.read() is None
    for token in (pair(1, spent=(fingerprint(SecretStr("first")),)), pair(2, lifetime=None)):
        keep(store, token)
        assert TokenStore(tmp_path / "state" / "acme").read() == token
    assert sorted(path.name for path in store.path.parent.iterdir()) == [STORE, "token.lock"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_files_and_folder_are_private_whatever_the_umask_and_whoever_made_them(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir(mode=0o755)
    store = TokenStore(folder)
    before = os.umask(0)
    try:
        keep(store, pair())
    finally:
        os.umask(before)
    assert [mode(path) for path in (folder, store.path, folder / "token.lock")] == [0o700, 0o600, 0o600]


def test_secrets_show_in_no_text_of_a_token() -> None:
    token = pair()
    text = f"{token!r} {token} {token.model_dump_json()} {vars(token)}"
    assert "access-1" not in text
    assert "refresh-1" not in text
    assert "sesame" not in fingerprint(SecretStr("sesame"))
    assert fingerprint(SecretStr("")) == ""


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
def test_a_file_that_is_something_else_is_named_and_never_shown(tmp_path: Path, content: bytes) -> None:
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


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    store.path.mkdir()
    with pytest.raises(RolesyncError, match=r"token\.json can't be read"):
        store.read()


def test_what_a_crash_left_does_not_disturb(tmp_path: Path) -> None:
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
    with pytest.raises(ZeroDivisionError), store.locked(1), store.room():
        raise ZeroDivisionError
    assert store.read() == pair(1)
    assert not (tmp_path / f"{STORE}.new").exists()


def test_room_is_made_before_and_taken_by_the_pair(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    with store.locked(1), store.room() as put:
        reserved = (tmp_path / f"{STORE}.new").stat().st_size
        assert reserved == ROOM
        put(pair())
    assert store.path.stat().st_size < reserved


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX's")
def test_a_full_disk_shows_before_anything_is_asked(tmp_path: Path) -> None:
    keep(TokenStore(tmp_path), pair(1))
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from rolesync.errors import RolesyncError\n"
        "from rolesync.studio.auth.token_store import TokenStore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    with TokenStore(Path(sys.argv[1])).room():\n"
        "        print('asked')\n"
        "except RolesyncError as error:\n"
        "    print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert "no room for a new token, so none was asked for: File too large" in done.stdout
    assert str(tmp_path) in done.stdout
    assert not (tmp_path / f"{STORE}.new").exists()
    assert TokenStore(tmp_path).read() == pair(1)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = TokenStore(tmp_path / "file" / "acme")
    with pytest.raises(RolesyncError, match="lock can't be taken"), store.locked(1):
        pytest.fail("the lock was given")
    with pytest.raises(RolesyncError, match="no room"), TokenStore(tmp_path / "missing").room():
        pytest.fail("there was room")


def test_a_pair_that_cannot_be_stored_is_told(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    with store.locked(1), store.room() as put:
        store.path.mkdir()
        (store.path / "in the way").touch()
        with pytest.raises(RolesyncError, match="could not be stored, so it was not used") as caught:
            put(pair())
    assert "rolesync login" in caught.value.hint


def test_one_at_a_time(tmp_path: Path) -> None:
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
def test_young_and_due(lifetime: float | None, age: float, *, young: bool, due: bool) -> None:
    token, now = pair(lifetime=lifetime), MADE + timedelta(seconds=age)
    assert (token.is_young(now), token.is_due(now)) == (young, due)
