r"""Texts with a line for each field and a block for each record → rows: `name : value`.

- PowerShell's `Format-List`, and the like: a blank line between records;
- psql's expanded output (`\x`): `-[ RECORD 1 ]-` before a record, and `|` between name and value;
- MySQL's vertical output (`\G`): `*** 1. row ***` before a record.

The header has the names of all records. A field that a record lacks is a blank cell.
"""

import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import NamedTuple

from rolesync.model.findings import Code, error, printable, quoted
from rolesync.tables.grid import Cells

HEAD = 2**14  # bytes in which a form is looked for
_TITLE_LINES = 5  # above the first record
_MIN_FIELDS = 2  # a text with a single field in each block is rather a note
_CUT_ENDS = ("...}", "\u2026}")  # of collections in `Format-List`

_MESSAGE_FIELDS = {"from", "to", "cc", "bcc", "subject", "von", "an", "betreff", "de", "à", "para", "da", "van", "aan"}
_MYSQL_TOTAL = re.compile(r"[0-9,]+ rows? in set\b.*")
_LINE_END = re.compile(r"\r\n|\r|\n")


class _Form(NamedTuple):
    """How a program writes records.

    Attributes:
        rule: the line before a record; None if a blank line separates records.
        field: a line of a record: its name and its value.
        csv: how the program writes CSV, for advice.
    """

    rule: re.Pattern[str] | None
    field: re.Pattern[str]
    csv: str


_PSQL = _Form(
    re.compile(r"\+?-\[ ?[^\W\d_]+ [0-9]+ ?\][-+]*"),
    re.compile(r"\|?([^|]+)\|(.*?)\|?"),
    "`\\copy (SELECT …) TO 'list.csv' CSV HEADER`",
)
_MYSQL = _Form(
    re.compile(r"\*{3,} [0-9]+\. row \*{3,}"), re.compile(r"([^:]+):(?: (.*))?"), "its client's export to CSV"
)
_LIST = _Form(
    None,
    re.compile(r"([^\W\d][^:,;|\t@\"=]{0,63}?)[ ]*:(?:[ \t](.*))?"),
    "`… | Select-Object * | Export-Csv list.csv -NoTypeInformation -Encoding utf8`",
)


@dataclass(slots=True)
class _Record:
    """A record: the number of its first line, its fields, and what is wrong with it; "" if nothing is."""

    number: int
    fields: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def add(self, name: str, value: str) -> None:
        """Add a field, or note what is wrong with it."""
        quoted_field = quoted(printable(name or value))
        problem = "" if name else f"the cell before {quoted_field} goes on in this line"
        problem = problem or (f"the record has the field {quoted_field} twice" if name in self.fields else "")
        problem = problem or (f"the field {quoted_field} is cut" if value.endswith(_CUT_ENDS) else "")
        self.problem = self.problem or problem
        self.fields.setdefault(name, value)


class FieldLines(NamedTuple):
    """A text of fields: its titles, and its rows, the header first."""

    rows_above: tuple[tuple[int, list[str]], ...]
    rows: Iterator[tuple[int, Cells]]


def read_field_lines(data: bytes) -> FieldLines | None:
    """Read a text with a line for each field; None for any other text.

    Args:
        data: the text in UTF-8.

    Returns:
        Its rows: the header has the number 0, each record that of its first field.
    """
    head = data[:HEAD] if len(data) <= HEAD else data[: data.rfind(b"\n", 0, HEAD) + 1]
    lines = [line.strip() for line in _LINE_END.split(head.decode("utf-8", "surrogateescape"))]
    for form in (_PSQL, _MYSQL):
        assert form.rule is not None  # noqa: S101  # see above
        first = next((at for at, line in enumerate(lines[:_TITLE_LINES]) if form.rule.fullmatch(line)), None)
        if first is not None:
            titles = tuple((at, [line]) for at, line in enumerate(lines[:first], 1) if line)
            return FieldLines(titles, _rows(data, form, first))
    return FieldLines((), _rows(data, _LIST, 0)) if _is_list(head) else None


def _is_list(head: bytes) -> bool:
    """Whether each line of a text is a field or goes on with one, and a first block has several fields."""
    lines = _LINE_END.split(head.decode("utf-8", "surrogateescape").strip("\ufeff\r\n \t"))
    lines = list(dropwhile(operator.not_, (line if line.strip(" \t-") else "" for line in lines)))
    fields = [_LIST.field.fullmatch(line) for line in lines if line and line[0] not in " \t"]
    if not all(fields) or any(match and match[1].casefold() in _MESSAGE_FIELDS for match in fields):
        return False
    first_block = lines[: lines.index("")] if "" in lines else lines
    return sum(line[:1] not in " \t" for line in first_block) >= _MIN_FIELDS


def _rows(data: bytes, form: _Form, start: int) -> Iterator[tuple[int, Cells]]:
    lines = _LINE_END.split(data.decode("utf-8", "surrogateescape"))
    records = list(_records(lines, form, start))
    header = list(
        dict.fromkeys(name for record in records if isinstance(record, _Record) for name in record.fields if name)
    )
    yield 0, header
    for record in records:
        if not isinstance(record, _Record):
            yield record
        elif record.problem:
            text = f"{record.problem}; export the list as CSV: {form.csv}"
            yield record.number, (error(Code.CUT_ROW, text, row=record.number),)
        else:
            yield record.number, [record.fields.get(name, "") for name in header]


def _records(lines: Sequence[str], form: _Form, start: int) -> Iterator[_Record | tuple[int, Cells]]:
    """Yield the records of a text, and each line that belongs to none as a row."""
    record: _Record | None = None
    for number, line in enumerate(lines[start:], start + 1):
        text = line.strip()
        if form.rule and form.rule.fullmatch(text):
            record = _Record(number + 1)
            yield record
        elif not text or not text.strip("+-"):
            record = None
        elif (form.rule and record is None) or _MYSQL_TOTAL.fullmatch(text):
            yield number, [text]
        else:
            if record is None:
                record = _Record(number)
                yield record
            is_field = form.rule is not None or line[0] not in " \t"
            match = form.field.fullmatch(text) if is_field else None
            name, value = match.groups("") if match else ("", text)
            record.add(name.strip(), value.strip())
