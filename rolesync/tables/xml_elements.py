"""The elements of a workbook's XML parts, one after the other, by names without namespaces."""

import io
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, iterparse

SHARED_TEXTS = "xl/sharedStrings.xml"
"""The part of an XLSX with the texts to which cells refer by number."""


def elements(part: bytes | IO[bytes], *names: str) -> Iterator[Element]:
    """Yield the elements of these names as they end; each is cleared afterwards to save memory.

    Raises:
        ParseError: the XML is damaged.
    """
    stream = io.BytesIO(part) if isinstance(part, bytes) else part
    for _, element in iterparse(stream):  # noqa: S314  # no entity is fetched, and expat bounds their expansion
        if local_name(element) in names:
            yield element
            element.clear()


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read the part of this name, whatever its case; empty without one."""
    part = next((part for part in archive.namelist() if part.casefold() == name.casefold()), None)
    return archive.read(part) if part else b""
