"""A file → its bytes and their type: text, a workbook, or a finding that names what else it is.

The bytes decide, never the file name: programs and people call any file `.csv`. If a gzip or ZIP archive holds a single
file, that file is unpacked and read.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from rolesync.errors import InputRefusedError
from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.tables.ldif import is_ldif
from rolesync.tables.regular_file import missing_file_hint, read_regular
from rolesync.tables.xlsx_parts import with_usual_parts

MAX_BYTES = 512 * 2**20  # about ten million rows; more is a wrong file, an endless device or a decompression bomb
HEAD = 4096  # bytes that decide what a text is
_DEPTH = 2  # nested archives that are opened
ADVICE = "export the list as CSV UTF-8 or XLSX and use that file"

_SIGNATURES: Sequence[tuple[bytes, str]] = (
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
"""The first bytes of files that are often mistaken for a list, and what to call each."""

_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body|table|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\s*<(?:\?xml|[a-z][\w:.-]*[\s>])", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:while\(1\);)?\s*(?:\{\s*"[^"]*"\s*:|\[\s*\{|\[\s*\[\s*["\d])')
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MACOS_EXTRAS = re.compile(r"^__MACOSX/|(^|/)\.DS_Store$")  # macOS adds these to every archive
_LOGIN_PAGE = re.compile(rb"password|log[ -]?in|sign[ -]?in|saml|oauth|anmeld|connexion", re.IGNORECASE)


class FileKind(Enum):
    """The kinds of file that can be read as rows."""

    TEXT = auto()
    JSON = auto()
    LDIF = auto()
    XLSX = auto()
    ODS = auto()
    XLS = auto()

    @property
    def is_workbook(self) -> bool:
        """Whether it has sheets of cells."""
        return self in {FileKind.XLSX, FileKind.ODS, FileKind.XLS}


class Content(NamedTuple):
    """A file's unpacked bytes and their kind."""

    kind: FileKind
    data: bytes


def read_file(path: Path, *, limit: int = MAX_BYTES) -> tuple[bytes, datetime]:
    """Read a whole file once, so that the bytes that are hashed are the bytes that are parsed.

    Returns:
        The bytes, and the time in UTC when that same file was last changed.

    Raises:
        InputRefusedError: the file doesn't exist, is not a regular file, can't be read, or has more than `limit` bytes.
    """
    try:
        data, modified = read_regular(path, limit)
    except FileNotFoundError as cause:
        raise InputRefusedError(f"{path} does not exist", hint=missing_file_hint(path)) from cause
    except IsADirectoryError as cause:
        raise InputRefusedError(f"{path} is a folder, not a list", hint="name a file inside it") from cause
    except OSError as cause:
        hint = "check that the file exists and that the user who runs rolesync may read it"
        raise InputRefusedError(f"{path} can't be read: {cause.strerror or cause}", hint=hint) from cause
    if len(data) > limit:
        raise InputRefusedError(f"{path} has more than {limit:,} bytes", hint="check that this is the right file")
    return data, datetime.fromtimestamp(modified, UTC)


def detect_content(data: bytes, *, limit: int = MAX_BYTES, depth: int = _DEPTH) -> Content | Finding:
    """Detect the type of a file by its bytes, and unpack an archive that holds a single file.

    Args:
        data: the whole file.
        limit: the number of bytes that an archive may unpack to.
        depth: the number of nested archives that are opened.

    Returns:
        Text or a workbook, or the finding that names what the file is instead.
    """
    if data.startswith(b"\x1f\x8b"):
        return _gunzip(data, limit, depth)
    if data.startswith(_ZIP):
        return _unzip(data, limit, depth)
    if data.startswith(_OLE):
        return _office(data)
    other_type = _name_other_type(data)
    if other_type:
        return error(Code.NOT_TEXT, f"the file is {other_type}; {ADVICE}")
    head = data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if _JSON.match(head):
        return Content(FileKind.JSON, data)
    return Content(FileKind.LDIF if is_ldif(head) else FileKind.TEXT, data)


def is_web_page(data: bytes) -> bool:
    """Whether a file begins like HTML, such as the log-in page that a server sends instead of a list."""
    return _HTML.match(data[:HEAD].removeprefix(b"\xef\xbb\xbf")) is not None


