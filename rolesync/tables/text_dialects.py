"""Forms in which programs and people write tables as text, other than plain CSV.

- boxes: `|` between padded cells, with or without `|` around a row and lines of dashes (psql, MySQL, Oracle, Markdown),
  also drawn with the signs of Unicode (SQLite);
- a line of dashes below the header, and cells padded to their column's width (sqlcmd, SQL*Plus), also without a
  delimiter, or with `=` for dashes (reStructuredText);
- cells in single quotes (SQL), and in the curly quotes of word processors;
- cells in quotes with blanks between them (R);
- `="text"`, which keeps Excel from taking a text for a number;
- the addresses of a message, copied from its line `To:`, also without this word.
"""

import re
from collections.abc import Iterator, Sequence

from rolesync.model.findings import Code, error, printable, quoted
from rolesync.tables.grid import Cells

HEAD = 2**14  # bytes in which a form is looked for
_ADDRESS_HEADER = "email"
"""The header of the column of a message's addresses."""

_DRAWN = "".join(map(chr, range(0x2500, 0x2580)))
_PLAIN_SIGNS = str.maketrans({**dict.fromkeys(_DRAWN, "+"), **dict.fromkeys("│┃║", "|"), **dict.fromkeys("─━═", "-")})
_RECORD_NUMBER = re.compile(r"\[ ?\w+ [0-9]+ ?\]")
_RULE_LINES = 5  # in which the first line of a drawn box must be

_WIKI_HEADER = re.compile(rb"\s*\|\|[^\r\n]*\|\|[ \t]*(?=[\r\n]|$)")
_RULE_SIGNS = "-=+|:,; \t"
_QUOTED = rb"'(?:[^'\r\n]|'')*'"
_QUOTED_LINE = re.compile(rb"(?:[0-9]*[,;\t|])*%b(?:[,;\t|](?:%b|[0-9]*))*[ \t]*" % (_QUOTED, _QUOTED))
_BLANKS_BETWEEN = re.compile(rb"%b(?: %b)+" % ((rb'(?:"(?:[^"\\]|\\.|"")*"|[^\s",;|]+)',) * 2))
_BLANKS_BEFORE = re.compile(rb'\s*"[^"\r\n]*"(?:[,;|] +"[^"\r\n]*")+[ \t]*(?:[\r\n]|$)')
_CURLY_SIGNS = tuple(chr(sign).encode() for sign in (0xAB, 0xBB, *range(0x2018, 0x2020), 0x2039, 0x203A))
_EXCEL_TEXT = re.compile(r'="((?:[^"]|"")*)"')
_RECIPIENTS_NAMES = ("to", "cc", "bcc", "an", "kopie", "à", "para", "aan", "a")
_RECIPIENTS = re.compile(rb"\s*(?:%b)[ \t]*:[^\n]*@" % "|".join(_RECIPIENTS_NAMES).encode(), re.IGNORECASE)
_MESSAGE_LINE = re.compile(r"^[ \t]*(?!mailto:)([^\W\d_][\w \t-]*):", re.IGNORECASE | re.MULTILINE)
_BOX_CELL_END = re.compile(r"(?<!\\)\|")
_LINE_END = re.compile(r"\r\n|\r|\n")


def is_wiki_table(data: bytes) -> bool:
    """Whether a text begins with a header such as `||email||role||`, as Jira and Confluence write it."""
    return _WIKI_HEADER.match(data) is not None


def has_rule(data: bytes) -> bool:
    """Whether a text has a line of dashes, so that its cells are padded."""
    lines = data[:HEAD].splitlines()
    return any((b"--" in line or b"==" in line) and not line.strip(_RULE_SIGNS.encode()) for line in lines)


