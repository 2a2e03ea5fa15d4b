"""Findings of the reader: their codes, how they are made, and how messages quote cells and name users."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from rolesync.model.vocabulary import Level

SHOWN = 80  # maximum characters of a cell in a message
NAMED = 5  # maximum users or rows that a message names; it counts the others


class Code(StrEnum):
    """The codes of findings. Scripts rely on them, so a published code keeps its meaning."""

    NOT_FETCHED = "not_fetched"  # an earlier copy stands in for a list that can't be fetched
    NOT_TEXT = "not_text"  # the file is a web page, a picture, a PDF …
    DAMAGED = "damaged"  # a workbook or an archive that is cut or unreadable
    SHEET_UNCLEAR = "sheet_unclear"  # the named sheet doesn't exist, or several sheets fit
    SHEETS_IGNORED = "sheets_ignored"  # sheets with rows that are not read
    HIDDEN = "hidden"  # hidden rows or sheets of a workbook
    STRUCK_THROUGH = "struck_through"  # rows with text that is struck through
    MERGED_CELLS = "merged_cells"  # one text for several rows
    NOT_UTF8 = "not_utf8"  # the file, or a cell, holds bytes that are not UTF-8
    NUL_BYTE = "nul_byte"  # a cell holds a NUL
    UNCLOSED_QUOTE = "unclosed_quote"  # a quote is opened and the file ends
    BROKEN_QUOTING = "broken_quoting"  # text follows a closing quote, or a cell has no end
    SWALLOWED_ROW = "swallowed_row"  # a quoted cell holds text that looks like rows
    ERROR_NOTED = "error_noted"  # a row with a note in the column `errors`
    CUT_ROW = "cut_row"  # the file ends within its last row
    ROW_TOO_SHORT = "row_too_short"  # fewer cells than the header
    ROW_TOO_LONG = "row_too_long"  # more cells with text than the header
    DELIMITER_UNCLEAR = "delimiter_unclear"  # two delimiters fit the header equally well
    TITLE_IGNORED = "title_ignored"  # a title or comment above the header
    ROW_ABOVE_HEADER = "row_above_header"  # a user above the header
    HEADER_REPEATED = "header_repeated"  # the header again, among the rows
    COMMENT_IGNORED = "comment_ignored"  # a comment among the rows
    COMMENTED_ROW = "commented_row"  # a comment sign before a row
    FOOTER_IGNORED = "footer_ignored"  # a total below the rows
    FOREIGN_EXPORT = "foreign_export"  # an export of another program
    HEADER_NOT_FOUND = "header_not_found"  # a column of the settings doesn't exist
    NO_HEADER = "no_header"  # the first row is a row of the list
    HEADER_SHORT = "header_short"  # the header lacks the name of the first column
    HEADER_DUPLICATE = "header_duplicate"  # two columns have the same meaning
    HEADER_NO_IDENTITY = "header_no_identity"  # neither `email` nor `user_id`
    HEADER_NO_ROLE = "header_no_role"  # neither `role` nor `roles`
    HEADER_TWO_ROLES = "header_two_roles"  # both `role` and `roles`
    NO_ROWS = "no_rows"  # the list is empty
    IDENTITY_MISSING = "identity_missing"  # a row names no user
    EMAIL_INVALID = "email_invalid"  # no usable address
    EMAIL_NORMALISED = "email_normalised"  # characters around or inside an address were removed
    EMAIL_LOOKALIKE = "email_lookalike"  # letters that look like those of another address
    USER_ID_INVALID = "user_id_invalid"  # not a whole number, or out of range
    USER_ID_NORMALISED = "user_id_normalised"  # a number written as 101.0 or '101
    USER_ID_FOREIGN = "user_id_foreign"  # ids that are probably another program's
    IDENTITY_CONFLICT = "identity_conflict"  # one id with two addresses, or one address with two ids
    ROLE_MISSING = "role_missing"  # a row without a role
    ROLE_CONTROL_CHARACTER = "role_control_character"  # a line break, tab … inside a role
    ROLE_SEPARATORS_MIXED = "role_separators_mixed"  # several separators, so that the roles are unclear
    SEVERAL_ROLES = "several_roles"  # `role` holds a managed role among others
    ROLE_NEAR_MISS = "role_near_miss"  # a managed role or an alias in other case or with other blanks
    ROLE_NO_NAME = "role_no_name"  # an error value, formula, yes or no, number, date or placeholder instead of a role
    ROLE_ALIAS = "role_alias"  # another name for a role, from the settings
    ACTION_UNKNOWN = "action_unknown"  # an unknown word in `action` or `status`
    ROLE_TAKEN = "role_taken"  # a row takes the role away, or has none of the words that are kept
    COLUMN_UNCLEAR = "column_unclear"  # a column that isn't read speaks against users
    COLUMN_IGNORED = "column_ignored"  # a column that could speak against users and isn't read
    WORD_UNKNOWN = "word_unknown"  # a word that is neither in `keep` nor in `leave_out`
    KEPT_WORD_MISSING = "kept_word_missing"  # a word of `keep` that no row has
    ROWS_LEFT_OUT = "rows_left_out"  # rows with a word of `leave_out`, such as those of other accounts
    DATE_INVALID = "date_invalid"  # not a date
    DATE_AMBIGUOUS = "date_ambiguous"  # day and month may be exchanged
    DATE_NORMALISED = "date_normalised"  # a date in another format than 2026-06-30
    DATES_REVERSED = "dates_reversed"  # `expires` is before `starts`
    ROLE_NOT_YET = "role_not_yet"  # `starts` is after today
    ROLE_ENDED = "role_ended"  # `expires` is before today
    CONTRADICTION = "contradiction"  # rows that give and take the same role, or give it for overlapping periods
    NO_MANAGED_ROLE = "no_managed_role"  # no row gives a role that rolesync manages
    UNMANAGED_ROLE = "unmanaged_role"  # a role that rolesync doesn't manage
    DUPLICATE = "duplicate"  # a repeated user and role


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the reader at one place of the file.

    `row` is None for the whole file. `column` is the header's text as in the file, None for a whole row.
    """

    level: Level
    code: str
    message: str
    row: int | None = None
    column: str | None = None


