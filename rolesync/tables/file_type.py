"""A file → its bytes, and what they are: text, a workbook, or something else, which is then named.

The bytes decide, never the file's name: mail programs, portals and people call a file `.csv` whatever it is. One
compressed file inside a gzip or ZIP archive is taken out, because nothing else can be meant.
"""

import io
import os
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import NamedTuple

from rolesync.errors import InputRefusedError
from rolesync.model.findings import Code, Finding, error, quoted

MAX_BYTES = 512 * 2**20  # some ten million people: more is a wrong file, a device without end, or a bomb
DEPTH = 2  # archives in archives that are opened
ADVICE = "export the list as CSV UTF-8 or XLSX and use that file"

# How files begin that are often taken for a list.
SIGNATURES: Sequence[tuple[bytes, str]] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\0", "a picture (TIFF)"),
    (b"MM\0*", "a picture (TIFF)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3\0", "a database (SQLite)"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
)
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body|table|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\s*<(?:\?xml|[a-z][\w:.-]*[\s>])", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\{\s*"[^"]*"\s*:|\[\s*[\[{])')
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OF_MACOS = re.compile(r"^__MACOSX/|(^|/)\.DS_Store$")  # what macOS puts into an archive besides
_LOG_IN = re.compile(rb"password|log[ -]?in|sign[ -]?in|saml|oauth|anmeld|connexion", re.IGNORECASE)


class Kind(Enum):
    """What a list can be read from."""

    TEXT = auto()
    XLSX = auto()
    ODS = auto()
    XLS = auto()


class Content(NamedTuple):
    """What is inside a file."""

    kind: Kind
    data: bytes


def read_file(path: Path, *, limit: int = MAX_BYTES) -> tuple[bytes, datetime]:
    """Read a whole file, once, so that what is hashed is what is read.

    Returns:
        The bytes, and when that very file was last changed, in UTC.

    Raises:
        InputRefusedError: it doesn't exist, is a folder, can't be read, or has more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            modified = os.fstat(file.fileno()).st_mtime
            data = file.read(limit + 1)
    except FileNotFoundError as cause:
        raise InputRefusedError(f"{path} does not exist", hint="check the name and the folder") from cause
    except IsADirectoryError as cause:
        raise InputRefusedError(f"{path} is a folder, not a list", hint="name the file inside it") from cause
    except OSError as cause:
        hint = "check that the file exists and that this account may read it"
        raise InputRefusedError(f"{path} can't be read: {cause.strerror or cause}", hint=hint) from cause
    if len(data) > limit:
        raise InputRefusedError(f"{path} has more than {limit:,} bytes", hint="check that it is the list you mean")
    return data, datetime.fromtimestamp(modified, UTC)


def content_of(data: bytes, *, limit: int = MAX_BYTES, depth: int = DEPTH) -> Content | Finding:
    """Tell what a file's bytes are, and take a single compressed file out of its archive.

    Args:
        data: the whole file.
        limit: bytes that an archive may unpack to.
        depth: archives in archives that are opened.

    Returns:
        Text or a workbook, or the finding that says what else it is.
    """
    if data.startswith(b"\x1f\x8b"):
        return _gunzip(data, limit, depth)
    if data.startswith(_ZIP):
        return _unzip(data, limit, depth)
    if data.startswith(_OLE):
        return _office(data)
    looks_like = _looks_like(data)
    if looks_like:
        return error(Code.NOT_TEXT, f"the file is {looks_like}; {ADVICE}")
    return Content(Kind.TEXT, data)


def _looks_like(data: bytes) -> str:
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return name
    head = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(head):
        return "a web page (HTML)" + (", perhaps one that asks to log in" if _LOG_IN.search(data) else "")
    if _XML.match(head):
        return "XML"
    if _JSON.match(head):
        return "JSON"
    return ""


def _gunzip(data: bytes, limit: int, depth: int) -> Content | Finding:
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as archive:
            inside = archive.read(limit + 1)
    except (BadGzipFile, EOFError, zlib.error) as cause:
        return _damaged("gzip archive", cause)
    return _inside(inside, "gzip archive", limit, depth)


def _unzip(data: bytes, limit: int, depth: int) -> Content | Finding:
    """A workbook, or the one file in a ZIP archive. All parts are read once: a damaged one is found here."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if not part.filename.endswith("/")]
            names = {part.filename for part in parts}
            if sum(part.file_size for part in parts) > limit:
                return error(Code.NOT_TEXT, f"the file unpacks to more than {limit:,} bytes; {ADVICE}")
            encrypted = any(part.flag_bits & 1 for part in parts)
            if not encrypted and (damaged := archive.testzip()):
                return _damaged("workbook or ZIP archive", f"its part {quoted(damaged)} doesn't match its checksum")
            if kind := _workbook(archive, names):
                return kind if isinstance(kind, Finding) else Content(kind, data)
            files = [part for part in parts if not _OF_MACOS.search(part.filename)]
            if encrypted or len(files) != 1:
                what = "a ZIP archive with a password" if encrypted else f"a ZIP archive of {len(files)} files"
                return error(Code.NOT_TEXT, f"the file is {what}; unpack it and name the list")
            inside = archive.read(files[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as cause:
        # By damaged bytes the library is led to compressions it doesn't know, passwords, and places outside the file.
        return _damaged("workbook or ZIP archive", cause)
    return _inside(inside, "ZIP archive", limit, depth)


def _workbook(archive: zipfile.ZipFile, names: set[str]) -> Kind | Finding | None:
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        if any(name.startswith("xl/worksheets/") and name.endswith(".xml") for name in names):
            return Kind.XLSX
        what = "an XLSB workbook" if "xl/workbook.bin" in names else "an Office document without a sheet"
        return error(Code.NOT_TEXT, f"the file is {what}; save the list as XLSX and use that file")
    mimetype = archive.read("mimetype") if "mimetype" in names else b""
    if b"opendocument.spreadsheet" in mimetype:
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            return _protected()
        return Kind.ODS
    if b"opendocument" in mimetype:
        return error(Code.NOT_TEXT, f"the file is an OpenDocument text, drawing or presentation; {ADVICE}")
    return None


def _office(data: bytes) -> Content | Finding:
    """An old workbook, or a new one that is encrypted and therefore kept inside an old container."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _protected()
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        return Content(Kind.XLS, data)
    return error(Code.NOT_TEXT, f"the file is an old Office file without a workbook, or a cut one; {ADVICE}")


def _inside(data: bytes, archive: str, limit: int, depth: int) -> Content | Finding:
    if len(data) > limit:
        return error(Code.NOT_TEXT, f"the {archive} unpacks to more than {limit:,} bytes; {ADVICE}")
    if depth <= 1 and data.startswith((b"\x1f\x8b", *_ZIP)):
        return error(Code.NOT_TEXT, "the file is an archive in an archive; unpack it and name the list")
    return content_of(data, limit=limit, depth=depth - 1)


def _protected() -> Finding:
    text = "the workbook is protected by a password; save it without one and use that file"
    return error(Code.NOT_TEXT, text)


def _damaged(what: str, cause: object) -> Finding:
    reason = str(cause).strip().rstrip(".") or "it is cut"
    return error(Code.DAMAGED, f"the file is a damaged {what}: {reason}; download or save it again")
