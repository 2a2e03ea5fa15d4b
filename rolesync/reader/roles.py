"""A cell → the roles it names, or the reason why it is refused.

Names are compared exactly and never corrected; only the settings define aliases. Two kinds of names are errors, because
ignoring them would remove the user's role:

- a near miss: a managed role or an alias in another case, with other blanks, in quotes or with look-alike letters; or a
  similar name, unless an alias says that it is another role;
- a text that can't be a role's name, such as an error value, a date or a placeholder.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rolesync.model.findings import CellError, Code, Note, quoted
from rolesync.model.keys import role_key
from rolesync.model.vocabulary import RIVAL_ROLES, Level
from rolesync.reader.lookalikes import REPLACEMENT_CHARACTER, replace_lookalikes, undo_mojibake
from rolesync.reader.placeholders import describe_placeholder

_MIN_SIMILARITY = 0.75  # difflib's ratio from which a name is similar: a letter or two differ in a short name
_MIN_BEGINNING = 4  # letters of a name that a similar word begins with
_SURROUNDING_MARKS = " \t'\"`´‘’‚‛“”„«»‹›.,:;*•"  # noqa: RUF001  # people and programs put these around a name
_REMARK = re.compile(r"\s*[(\[{<*:]|\s[-\u2013\u2014]\s")  # what begins a remark on a role
_AMONG_OTHERS = re.compile(r"\s*[/+&]\s*|\s(?:and|und|et|y|e|en)\s")
_CONTROL = {"Cc", "Zl", "Zp"}  # Unicode's control characters, line separators and paragraph separators


@dataclass(frozen=True, slots=True)
class RoleCell:
    """The roles that a cell names, in its order, and a note on each name that is an alias or not managed."""

    names: tuple[str, ...]
    notes: tuple[Note, ...]


NO_ROLES = RoleCell((), ())
"""The roles of a row that isn't read."""


