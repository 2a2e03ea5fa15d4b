"""One cell → the roles it names, or the reason why not.

Names are compared exactly and never corrected. But a managed role that is only written in another case or with other
blanks is an error: its author surely meant it, and leaving it alone would remove that person.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from rolesync.reader.findings import CellError, Code, quoted

CLOSE = 0.75  # difflib's ratio from which on a role is suggested: a letter or two wrong in a short name
_CONTROL = {"Cc", "Zl", "Zp"}  # Unicode's control characters and its line and paragraph separators


@dataclass(frozen=True, slots=True)
class RoleCell:
    """What a cell names, in its order, and one warning for each name that is not managed."""

    names: tuple[str, ...]
    warnings: tuple[str, ...]


class RoleReader:
    """Reads the cells of one file; each distinct cell once, because a million people share a handful of roles.

    Args:
        managed: the names of the managed roles.
        several: whether a cell may name several roles (`roles`) or names exactly one (`role`).
    """

    def __init__(self, managed: Collection[str], *, several: bool) -> None:
        self._managed = frozenset(managed)
        self._shapes = {_shape(name): name for name in sorted(managed)}
        self._several = several
        self._cells: dict[str, RoleCell] = {}
        self._messages: dict[str, str] = {}

    def read(self, cell: str) -> RoleCell:
        """Read one cell.

        Raises:
            CellError: it names no role, a role with a control character or one that a managed role was surely meant by,
                several where one is expected, or its separators are mixed.
        """
        known = self._cells.get(cell)
        if known is None:
            names = self._split(cell) if self._several else [name for name in [cell.strip()] if name]
            if not names:
                text = "no role is given, and what that means is not clear"
                raise CellError(Code.ROLE_MISSING, f"{text}; name a role, or delete the row")
            for name in names:
                self._check(name)
            warnings = tuple(self._unmanaged(name) for name in dict.fromkeys(names) if name not in self._managed)
            known = self._cells[cell] = RoleCell(tuple(names), warnings)
        return known

    def _split(self, cell: str) -> list[str]:
        """`;` or `|` separates where it occurs, and a comma is then part of the name; else a comma separates."""
        marks = [mark for mark in ";|" if mark in cell] or [","]
        names = [name for piece in cell.split(marks[0]) if (name := piece.strip())]
        doubtful = [name for name in names if marks[0] != "," and "," in name and self._hides_managed(name)]
        if len(marks) > 1 or doubtful:
            text = f"{quoted(cell)} mixes separators, so where a role ends is not clear"
            raise CellError(Code.ROLE_SEPARATORS_MIXED, f"{text}; separate the roles by ';' alone")
        return names

    def _hides_managed(self, name: str) -> bool:
        parts = re.split("[,;|]", name)
        return name not in self._managed and len(parts) > 1 and any(_shape(part) in self._shapes for part in parts)

    def _check(self, name: str) -> None:
        control = next((character for character in name if unicodedata.category(character) in _CONTROL), "")
        if control:
            text = f"{quoted(name)} has a control character (U+{ord(control):04X}) inside"
            raise CellError(Code.ROLE_CONTROL_CHARACTER, f"{text}; write the role's name in one line, without it")
        if not self._several and self._hides_managed(name):
            text = f"{quoted(name)} names a managed role among others, but this column holds exactly one role a cell"
            raise CellError(Code.SEVERAL_ROLES, f"{text}; give each role a row of its own, or call the column 'roles'")
        meant = self._shapes.get(_shape(name))
        if meant is not None and name not in self._managed:
            text = f"{quoted(name)} is not the managed role {quoted(meant)}, but differs only in case or blanks"
            raise CellError(Code.ROLE_NEAR_MISS, f"{text}; did you mean {quoted(meant)}?")

    def _unmanaged(self, name: str) -> str:
        message = self._messages.get(name)
        if message is None:
            shapes = difflib.get_close_matches(_shape(name), self._shapes, n=1, cutoff=CLOSE)
            advice = f"; did you mean {quoted(self._shapes[shapes[0]])}?" if shapes else ""
            message = f"role {quoted(name)} is not managed, so it is left alone{advice}"
            self._messages[name] = message
        return message


def _shape(name: str) -> str:
    """What is left of a name without case, blanks and invisible characters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(part for part in folded if not part.isspace() and unicodedata.category(part) != "Cf")