def is_blank_separated(data: bytes) -> bool:
    """Whether a text has blanks between its cells, each in quotes or without blanks: in each of its first lines."""
    head = data[:HEAD] if len(data) <= HEAD else data[: data.rfind(b"\n", 0, HEAD) + 1]
    lines = [line for line in head.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    return b'" "' in head and all(map(_BLANKS_BETWEEN.fullmatch, lines))


def has_blanks_before_quotes(data: bytes) -> bool:
    """Whether a blank is before each quoted cell of a text's first line, but for the first."""
    return _BLANKS_BEFORE.match(data.removeprefix(b"\xef\xbb\xbf")[:HEAD]) is not None


def straight_quotes(data: bytes, delimiter: str) -> bytes:
    """Write curly quotes around whole cells as straight ones, if a text begins with them and has no straight ones.

    Args:
        data: the text in UTF-8.
        delimiter: what separates cells.
    """
    head = data[:HEAD]
    if head.isascii() or not any(sign in head for sign in _CURLY_SIGNS) or b'"' in data:
        return data
    edge = re.escape(delimiter).encode()
    signs = b"|".join(_CURLY_SIGNS)
    inner = rb"((?:(?!%b)[^\r\n])*)" % signs
    cell = rb"(?<![^%b\r\n])[ \t]*(?:%b)(?:\xc2\xa0|\xe2\x80\xaf)?%b(?:%b)[ \t]*(?=[%b\r\n]|\Z)"
    return re.sub(cell % (edge, signs, inner, signs, edge), rb'"\1"', data)


def has_single_quotes(data: bytes) -> bool:
    """Whether a text has its cells in single quotes: each of its first lines below the header but for numbers."""
    head = data[:HEAD] if len(data) <= HEAD else data[: data.rfind(b"\n", 0, HEAD) + 1]
    lines = [line for line in head.splitlines() if line.strip()]
    return len(lines) > 1 and all(map(_QUOTED_LINE.fullmatch, lines[1:]))


def is_recipients(data: bytes) -> bool:
    """Whether a text is the line of a message that names its recipients, or the only line with several addresses."""
    if _RECIPIENTS.match(data):
        return True
    line = data[:HEAD].strip()
    if data[HEAD:].strip() or b"\n" in line or b"\r" in line:
        return False
    text = line.decode("utf-8", "surrogateescape")
    entries = list(_entries(text, ";" if ";" in text else ","))
    return len(entries) > 1 and all(entry.count("@") == 1 for entry in entries)


def recipients(data: bytes) -> Iterator[tuple[int, Cells]]:
    """Yield a header, and each recipient of a message as a row, counted from 1.

    A semicolon separates recipients where there is one, else a comma outside quotes. Other lines, such as `From:`, are
    refused.
    """
    text = data.decode("utf-8", "surrogateescape")
    separator = ";" if ";" in text else ","
    if not _RECIPIENTS.match(data):
        text = f"{_RECIPIENTS_NAMES[0]}: {text}"
    _, *lines = _MESSAGE_LINE.split(text)  # names and texts of lines alternate
    yield 0, [_ADDRESS_HEADER]
    sections = zip(lines[::2], lines[1::2], strict=True)
    pairs = [(name.strip(), entry) for name, line in sections for entry in _entries(line, separator)]
    for number, (name, entry) in enumerate(pairs, 1):
        if name.casefold() in _RECIPIENTS_NAMES:
            yield number, [entry]
        else:
            reason = f"the line {quoted(printable(name) + ':')} of a message names no recipients"
            yield number, (error(Code.EMAIL_INVALID, f"{reason}; delete this line", row=number),)


def _entries(line: str, separator: str) -> Iterator[str]:
    parts = line.split('"')
    parts[::2] = [part.replace(separator, "\n") for part in parts[::2]]  # outside quotes
    return filter(None, map(str.strip, '"'.join(parts).splitlines()))


def plain_box(data: bytes) -> bytes:
    """Write a box of Unicode signs with those of ASCII, and the header of a wiki as in Markdown; no other text changes.

    Args:
        data: the text in UTF-8.
    """
    if header := _WIKI_HEADER.match(data):
        return header[0].replace(b"||", b"|") + data[header.end() :]
    head = data[:HEAD].decode("utf-8", "ignore")
    if not any(map(_is_drawn, head.splitlines()[:_RULE_LINES])):
        return data
    return data.decode("utf-8", "surrogateescape").translate(_PLAIN_SIGNS).encode("utf-8", "surrogateescape")


def _is_drawn(line: str) -> bool:
    """Whether a line is drawn with the signs of Unicode, but for the number of a record."""
    return any(sign in _DRAWN for sign in line) and not _RECORD_NUMBER.sub("", line).strip(_DRAWN + " ")


def box_rows(data: bytes, first: int) -> Iterator[tuple[int, Cells]]:
    r"""Yield the rows of a box; lines of dashes are rows, too, of a single cell.

    Args:
        data: the text in UTF-8.
        first: the row number of the first line.
    """
    for number, line in enumerate(_LINE_END.split(data.decode("utf-8", "surrogateescape")), first):
        text = line.strip()
        if not text:
            continue
        if not text.strip(_RULE_SIGNS):
            yield number, [text]
            continue
        has_border = text.startswith("|")
        inner = line.lstrip()[1:] if has_border else line
        cells = _BOX_CELL_END.split(inner)
        if has_border and len(cells) > 1 and not cells[-1].strip():
            cells.pop()
        if len(cells) > 1 and any(cell.endswith("+") for cell in cells):
            text = "a cell of this row goes on in the next line, as psql shows a line break"
            yield number, (error(Code.BROKEN_QUOTING, f"{text}; export the list as CSV", row=number),)
            continue
        yield number, [cell.strip().replace("\\|", "|") for cell in cells]


def column_spans(data: bytes) -> list[tuple[int, int]]:
    """The first and last places of columns without a delimiter, as a line of dashes shows them; empty without one."""
    for line in data[:HEAD].splitlines():
        if line.startswith((b"-", b"=")) and not line.strip(b"-= "):
            spans = [match.span() for match in re.finditer(rb"[-=]+", line)]
            if len(spans) > 1:
                return spans
    return []


def fixed_width_rows(data: bytes, first: int, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Cells]]:
    """Yield the rows of columns without a delimiter; a row whose cells are not in these columns is refused.

    Args:
        data: the text in UTF-8.
        first: the row number of the first line.
        spans: see `column_spans`.
    """
    starts = [start for start, _ in spans]
    ends = [*starts[1:], None]
    for number, line in enumerate(_LINE_END.split(data.decode("utf-8", "surrogateescape")), first):
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if not line.strip():
            continue
        gaps = "".join(line[end:start] for (_, end), start in zip(spans, starts[1:], strict=False))
        if len(line.rstrip()) <= starts[1] or (gaps.strip() and not any("@" in cell for cell in cells)):
            yield number, [line.strip()]
        elif gaps.strip() or any(cell.endswith(("...", "\u2026")) for cell in cells):
            text = f"{quoted(printable(line))} is cut, or its cells are not below the header"
            advice = "export the list as CSV, with a delimiter"
            yield number, (error(Code.CUT_ROW, f"{text}; {advice}", row=number),)
        else:
            yield number, cells


def stripped(rows: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Yield rows without the blanks around cells."""
    for number, cells in rows:
        yield number, cells if isinstance(cells, tuple) else [cell.strip() for cell in cells]


def without_excel_form(rows: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Yield rows whose cells such as `="text"` are their text."""
    for number, cells in rows:
        yield number, cells if isinstance(cells, tuple) else _excel_texts(cells)


def _excel_texts(cells: Sequence[str]) -> list[str]:
    matches = map(_EXCEL_TEXT.fullmatch, map(str.strip, cells))
    return [match[1].replace('""', '"') if match else cell for cell, match in zip(cells, matches, strict=True)]
