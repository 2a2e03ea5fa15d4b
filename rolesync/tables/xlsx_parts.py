"""The parts of an XLSX under their usual names, whatever legal names its writer gave them.

A workbook names its parts by relations, so that their names are free, and some programs write backslashes between
folders. The workbook library expects the names that Excel writes.

Source: ECMA-376 part 2, 9.1 (parts and relations).
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from html import escape  # escapes XML's attributes as well, and imports no HTTP as `xml.sax.saxutils` does
from typing import NamedTuple
from xml.etree.ElementTree import fromstring

_WORKBOOK, _WORKBOOK_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHEET_FOLDERS = {"worksheet": "worksheets", "chartsheet": "chartsheets", "dialogsheet": "dialogsheets"}
_SINGLE_PARTS = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class _Relation(NamedTuple):
    """A relation to a part: its id, the last word of its type, and the part's name in lower case."""

    id: str
    kind: str
    target: str


def with_usual_parts(archive: zipfile.ZipFile, data: bytes) -> bytes | None:
    """Give the parts of a workbook the names that Excel writes.

    Args:
        archive: the open archive.
        data: its bytes.

    Returns:
        The bytes of the workbook, unchanged if its parts have the usual names; None for an archive without worksheets.

    Raises:
        ValueError: two parts have the same name.
        ParseError: a part with relations is damaged.
    """
    names: dict[str, str] = {}
    for part in archive.infolist():
        name = _normalised(part.filename)
        if name in names:
            raise ValueError(f"it has two parts of the name {part.filename}")
        names[name] = part.filename
    workbook = next(
        (relation.target for relation in _relations(archive, names, "") if relation.kind == "officeDocument"), _WORKBOOK
    )
    relations = list(_relations(archive, names, workbook))
    if workbook not in names or all(relation.kind != "worksheet" for relation in relations):
        return None
    renamed = _usual_names(workbook, relations)
    has_backslashes = any("\\" in name for name in names.values())
    if (
        not has_backslashes
        and names[workbook] == _WORKBOOK
        and all(old == new.casefold() for old, new in renamed.items())
    ):
        return data
    return _rewritten(archive, names, renamed, relations)


def _normalised(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _relations(archive: zipfile.ZipFile, names: Mapping[str, str], source: str) -> Iterator[_Relation]:
    """Yield the relations of a part; "" stands for the whole archive."""
    folder, _, file = source.rpartition("/")
    part = names.get(posixpath.join(folder, "_rels", f"{file}.rels"))
    for element in fromstring(archive.read(part)) if part else ():  # noqa: S314  # no entity is fetched
        if element.get("TargetMode") != "External":
            target = element.get("Target", "").replace("\\", "/")
            path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = element.get("Type", "").rpartition("/")[2]
            yield _Relation(element.get("Id", ""), kind, path.casefold())


def _usual_names(workbook: str, relations: list[_Relation]) -> dict[str, str]:
    """The usual name of each part that is read, by its own name in lower case; a sheet's own name may be usual."""
    folder, _, file = workbook.rpartition("/")
    usual = {workbook: _WORKBOOK, posixpath.join(folder, "_rels", f"{file}.rels"): _WORKBOOK_RELATIONS}
    for number, relation in enumerate(relations, 1):
        if relation.kind in _SINGLE_PARTS:
            usual[relation.target] = _SINGLE_PARTS[relation.kind]
        elif sheets := _SHEET_FOLDERS.get(relation.kind):
            is_usual = relation.target.startswith(f"xl/{sheets}/")
            usual[relation.target] = relation.target if is_usual else f"xl/{sheets}/part{number}.xml"
    return usual


def _rewritten(
    archive: zipfile.ZipFile, names: Mapping[str, str], renamed: Mapping[str, str], relations: list[_Relation]
) -> bytes:
    """Write the parts that are read under their new names, with the relations between them."""
    inner = {
        relation.id: (relation.kind, renamed[relation.target]) for relation in relations if relation.target in renamed
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("[Content_Types].xml", f'<Types xmlns="{_CONTENT_TYPES}"/>')
        target.writestr("_rels/.rels", _format_relations({"r1": ("officeDocument", _WORKBOOK)}))
        for old, new in renamed.items():
            if old in names and new != _WORKBOOK_RELATIONS:
                target.writestr(new, archive.read(names[old]))
        target.writestr(_WORKBOOK_RELATIONS, _format_relations(inner))
    return out.getvalue()


def _format_relations(relations: Mapping[str, tuple[str, str]]) -> str:
    """Format relations, given by id as kind and part."""
    elements = "".join(
        f'<Relationship Id="{escape(key)}" Type="{_TYPES}/{escape(kind)}" Target="/{escape(part)}"/>'
        for key, (kind, part) in relations.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{elements}</Relationships>'
