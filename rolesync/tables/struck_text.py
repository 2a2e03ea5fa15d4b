"""Which cells of a workbook are struck through: by their style, or by a part of their text.

People strike a row out instead of deleting it, so its text may no longer count.

Sources: ECMA-376 part 1, 18.8.22 and 18.4.10 (XLSX); OpenDocument 1.3 part 3, 20.378 (ODS).
"""

import zipfile
from typing import NamedTuple
from xml.etree.ElementTree import Element

from rolesync.tables.xml_elements import SHARED_TEXTS, elements, local_name, read_part

_OFF = ("0", "false", "off")
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_LINE = (f"{_STYLE}text-line-through-style", f"{_STYLE}text-line-through-type")


class Struck(NamedTuple):
    """What is struck through in an XLSX: numbers of cell styles, and numbers of shared texts, as texts."""

    styles: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    def may_be_in(self, worksheet: bytes) -> bool:
        """Whether a cell of a sheet, given as XML, may be struck through."""
        if b"strike" in worksheet:
            return True
        return bool(self.texts) or any(f's="{style}"'.encode() in worksheet for style in self.styles)

    def has(self, cell: Element) -> bool:
        """Whether a cell of a sheet has text that is struck through."""
        values = [child for child in cell if local_name(child) in {"v", "is"}]
        if not values:
            return False
        if cell.get("s", "0") in self.styles:
            return True
        return any(_is_struck(value) for value in values) or (
            cell.get("t") == "s" and any(value.text in self.texts for value in values)
        )


def read_struck(archive: zipfile.ZipFile) -> Struck:
    """Read what is struck through in an XLSX.

    Raises:
        ParseError: a part is damaged.
    """
    styles, texts = read_part(archive, "xl/styles.xml"), read_part(archive, SHARED_TEXTS)
    if b"strike" not in styles and b"strike" not in texts:
        return Struck()
    fonts: list[bool] = []
    formats: list[str] = []
    for element in elements(styles, "fonts", "cellXfs") if styles else ():
        if local_name(element) == "fonts":
            fonts = [_is_struck(font) for font in element]
        else:
            formats = [format_.get("fontId", "0") for format_ in element]
    struck_fonts = {str(number) for number, is_struck in enumerate(fonts) if is_struck}
    shared = enumerate(elements(texts, "si")) if b"strike" in texts else ()
    return Struck(
        frozenset(str(number) for number, font in enumerate(formats) if font in struck_fonts),
        frozenset(str(number) for number, text in shared if _is_struck(text)),
    )


def _is_struck(element: Element) -> bool:
    """Whether a font or text, or a part of it, is struck through."""
    return any(local_name(part) == "strike" and part.get("val", "1") not in _OFF for part in element.iter())


def read_struck_ods(archive: zipfile.ZipFile) -> frozenset[str]:
    """Read the names of the styles of an ODS that strike text through.

    Raises:
        ParseError: a part is damaged.
    """
    struck: dict[str, bool] = {}
    parents: dict[str, str] = {}
    for part in ("styles.xml", "content.xml"):
        data = read_part(archive, part)
        for style in elements(data, "style") if b"text-line-through" in data else ():
            name = style.get(f"{_STYLE}name", "")
            parents[name] = style.get(f"{_STYLE}parent-style-name", "")
            lines = [child.get(line) for child in style for line in _LINE if child.get(line)]
            if lines:
                struck[name] = any(line != "none" for line in lines)
    for name in parents:
        ancestors = [name]
        while ancestors[-1] not in struck and (parent := parents.get(ancestors[-1])) and parent not in ancestors:
            ancestors.append(parent)
        struck.setdefault(name, struck.get(ancestors[-1], False))
    return frozenset(name for name, is_struck in struck.items() if is_struck)


def is_struck_ods(cell: Element, inherited: str, styles: frozenset[str]) -> bool:
    """Whether a cell of an ODS has text that is struck through.

    Args:
        cell: the cell.
        inherited: the style of its row or column.
        styles: the names of the styles that strike text through.
    """
    if not "".join(cell.itertext()).strip():
        return False
    names = {cell.get(f"{_TABLE}style-name") or inherited}
    names.update(part.get(f"{_TEXT}style-name", "") for part in cell.iter())
    return not names.isdisjoint(styles)
