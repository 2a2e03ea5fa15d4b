"""Rows that are not part of a list: a repeated header, a comment, a total at the end. Each is ignored with a note.

A row is ignored only if it can't name a user. A row that begins with `#` but may name a user is refused, because it is
unclear whether the user is listed.
"""

import re
from collections.abc import Collection, Sequence
from typing import Protocol

from rolesync.model.findings import CellError, Code, Note, printable, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.placeholders import is_error_value
from rolesync.tables.column_letters import name_column
from rolesync.tables.grid import is_blank
from rolesync.tables.header_text import fold_header

_RULE_SIGNS = "-=+|:_,; \t\u2013\u2014" + "".join(map(chr, range(0x2500, 0x2580)))  # the last are parts of boxes
_REPORT_LINE = re.compile(
    r"\(?(?:query returned )?[0-9][0-9., '\u00a0\u202f]* ?"
    r"(?:rows?|records?|zeilen?|lignes?|filas?|righe|linhas?|rijen)\b[^@]*"
    r"|(?:completion time|time|elapsed)\s*:[^@]*|query ok\b[^@]*|(?:sql|mysql)>[^@]*|bye",
    re.IGNORECASE,
)
"""What database programs write below the rows."""
_MAX_LABEL = 80  # characters of a label; matching is slow on long texts
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?|sum|count|records?|rows?|(?:gesamt)?summe|gesamt|insgesamt|anzahl|total général|nombre"
    r"|suma|totaal|(?:end|eof)(?: of (?:list|file|report|data))?",
    re.IGNORECASE,
)
_BY = r"(?: *:|(?: [^\W\d]+){0,2}? (?:by|on|at|from|am|um|vom|von|le|par|el|por|em|il|da|op|door)\b| (?=[0-9]))[^@]*"
_MADE = re.compile(
    r"(?:(?:this )?(?:report|list|file|data|export) )?(?:was |is )?"
    r"(?:generated|created|exported|printed|produced|prepared|downloaded|retrieved|compiled|extracted|(?:last )?updated"
    r"|report date|run date|as of|erstellt|exportiert|gedruckt|generiert|stand|généré|créé|exporté|imprimé|édité"
    r"|extrait|generado|creado|exportado|impreso|gerado|criado|impresso|emitido|generato|creato|esportato|stampato|gegenereerd"
    rf"|aangemaakt|geëxporteerd|afgedrukt){_BY}"
    r"|(?:page|seite|pagina|página) [0-9]+(?: ?(?:of|von|de|sur|di|van|/) ?[0-9]+)?"
    r"|(?:strictly )?confidential|vertraulich|confidentiel|confidencial|riservato|vertrouwelijk",
    re.IGNORECASE,
)
"""What reports write below the rows about themselves: by whom and when they were made, the page."""
_UNIT = r"(?:users?|rows?|records?|people|persons?|entries|members?)"
_NUMBER = re.compile(rf"[0-9][0-9., '\u00a0\u202f]*{_UNIT}?", re.IGNORECASE)
_LABELLED = re.compile(r"([^:=0-9@]+?)\s*[:=]?\s*([0-9].*)?")


class HasHeader(Protocol):
    """A layout of any kind: a header, and the columns that are read."""

    @property
    def header(self) -> Sequence[str]:
        """The header's cells."""
        ...

    @property
    def used(self) -> Collection[int]:
        """The columns that are read, counted from 0."""
        ...


def find_ignored_row(cells: Sequence[str], layout: HasHeader) -> Note | None:
    """Recognise a comment or a repeated header; None for a row of the list.

    Raises:
        CellError: the row begins with `#` but may name a user.
    """
    first, *other_cells = (cell.strip() for cell in cells if cell.strip())
    if first.startswith("#") and not is_error_value(first):
        if other_cells or "@" in first:
            text = f"the row begins with '#' ({quoted(printable(first))}), so it is unclear whether it counts"
            raise CellError(Code.COMMENTED_ROW, f"{text}; delete the '#', or the whole row")
        return Note(Level.WARNING, Code.COMMENT_IGNORED, f"{quoted(printable(first))} is a comment and is not read")
    if len(line := "".join([first, *other_cells])) > 1 and not line.strip(_RULE_SIGNS):
        return Note(
            Level.WARNING, Code.COMMENT_IGNORED, f"{quoted(printable(first))} is a line of dashes and is not read"
        )
    if len(line := " ".join([first, *other_cells])) <= _MAX_LABEL and _REPORT_LINE.fullmatch(line):
        text = f"{quoted(printable(line))} was written by the program that made the list, and is not read"
        return Note(Level.WARNING, Code.FOOTER_IGNORED, text)
    if all(_repeats_header(cells, place, layout) for place in layout.used):
        text = "this row repeats the header and is ignored; check whether two lists were joined here"
        return Note(Level.WARNING, Code.HEADER_REPEATED, text)
    return None


def _repeats_header(cells: Sequence[str], place: int, layout: HasHeader) -> bool:
    return place < len(cells) and fold_header(name_column(cells[place], place)) == fold_header(layout.header[place])


def find_total(cells: Sequence[str]) -> Note | None:
    """Recognise the total or end mark of a report in a last row of a list; None for a row that may name a user."""
    texts = [cell.strip() for cell in cells if not is_blank([cell])]
    if len(texts) == 1 and len(texts[0]) <= _MAX_LABEL and _MADE.fullmatch(texts[0]):
        text = f"{quoted(printable(texts[0]))} was written by the program that made the list, and is not read"
        return Note(Level.WARNING, Code.FOOTER_IGNORED, text)
    labels = [text for text in texts if not _NUMBER.fullmatch(text)]
    if len(labels) > 1 or not any(map(_is_label, labels or texts[:1])):
        return None
    quoted_row = quoted(printable(" ".join(texts)))
    return Note(Level.WARNING, Code.FOOTER_IGNORED, f"{quoted_row} is a total or the end of the list, and is not read")


def describe_lone_text(cells: Sequence[str]) -> str:
    """Describe a row with nothing but a text that names no user, such as an unknown footer; "" for any other row."""
    texts = [cell.strip() for cell in cells if not is_blank([cell])]
    if len(texts) != 1 or "@" in texts[0] or len(texts[0].split()) == 1:
        return ""
    text = f"the row has nothing but the text {quoted(printable(texts[0]))}"
    return f"{text}; delete the row if it isn't part of the list, such as a footer; else fill in its other cells"


def _is_label(text: str) -> bool:
    """Whether a text is the label of a total, such as "Total: 25" or "25 users"."""
    if len(text) > _MAX_LABEL:
        return False
    if number := _NUMBER.fullmatch(text):
        return not number[0].strip()[-1].isdigit()  # "25 users", but not "25", which may be a user id
    label = _LABELLED.fullmatch(text)
    return bool(label and _TOTAL.fullmatch(label[1].strip(" -*_")) and (not label[2] or _NUMBER.fullmatch(label[2])))