def _name_other_type(data: bytes) -> str:
    """Name a file that is neither text nor archive nor Office file; "" for text."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    head = data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if is_web_page(data):
        return "a web page (HTML)" + (", perhaps a login page" if _LOGIN_PAGE.search(data) else "")
    if _XML.match(head):
        return "XML"
    return ""


def _gunzip(data: bytes, limit: int, depth: int) -> Content | Finding:
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as archive:
            unpacked = archive.read(limit + 1)
    except (BadGzipFile, EOFError, zlib.error) as cause:
        return _damaged("gzip archive", cause)
    return _detect_unpacked(unpacked, "gzip archive", limit, depth)


def _unzip(data: bytes, limit: int, depth: int) -> Content | Finding:
    """Recognise a workbook, or unpack the single file. Reads every part once, so that damage is noticed here."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if not part.filename.endswith("/")]
            names = {part.filename for part in parts}
            if sum(part.file_size for part in parts) > limit:
                return error(Code.NOT_TEXT, f"the file unpacks to more than {limit:,} bytes; {ADVICE}")
            encrypted = any(part.flag_bits & 1 for part in parts)
            if not encrypted and (damaged := archive.testzip()):
                return _damaged("workbook or ZIP archive", f"its part {quoted(damaged)} doesn't match its checksum")
            if workbook := _workbook(archive, names, data):
                return workbook
            files = [part for part in parts if not _MACOS_EXTRAS.search(part.filename)]
            if encrypted or len(files) != 1:
                description = "a ZIP archive with a password" if encrypted else f"a ZIP archive of {len(files)} files"
                return error(Code.NOT_TEXT, f"the file is {description}; unpack it and use the list inside")
            unpacked = archive.read(files[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as cause:
        # Random damage makes `zipfile` raise each of these: it takes bytes for an unknown compression
        # (NotImplementedError), a password (RuntimeError), or an offset or date out of range (OSError, ValueError).
        return _damaged("workbook or ZIP archive", cause)
    return _detect_unpacked(unpacked, "ZIP archive", limit, depth)


def _workbook(archive: zipfile.ZipFile, names: set[str], data: bytes) -> Content | Finding | None:
    """The workbook that a ZIP archive is; a finding for other Office files, None for any other archive."""
    if any(name.casefold() == "[content_types].xml" for name in names):
        return _microsoft(archive, names, data)
    mimetype = archive.read("mimetype") if "mimetype" in names else b""
    if b"opendocument.spreadsheet" in mimetype:
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            return _password_protected()
        return Content(FileKind.ODS, data)
    if b"opendocument" in mimetype:
        return error(Code.NOT_TEXT, f"the file is an OpenDocument text, drawing or presentation; {ADVICE}")
    return None


def _microsoft(archive: zipfile.ZipFile, names: set[str], data: bytes) -> Content | Finding:
    """The workbook that a file of Microsoft Office is, with the parts under their usual names."""
    try:
        workbook = with_usual_parts(archive, data)
    except ParseError as cause:
        return _damaged("workbook", cause)
    is_binary = any(name.casefold().endswith("workbook.bin") for name in names)
    if workbook is not None and not is_binary:
        return Content(FileKind.XLSX, workbook)
    description = "an XLSB workbook" if is_binary else "an Office document without a sheet"
    return error(Code.NOT_TEXT, f"the file is {description}; save the list as XLSX and use that file")


def _office(data: bytes) -> Content | Finding:
    """Recognise an XLS workbook; an encrypted XLSX is wrapped in the same old container format."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _password_protected()
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        return Content(FileKind.XLS, data)
    return error(Code.NOT_TEXT, f"the file is an old Office file without a workbook, or it is cut; {ADVICE}")


def _detect_unpacked(data: bytes, archive: str, limit: int, depth: int) -> Content | Finding:
    if len(data) > limit:
        return error(Code.NOT_TEXT, f"the {archive} unpacks to more than {limit:,} bytes; {ADVICE}")
    if depth <= 1 and data.startswith((b"\x1f\x8b", *_ZIP)):
        return error(Code.NOT_TEXT, "the file is an archive in an archive; unpack it and use the list inside")
    return detect_content(data, limit=limit, depth=depth - 1)


def _password_protected() -> Finding:
    text = "the workbook is protected by a password; save it without a password and use that file"
    return error(Code.NOT_TEXT, text)


def _damaged(kind: str, cause: object) -> Finding:
    reason = str(cause).strip().rstrip(".") or "it is cut"
    return error(Code.DAMAGED, f"the file is a damaged {kind}: {reason}; download or save it again")