# Errors that may hide other rows, or leave open which of two users is meant. Holding only their row is not enough.
_BEYOND_ITS_ROW = frozenset({Code.UNCLOSED_QUOTE, Code.BROKEN_QUOTING, Code.ROW_ABOVE_HEADER, Code.IDENTITY_CONFLICT})


class CellError(ValueError):
    """An unreadable cell: the code, and a sentence for people."""

    def __init__(self, code: StrEnum, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Note(NamedTuple):
    """A finding about a readable cell, still without its row and column."""

    level: Level
    code: Code
    message: str

    def at(self, row: int, column: str | None = None) -> Finding:
        """Make the finding for a row and column."""
        return Finding(self.level, self.code.value, self.message, row, column)


OnNote = Callable[[Note], None]
"""Receives each note on a cell."""


def error(code: StrEnum, message: str, *, row: int | None = None, column: str | None = None) -> Finding:
    """Make a finding that refuses its row, or the whole file if `row` is None."""
    return Finding(Level.ERROR, code.value, message, row, column)


def held(finding: Finding, header_row: int) -> Finding:
    """Turn an error into a held row, if it concerns only that row. Other findings stay as they are."""
    if finding.level is not Level.ERROR or finding.row is None or finding.row <= header_row:
        return finding
    return finding if finding.code in _BEYOND_ITS_ROW else replace(finding, level=Level.HELD)


def quoted(text: str) -> str:
    """Quote a cell in one line for any terminal. Unprintable characters are escaped, and long texts are cut."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}…"


def quoted_or_blank(text: str) -> str:
    """Quote a cell, or call it blank."""
    return quoted(text) if text.strip() else "a blank cell"


def printable(text: str) -> str:
    """Replace undecodable bytes, so that the text can be written anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def name_some(names: Iterable[str]) -> str:
    """Join the first few names, and count the others."""
    all_names = list(names)
    suffix = f" and {len(all_names) - NAMED:,} more" if len(all_names) > NAMED else ""
    return ", ".join(all_names[:NAMED]) + suffix
