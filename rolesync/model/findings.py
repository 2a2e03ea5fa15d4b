"""The codes of everything that the reader notices, and the few words that all its messages share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from rolesync.model.vocabulary import Level

SHOWN = 80  # characters of a cell that a message quotes at most


class Code(StrEnum):
    """What a finding is about. Scripts rely on these, so a code that was published keeps its meaning."""

    NOT_TEXT = "not_text"  # the file is a web page, a picture, a PDF …
    DAMAGED = "damaged"  # a workbook or an archive that can't be read to its end
    SHEET_UNCLEAR = "sheet_unclear"  # the sheet that is named isn't there, or several can be meant
    SHEETS_IGNORED = "sheets_ignored"  # sheets with rows that are not read
    HIDDEN = "hidden"  # rows or a sheet that the workbook doesn't show
    MERGED_CELLS = "merged_cells"  # one text for several rows
    NOT_UTF8 = "not_utf8"  # the file, or a cell, holds bytes that are not UTF-8
    NUL_BYTE = "nul_byte"  # a cell holds a NUL
    UNCLOSED_QUOTE = "unclosed_quote"  # a quote is opened and the file ends
    BROKEN_QUOTING = "broken_quoting"  # text follows a closing quote, or a cell has no end
    SWALLOWED_ROW = "swallowed_row"  # a quoted cell holds what looks like rows of its own
    CUT_ROW = "cut_row"  # the file ends within its last row
    ROW_TOO_SHORT = "row_too_short"  # fewer cells than the header
    ROW_TOO_LONG = "row_too_long"  # more cells with text than the header
    DELIMITER_UNCLEAR = "delimiter_unclear"  # two delimiters make equally good sense of the header
    TITLE_IGNORED = "title_ignored"  # a title or comment above the header
    ROW_ABOVE_HEADER = "row_above_header"  # a person above the header
    HEADER_REPEATED = "header_repeated"  # the header again, among the rows
    COMMENT_IGNORED = "comment_ignored"  # a comment among the rows
    COMMENTED_ROW = "commented_row"  # a comment sign before a row
    FOOTER_IGNORED = "footer_ignored"  # a total below the rows
    FOREIGN_EXPORT = "foreign_export"  # an export of another program
    HEADER_NOT_FOUND = "header_not_found"  # a column that was named isn't there
    HEADER_DUPLICATE = "header_duplicate"  # two columns mean the same
    HEADER_NO_IDENTITY = "header_no_identity"  # neither `email` nor `user_id`
    HEADER_NO_ROLE = "header_no_role"  # neither `role` nor `roles`
    HEADER_TWO_ROLES = "header_two_roles"  # both `role` and `roles`
    NO_ROWS = "no_rows"  # nothing is listed
    IDENTITY_MISSING = "identity_missing"  # a row names nobody
    EMAIL_INVALID = "email_invalid"  # no usable address
    EMAIL_NORMALISED = "email_normalised"  # an address with something around or inside it that is not part of it
    EMAIL_LOOKALIKE = "email_lookalike"  # letters that look like those of another address
    USER_ID_INVALID = "user_id_invalid"  # no whole number that Studio could have given
    USER_ID_NORMALISED = "user_id_normalised"  # a number that a program has written as 101.0 or '101
    IDENTITY_CONFLICT = "identity_conflict"  # one id with two addresses, or one address with two ids
    ROLE_MISSING = "role_missing"  # a row without a role
    ROLE_CONTROL_CHARACTER = "role_control_character"  # a line break, tab … inside a role
    ROLE_SEPARATORS_MIXED = "role_separators_mixed"  # where one role ends can't be told
    SEVERAL_ROLES = "several_roles"  # `role` holds a managed role among others
    ROLE_NEAR_MISS = "role_near_miss"  # a managed role or an alias, but for case or blanks
    ROLE_NO_NAME = "role_no_name"  # an error value, formula, yes or no, number, date or placeholder
    ROLE_ALIAS = "role_alias"  # another name for a role, which the settings translate
    ACTION_UNKNOWN = "action_unknown"  # a word in `action` or `status` that isn't known
    ROLE_TAKEN = "role_taken"  # a row that says that the role is not held
    DATE_INVALID = "date_invalid"  # no day
    DATE_AMBIGUOUS = "date_ambiguous"  # day and month may be exchanged
    DATE_NORMALISED = "date_normalised"  # a day that is not written as 2026-06-30
    DATES_REVERSED = "dates_reversed"  # `expires` is before `starts`
    ROLE_NOT_YET = "role_not_yet"  # `starts` is after today
    ROLE_ENDED = "role_ended"  # `expires` is before today
    CONTRADICTION = "contradiction"  # rows that give and take the same role, or give it for different times
    UNMANAGED_ROLE = "unmanaged_role"  # a role that is left alone
    DUPLICATE = "duplicate"  # the same person and role again


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the reader noticed, at one place of the file.

    `row` is None for the file as a whole, `column` is the header's text as the file spells it, None for a whole row.
    """

    level: Level
    code: str
    message: str
    row: int | None = None
    column: str | None = None


# What may have swallowed other rows, or leaves open which of two people is meant: never only the row's own matter.
_BEYOND_ITS_ROW = frozenset({Code.UNCLOSED_QUOTE, Code.BROKEN_QUOTING, Code.ROW_ABOVE_HEADER, Code.IDENTITY_CONFLICT})


class CellError(ValueError):
    """A cell that can't be read: its code, and a sentence for people."""

    def __init__(self, code: StrEnum, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Note(NamedTuple):
    """Something noticed about a cell that was read nevertheless; its row and column are added by whoever knows them."""

    level: Level
    code: Code
    message: str

    def at(self, row: int, column: str | None = None) -> Finding:
        """Make the finding."""
        return Finding(self.level, self.code.value, self.message, row, column)


OnNote = Callable[[Note], None]
"""Is called with each note on a cell."""


def error(code: StrEnum, message: str, *, row: int | None = None, column: str | None = None) -> Finding:
    """Make a finding that refuses its row, or the file where `row` is None."""
    return Finding(Level.ERROR, code.value, message, row, column)


def held(finding: Finding, header_row: int) -> Finding:
    """The finding, but held instead of an error where it is one row's own matter."""
    if finding.level is not Level.ERROR or finding.row is None or finding.row <= header_row:
        return finding
    return finding if finding.code in _BEYOND_ITS_ROW else replace(finding, level=Level.HELD)


def quoted(text: str) -> str:
    """Quote a cell's text in one line that any terminal shows: escapes for what is not printable, cut when long."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}…"


def printable(text: str) -> str:
    """Replace what could not be decoded, so that the text can be written anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
