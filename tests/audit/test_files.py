"""The files of a record, read while they change, and the head that names its end."""

from pathlib import Path

import pytest

from rolesync.audit import files as audit_files
from rolesync.audit.files import START, Head, Position, head_text, read_head
from rolesync.audit.seal import PLAIN, seal_of
from rolesync.audit.verify import verify_record
from rolesync.errors import RecordPlaceError
from rolesync.history.read import read_records
from rolesync.model.verification import Verification
from tests.audit.tools import fill

SEAL = seal_of("a key that only the test has")
PLACE = Position(12, "ab" * 32, 3456, 7)


@pytest.mark.parametrize("files_closed", [1, 3])
def test_files_that_are_closed_while_they_are_opened_are_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files_closed: int
) -> None:
    """The growing file is open already when it gets another name, and perhaps the one after it, too."""
    fill(folder, 3)
    listed = audit_files.closed_files
    begun = iter([True])

    def close_first(where: Path) -> list[tuple[int, Path]]:
        if next(begun, False):
            fill(folder, files_closed, start=4, max_bytes=200)
        return listed(where)

    with monkeypatch.context() as patch:
        patch.setattr(audit_files, "closed_files", close_first)
        numbers = [record["number"] for record in read_records(folder)]
    assert len(list(folder.glob("audit-*.jsonl"))) == files_closed
    assert numbers == list(range(1, 3 + files_closed))  # all but what the file has that was begun last
    assert verify_record(folder) == Verification(3 + files_closed, None, "", ())


def test_a_head_says_with_which_seal_it_was_written() -> None:
    heads = {text: Head(PLACE, text.split()[-1].decode()) for text in (head_text(PLACE, PLAIN), head_text(PLACE, SEAL))}
    plain, sealed = heads.values()
    assert [plain.is_sealed(PLAIN), plain.is_sealed(SEAL)] == [True, False]
    assert [sealed.is_sealed(PLAIN), sealed.is_sealed(SEAL)] == [False, True]
    announced = Head(PLACE, head_text(PLACE, SEAL, rekeying=True).split()[-1].decode())
    assert [announced.is_rekeying(SEAL), announced.is_sealed(SEAL), sealed.is_rekeying(SEAL)] == [True, False, False]
    assert not Head(PLACE._replace(seq=11), sealed.seal).is_sealed(SEAL)


@pytest.mark.parametrize("name", ["x" * 300, "file/below"])
def test_a_folder_that_can_not_exist_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    for read in (verify_record, lambda folder: list(read_records(folder))):
        with pytest.raises(RecordPlaceError, match="can't be read") as caught:
            read(tmp_path / name)
        assert caught.value.hint == "set state_dir to a folder that can exist"


def test_a_head_is_read_as_it_was_written(folder: Path) -> None:
    assert read_head(folder) == Head(START, "")
    folder.mkdir(parents=True)
    text = head_text(PLACE, SEAL)
    (folder / "audit.head").write_bytes(text)
    assert read_head(folder) == Head(PLACE, text.split()[-1].decode())
    (folder / "audit.head").write_bytes(text[:-1])
    assert read_head(folder) is None
    (folder / "audit.head").unlink()
    (folder / "audit-000000000001.jsonl").touch()
    assert read_head(folder) is None