class RoleReader:
    """Reads the role cells of a list. Each distinct cell is read once: a million rows share a handful of them.

    Args:
        managed: the names of the managed roles.
        aliases: other names, each with the role that it means.
        allows_many: whether a cell may name several roles (column `roles`) or exactly one (column `role`).
    """

    def __init__(self, managed: Collection[str], aliases: Mapping[str, str], *, allows_many: bool) -> None:
        self._managed = frozenset(map(role_key, managed))
        self._aliases = {role_key(alias): role_key(name) for alias, name in aliases.items()}
        names = [*sorted(self._aliases), *sorted(self._managed)]
        self._known_names = {_comparison_key(name): name for name in names}
        self._allows_many = allows_many
        self._cells: dict[str, RoleCell] = {}
        self._notes: dict[str, tuple[Note, ...]] = {}

    def read(self, cell: str) -> RoleCell:
        """Read a cell.

        Raises:
            CellError: the cell names no role; a name has a control character, can't be a role, or is a near miss; the
                cell names several roles where one is expected; or it mixes separators.
        """
        role_cell = self._cells.get(cell)
        if role_cell is None:
            text = role_key(cell)
            names = self._split(text) if self._allows_many else [name for name in [text.strip()] if name]
            if not names:
                text = "the row names no role, so its meaning is unclear"
                raise CellError(Code.ROLE_MISSING, f"{text}; fill in a role, or delete the row")
            for name in names:
                self._check(name)
            notes = tuple(note for name in dict.fromkeys(names) for note in self._notes_on(name))
            roles = tuple(self._aliases.get(name, name) for name in names)
            role_cell = self._cells[cell] = RoleCell(roles, notes)
        return role_cell

    def may_be_cut(self, name: str) -> bool:
        """Whether a text is the beginning of a known name, so that the file may be cut there."""
        return bool(name) and any(role.startswith(name) and role != name for role in self._known_names.values())

    def _split(self, cell: str) -> list[str]:
        """Split a cell at `;` or `|`, which leaves commas inside names; only without them a comma separates."""
        separators = [separator for separator in ";|" if separator in cell] or [","]
        names = [name for part in cell.split(separators[0]) if (name := part.strip())]
        unclear = [name for name in names if separators[0] != "," and "," in name and self._contains_known(name)]
        if len(separators) > 1 or unclear:
            text = f"{quoted(cell)} mixes separators, so it is unclear where a role ends"
            raise CellError(Code.ROLE_SEPARATORS_MIXED, f"{text}; separate roles by ';' alone")
        return names

    def _contains_known(self, name: str) -> bool:
        """Whether a part of a name, between separators, is a known name."""
        parts = re.split("[,;|]", name)
        return (
            not self._is_known(name)
            and len(parts) > 1
            and any(_comparison_key(part) in self._known_names for part in parts)
        )

    def _is_known(self, name: str) -> bool:
        return name in self._managed or name in self._aliases

    def _check(self, name: str) -> None:
        if self._is_known(name):
            return
        control = next((character for character in name if unicodedata.category(character) in _CONTROL), "")
        if control:
            text = f"{quoted(name)} contains a control character (U+{ord(control):04X})"
            raise CellError(Code.ROLE_CONTROL_CHARACTER, f"{text}; write the role's name on one line, without it")
        if REPLACEMENT_CHARACTER in name:
            text = f"{quoted(name)} has U+FFFD in place of a letter that a program could not read"
            raise CellError(Code.ROLE_NO_NAME, f"{text}; type the role's name again")
        if role := self._known_names.get(_comparison_key(name)):
            text = f"{quoted(name)} differs from {self._describe(role)} only in case, blanks, marks or look-alikes"
            advice = f"did you mean {quoted(role)}? Else correct the setting {self._setting_of(role)}"
            raise CellError(Code.ROLE_NEAR_MISS, f"{text}; {advice}")
        if role := self._known_names.get(_comparison_key(undo_mojibake(name))):
            text = f"{quoted(name)} was {self._describe(role)} until a program read its UTF-8 as Windows-1252"
            raise CellError(Code.ROLE_NEAR_MISS, f"{text}; open the original as UTF-8 and save it again")
        if description := describe_placeholder(name):
            text = f"{quoted(name)} is {description}, not a role"
            raise CellError(Code.ROLE_NO_NAME, f"{text}; write the role's name, or delete the row")
        if not self._allows_many and self._contains_known(name):
            text = f"{quoted(name)} names a managed role among others, but the column 'role' holds one role a cell"
            raise CellError(Code.SEVERAL_ROLES, f"{text}; give each role its own row, or call the column 'roles'")
        if role := self._beside_others(name):
            text = f"{quoted(name)} names {self._describe(role)} beside another text"
            other = f'role_aliases = {{"{name}" = "{name}"}}'
            raise CellError(
                Code.ROLE_NEAR_MISS, f"{text}; write {quoted(role)} alone; if it is another role, set {other}"
            )
        if role := self._similar(name):
            text = f"{quoted(name)} is not {self._describe(role)}, but similar; did you mean {quoted(role)}?"
            other = f'role_aliases = {{"{name}" = "{name}"}}'
            advice = f"Else correct the setting {self._setting_of(role)}; if it really is another role, set {other}"
            raise CellError(Code.ROLE_NEAR_MISS, f"{text} {advice}")

    def _describe(self, known_role: str) -> str:
        if known_role in self._managed:
            return f"the managed role {quoted(known_role)}"
        return f"the alias {quoted(known_role)} of the role {quoted(self._aliases[known_role])}"

    def _setting_of(self, known_role: str) -> str:
        return "managed_roles" if known_role in self._managed else "role_aliases"

    def _notes_on(self, name: str) -> tuple[Note, ...]:
        """Notes on a valid name: that it is an alias, that its role is not managed."""
        if name in self._notes:
            return self._notes[name]
        role = self._aliases.get(name, name)
        notes = []
        if role != name:
            text = f"{quoted(name)} is an alias, and is read as the role {quoted(role)}"
            notes.append(Note(Level.INFO, Code.ROLE_ALIAS, text))
        if role not in self._managed:
            text = f"role {quoted(role)} is not managed, so it is left alone"
            notes.append(Note(Level.WARNING, Code.UNMANAGED_ROLE, text))
        self._notes[name] = tuple(notes)
        return self._notes[name]

    def _beside_others(self, name: str) -> str:
        """Find a known name before a remark, as in `Admin (until May)`, or among others, as in `Teacher/Admin`."""
        parts = [*_REMARK.split(name, maxsplit=1)[:1], *_AMONG_OTHERS.split(name)]
        known_names = (self._known_names.get(_comparison_key(part)) for part in parts if part.strip() != name)
        return next(filter(None, known_names), "")

    def _similar(self, name: str) -> str:
        """Find a known name that is probably meant: a letter or two differ, or the word goes on (`Administrator`)."""
        key = _comparison_key(name)
        if key in _OTHER_ROLES:
            return ""
        stems = [] if not name.isalpha() else [known for known in self._known_names if len(known) >= _MIN_BEGINNING]
        keys = [known for known in stems if key.startswith(known)]
        keys += difflib.get_close_matches(key, self._known_names, n=1, cutoff=_MIN_SIMILARITY)
        return self._known_names[keys[0]] if keys else ""


def _comparison_key(name: str) -> str:
    """Normalise a name for comparison: without case, blanks, invisible characters, surrounding marks, look-alikes."""
    folded = replace_lookalikes(unicodedata.normalize("NFKC", name.strip(_SURROUNDING_MARKS) or name).casefold())
    return "".join(part for part in folded if not part.isspace() and unicodedata.category(part) != "Cf")


_OTHER_ROLES = frozenset(map(_comparison_key, RIVAL_ROLES))
"""Roles of Studio, which are not misspellings of others."""
