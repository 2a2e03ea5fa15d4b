import gzip
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from rolesync.errors import Exit, InputRefusedError
from rolesync.model.findings import Finding
from rolesync.tables.file_type import Content, FileKind, detect_content, read_file
from tests.tables.books import ods, xls, xlsx

CSV = b"email,role\na@x.edu,Admin\n"


def zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(data: bytes, **limits: int) -> str:
    """The message that refuses a file."""
    finding = detect_content(data, **limits)
    assert isinstance(finding, Finding)
    assert finding.code in {"not_text", "damaged"}
    assert finding.row is None
    return finding.message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (CSV, FileKind.TEXT),
        (xlsx({"A": []}), FileKind.XLSX),
        (ods({"A": []}), FileKind.ODS),
        (xls({"A": []}), FileKind.XLS),
    ],
)
def test_the_bytes_decide_the_type_of_a_file(data: bytes, kind: FileKind) -> None:
    assert detect_content(data) == Content(kind, data)
    assert detect_content(gzip.compress(data, mtime=0)) == Content(kind, data)


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(CSV, mtime=0),
        zipped({"folder/list.csv": CSV, "__MACOSX/._list.csv": b"x", "folder/.DS_Store": b"x"}),
        gzip.compress(zipped({"list.csv": CSV}), mtime=0),
        zipped({"a.csv": CSV}).replace(b"a.csv", b"\0.csv"),  # a name ends at its first NUL
        gzip.compress(CSV[:9], mtime=0) + gzip.compress(CSV[9:], mtime=0),
    ],
)
def test_the_only_file_in_an_archive_is_unpacked(data: bytes) -> None:
    assert detect_content(data) == Content(FileKind.TEXT, CSV)


def test_a_web_page_with_many_comments_is_recognised_quickly() -> None:
    assert "a web page" in refused(b"<!-- -->" * 400 + b"<html>")
    assert detect_content(b"<!-- -->" * 10_000).kind is FileKind.TEXT  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "type_name"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0", "a picture (JPEG)"),
        (b"SQLite format 3\0", "a database"),
        (b"\n<!DOCTYPE html><title>x</title>", "a web page (HTML);"),
        (b"\xef\xbb\xbf<!-- x --><HTML><form action=/login>", "a web page (HTML), perhaps a login page"),
        (b"<table><tr><td>email</td></tr></table>", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file without a workbook"),
        (zipped({"a.csv": CSV, "b.csv": CSV}), "a ZIP archive of 2 files"),
        (zipped({}), "a ZIP archive of 0 files"),
        (zipped({"xl/workbook.bin": b"", "[Content_Types].xml": b""}), "an XLSB workbook"),
        (zipped({"word/document.xml": b"", "[Content_Types].xml": b""}), "an Office document without a sheet"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "an OpenDocument text"),
    ],
)
def test_a_file_of_another_type_is_named(data: bytes, type_name: str) -> None:
    assert type_name in refused(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (json.dumps({"email": "a@x.edu"}).encode(), FileKind.JSON),
        (b'\xef\xbb\xbf[{"email": "a@x.edu"}, {"ema', FileKind.JSON),
        (b'while(1);[{"id":1}]', FileKind.JSON),
        (b"# export\nversion: 1\n\ndn: uid=a,dc=x\n", FileKind.LDIF),
        (b"dn:: dWlkPWE=\n", FileKind.LDIF),
    ],
)
def test_records_are_recognised(data: bytes, kind: FileKind) -> None:
    content = detect_content(data)
    assert isinstance(content, Content)
    assert content.kind is kind
    assert not kind.is_workbook


@pytest.mark.parametrize("data", [b"[id],email\n", b"{email},role\n", b"BM,email\n", b"<email>,role\n"[:0] + b"[x\n"])
def test_a_list_may_begin_oddly(data: bytes) -> None:
    assert detect_content(data) == Content(FileKind.TEXT, data)


def test_a_password_protected_file_is_named() -> None:
    assert "password" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))
    manifest = b"<manifest:encryption-data/>"
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    assert "password" in refused(zipped({"mimetype": kind, "META-INF/manifest.xml": manifest}))
    encrypted = bytearray(zipped({"list.csv": CSV}))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refused(bytes(encrypted))


def test_damaged_archives_are_reported() -> None:
    assert "damaged gzip" in refused(gzip.compress(CSV, mtime=0)[:-6])
    assert "damaged gzip" in refused(gzip.compress(CSV, mtime=0)[:12] + b"xxxxxxxxxxxxx")
    assert "damaged workbook" in refused(xlsx({"A": []})[:-30])
    assert "damaged workbook" in refused(b"PK\x03\x04abc")
    corrupt = bytearray(zipped({"a.csv": CSV}))
    corrupt[corrupt.index(b"a.csv") + 8] ^= 0xFF
    assert "damaged workbook" in refused(bytes(corrupt))


def test_an_archive_unpacks_only_up_to_a_limit() -> None:
    assert "more than 1,000 bytes" in refused(gzip.compress(b"x" * 2000), limit=1000)
    assert "more than 1,000 bytes" in refused(zipped({"a": b"x" * 2000}), limit=1000)
    data = CSV
    for _ in range(3):
        data = gzip.compress(data)
    assert "archive in an archive" in refused(data)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match="does not exist") as caught:
        read_file(tmp_path / "none.csv")
    assert caught.value.exit_code is Exit.INPUT_REFUSED
    assert caught.value.hint
    assert "none.csv" in caught.value.message


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match="is a folder"):
        read_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX")
def test_a_pipe_that_nobody_writes_to_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "list.csv")
    with pytest.raises(InputRefusedError, match="can't be read: it is a named pipe"):
        read_file(tmp_path / "list.csv")


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"")
    with pytest.raises(InputRefusedError, match="can't be read") as caught:
        read_file(tmp_path / "list" / "list.csv")
    assert caught.value.hint


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"x" * 11)
    assert read_file(path, limit=11)[0] == b"x" * 11
    with pytest.raises(InputRefusedError, match="more than 10 bytes"):
        read_file(path, limit=10)
