"""One cell → the roles it names, or the reason why not.

Names are compared exactly and never corrected: neither are aliases, which only the settings give. But a managed role or
an alias that is only written in another case, with other blanks, in quotes or with letters that look the same is an
error: its author surely meant it, and leaving it alone would remove that person. So is what can't be a name at all.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rolesync.model.findings import CellError, Code, Note, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.lookalikes import LOST, as_latin, unmangled
from rolesync.reader.placeholders import describe_placeholder

CLOSE = 0.75  # difflib's ratio from which on a role is suggested: a letter or two wrong in a short name
_AROUND = " \t'\"`´‘’‚‛“”„«»‹›.,:;*•"  # noqa: RUF001  # what people and programs put around a name
_CONTROL = {"Cc", "Zl", "Zp"}  # Unicode's control characters and its line and paragraph separators


@dataclass(frozen=True, slots=True)
class RoleCell:
    """What a cell names, in its order, and a note for each name that is translated or not managed."""

    names: tuple[str, ...]
    notes: tuple[Note, ...]


class RoleReader:
    """Reads the cells of one file; each distinct cell once, because a million people share a handful of roles.

    Args:
        managed: the names of the managed roles.
        aliases: the roles that other names stand for.
        several: whether a cell may name several roles (`roles`) or names exactly one (`role`).
    """

    def __init__(self, managed: Collection[str], aliases: Mapping[str, str], *, several: bool) -> None:
        self._managed = frozenset(managed)
        self._aliases = aliases
        self._shapes = {_shape(name): name for name in [*sorted(aliases), *sorted(managed)]}
        self._several = several
        self._cells: dict[str, RoleCell] = {}
        self._notes: dict[str, tuple[Note, ...]] = {}

    def read(self, cell: str) -> RoleCell:
        """Read one cell.

        Raises:
            CellError: it names no role, a role with a control character, something that is no name, or one that a
                managed role or an alias was surely meant by, several where one is expected, or its separators are
                mixed.
        """
        known = self._cells.get(cell)
        if known is None:
            names = self._split(cell) if self._several else [name for name in [cell.strip()] if name]
            if not names:
                text = "no role is given, and what that means is not clear"
                raise CellError(Code.ROLE_MISSING, f"{text}; name a role, or delete the row")
            for name in names:
                self._check(name)
            notes = tuple(note for name in dict.fromkeys(names) for note in self._noted(name))
            known = self._cells[cell] = RoleCell(tuple(self._aliases.get(name, name) for name in names), notes)
        return known

    def begins(self, name: str) -> bool:
        """Whether a cell may be the beginning of a known name that was cut."""
        return bool(name) and any(known.startswith(name) and known != name for known in self._shapes.values())

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
        return not self._is_known(name) and len(parts) > 1 and any(_shape(part) in self._shapes for part in parts)

    def _is_known(self, name: str) -> bool:
        return name in self._managed or name in self._aliases

    def _check(self, name: str) -> None:
        if self._is_known(name):
            return
        control = next((character for character in name if unicodedata.category(character) in _CONTROL), "")
        if control:
            text = f"{quoted(name)} has a control character (U+{ord(control):04X}) inside"
            raise CellError(Code.ROLE_CONTROL_CHARACTER, f"{text}; write the role's name in one line, without it")
        if LOST in name:
            text = f"{quoted(name)} has U+FFFD where a program could not read a letter"
            raise CellError(Code.ROLE_NO_NAME, f"{text}; write the role's name anew")
        if meant := self._shapes.get(_shape(name)):
            text = f"{quoted(name)} is not {self._named(meant)}, but differs only in case, blanks, marks or look-alikes"
            raise CellError(Code.ROLE_NEAR_MISS, f"{text}; did you mean {quoted(meant)}?")
        if meant := self._shapes.get(_shape(unmangled(name))):
            text = f"{quoted(name)} was {self._named(meant)} before a program took its UTF-8 for Windows-1252"
            raise CellError(Code.ROLE_NEAR_MISS, f"{text}; open the original as UTF-8 and save it again")
        if what := describe_placeholder(name):
            text = f"{quoted(name)} is {what} and no role"
            raise CellError(Code.ROLE_NO_NAME, f"{text}; write the role's name, or delete the row")
        if not self._several and self._hides_managed(name):
            text = f"{quoted(name)} names a managed role among others, but this column holds exactly one role a cell"
            raise CellError(Code.SEVERAL_ROLES, f"{text}; give each role a row of its own, or call the column 'roles'")

    def _named(self, known: str) -> str:
        if known in self._managed:
            return f"the managed role {quoted(known)}"
        return f"the alias {quoted(known)} of the role {quoted(self._aliases[known])}"

    def _noted(self, name: str) -> tuple[Note, ...]:
        if name in self._notes:
            return self._notes[name]
        role = self._aliases.get(name, name)
        notes = []
        if role != name:
            text = f"{quoted(name)} is read as the role {quoted(role)}, as role_aliases says"
            notes.append(Note(Level.INFO, Code.ROLE_ALIAS, text))
        if role not in self._managed:
            shapes = difflib.get_close_matches(_shape(role), self._shapes, n=1, cutoff=CLOSE) if role == name else ()
            advice = f"; did you mean {quoted(self._shapes[shapes[0]])}?" if shapes else ""
            text = f"role {quoted(role)} is not managed, so it is left alone{advice}"
            notes.append(Note(Level.WARNING, Code.UNMANAGED_ROLE, text))
        self._notes[name] = tuple(notes)
        return self._notes[name]


def _shape(name: str) -> str:
    """What is left of a name without case, blanks, invisible characters, marks around it and look-alike letters."""
    folded = as_latin(unicodedata.normalize("NFKC", name.strip(_AROUND) or name).casefold())
    return "".join(part for part in folded if not part.isspace() and unicodedata.category(part) != "Cf")
