"""Files and folders are private whatever the umask, and nobody else's link or file leads a write astray."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolesync.private_files import create, make_private_folder, replace_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct, autouse=True)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_and_its_missing_parents_are_private(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    for _ in range(2):
        make_private_folder(tmp_path / "shared" / "state" / "account")
    assert mode(tmp_path / "shared") == 0o755
    assert mode(tmp_path / "shared" / "state") == mode(tmp_path / "shared" / "state" / "account") == 0o700


@pytest.mark.parametrize("wanted", [0o600, 0o640, 0o666])
def test_a_new_file_has_the_mode_that_is_asked_for_and_an_old_one_keeps_its_mode(tmp_path: Path, wanted: int) -> None:
    path = tmp_path / "plan.json"
    replace_file(path, b"first", mode=wanted)
    assert mode(path) == wanted
    path.chmod(0o604)
    replace_file(path, b"second", mode=wanted, durable=False)
    assert (path.read_bytes(), mode(path)) == (b"second", 0o604)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    theirs, link = tmp_path / "theirs", tmp_path / "plan.json"
    theirs.write_bytes(b"theirs")
    link.symlink_to(theirs)
    replace_file(link, b"ours")
    assert (theirs.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"theirs", b"ours", False)


def test_a_file_that_is_there_or_a_link_is_not_created(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(FileExistsError):
            create(tmp_path / name)
    assert not (tmp_path / "target").exists()


def test_names_of_temporary_files_cannot_be_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    replace = Path.replace

    def note_name(path: Path, target: Path) -> Path:
        names.append(path.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", note_name)
    for _ in range(3):
        replace_file(tmp_path / "plan.json", b"content")
    assert len(set(names)) == 3


def test_a_file_that_cannot_be_replaced_stays_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "folder", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_device_is_written_to(tmp_path: Path) -> None:
    device = tmp_path / "null"
    os.mkfifo(device)
    reader = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
    replace_file(device, b"content")
    assert os.read(reader, 100) == b"content"
    os.close(reader)
    assert stat.S_ISFIFO(device.stat().st_mode)


@pytest.mark.parametrize("owner", ["ours", "theirs"])
def test_a_link_to_a_pipe_is_written_to_unless_it_is_of_another_user(
    owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, pipe = tmp_path / "stdout", tmp_path / "pipe"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    if owner == "theirs":
        lstat = Path.lstat

        def foreign(path: Path) -> os.stat_result:
            return os.stat_result((*lstat(path)[:4], 12345, *lstat(path)[5:]))

        monkeypatch.setattr(Path, "lstat", foreign)
        monkeypatch.setattr(Path, "is_symlink", lambda path: stat.S_ISLNK(os.lstat(path).st_mode))
    replace_file(link, b"content")
    assert link.is_symlink() == (owner == "ours")
    assert os.read(reader, 100) == (b"content" if owner == "ours" else b"")
    os.close(reader)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="files of processes are under /proc")
def test_the_link_to_an_open_file_of_the_process_adds_to_that_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"earlier\n")
    with log.open("ab") as file:
        replace_file(Path(f"/proc/self/fd/{file.fileno()}"), b"content")
    assert log.read_bytes() == b"earlier\ncontent"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_keeps_its_group_or_shows_nothing_to_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.json"
    path.touch()
    os.chown(path, 0, 12345)
    path.chmod(0o640)
    replace_file(path, b"first")
    assert (path.stat().st_gid, mode(path)) == (12345, 0o640)

    def refuse(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    replace_file(path, b"second")
    assert (path.stat().st_gid, mode(path)) == (os.getegid(), 0o600)
