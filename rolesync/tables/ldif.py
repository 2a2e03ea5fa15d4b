"""LDIF (RFC 2849) → records: the entries of a directory, each with its attributes.

An attribute may have several values. Names are compared without case; options such as `;lang-nl` belong to the name.
The members of a group are rows of their own.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.tables.grid import Grid
from rolesync.tables.record_grid import Record, record_grid

MEMBERS = {"member": "member", "uniquemember": "member", "memberuid": "memberuid"}
"""The attributes of groups whose values are users, and the field that holds the value."""

_BEGIN = re.compile(
    rb"(?:#[^\n]*\n(?: [^\n]*\n)*|[ \t\r]*\n)*(?:version:[ ]*1[ \t\r]*\n|dn::?[ ]*[\w=+/-])", re.IGNORECASE
)
_LINE = re.compile(r"([A-Za-z0-9][\w.;-]*)(::?|:<) *(.*)")
_RESULT = ("search", "result", "ref", "version")
"""The attributes of blocks that a program adds to the entries."""


def is_ldif(head: bytes) -> bool:
    """Whether the beginning of a file is that of LDIF."""
    return _BEGIN.match(head) is not None


def ldif_grid(text: str) -> Grid | Finding:
    """Read LDIF as a grid, see `record_grid`.

    Returns:
        The grid, or a finding: a line is not an attribute, or there is a change instead of an entry.
    """
    try:
        return record_grid([_rows_of(entry) for entry in _entries(text)])
    except _UnusableLdifError as cause:
        return error(Code.DAMAGED, f"the file is LDIF, but {cause}")


class _UnusableLdifError(ValueError):
    """LDIF that can't be read as entries."""


def _entries(text: str) -> Iterator[dict[str, list[str]]]:
    entry: dict[str, list[str]] = {}
    for line in [*_unfolded(text), ""]:
        if line:
            name, value = _attribute(line)
            if name == "version" and not entry:
                continue
            entry.setdefault(name, []).append(value)
        elif entry:
            if "dn" in entry:
                _check_entry(entry)
                yield entry
            elif not set(entry) <= set(_RESULT):
                raise _UnusableLdifError(
                    f"an entry has no dn: {quoted(next(iter(entry.values()))[0])}; export it again"
                )
            entry = {}


def _unfolded(text: str) -> Iterator[str]:
    """Yield the lines without comments; a line that begins with a blank continues the line before."""
    joined: list[str] = []
    for line in text.splitlines():
        if line.startswith((" ", "\t")) and joined and joined[-1]:
            joined[-1] += line[1:]
        else:
            joined.append(line)
    return (line.rstrip() if not line.strip() else line for line in joined if not line.startswith("#"))


def _attribute(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _UnusableLdifError(f"the line {quoted(line)} is not an attribute; export it again")
    name, mark, value = match[1].casefold(), match[2], match[3].strip()
    if mark == "::":
        try:
            value = base64.b64decode(value, validate=True).decode()
        except binascii.Error as cause:
            raise _UnusableLdifError(f"the value of {name} is no Base64 ({cause}); export it again") from cause
        except UnicodeDecodeError:
            value = "(binary)"  # a photo or a certificate
    return name, value


def _check_entry(entry: dict[str, list[str]]) -> None:
    change = entry.get("changetype", ["add"])[0].casefold()
    if change != "add":
        text = f"{quoted(entry['dn'][0])} is a change ({change}), not an entry; export the entries of the directory"
        raise _UnusableLdifError(text)


def _rows_of(entry: dict[str, list[str]]) -> Sequence[Record]:
    """The rows of an entry: one, or one for each member of a group; none for a group without members."""
    members = [(field, value) for name, field in MEMBERS.items() for value in entry.get(name, ())]
    if not members:
        return [entry]
    group = {name: values for name, values in entry.items() if name not in MEMBERS}
    return [{**group, field: [value]} for field, value in members if value]
