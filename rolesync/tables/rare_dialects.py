"""Rare forms of tables as text, by hand or by few programs. They are tried where no usual form fits.

- entries: an address in each line, after a bullet or a number, or before a role, such as `- ann@x.edu: Admin`;
- other delimiters than the usual ones, such as `:` and `&`;
- columns that only blanks align, below a header.

Entries are recognised by the form of the first lines, the others by a header with all columns that are needed.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from rolesync.model.findings import Code, error, printable, quoted
from rolesync.tables.grid import Cells

HEAD = 2**14  # bytes at the beginning by which a form is recognised
_LINE_END = re.compile(r"\r\n|\r|\n")
_ENTRY = re.compile(
    r"[ \t]*(?P<bullet>[-*+\u2022\u2023\u00b7\u2013\u2014][ \t]+|[0-9]{1,4}[.)][ \t]+)?"
    r"(?P<user>[^\s,;:|<>=]+@[^\s,;:|<>=]+|[^,;:|\t<>@=]*<[^\s,;:|<>]+@[^\s,;:|<>]+>)"
    r"(?:(?:[ \t]*(?::|=>?|->|\u2192)|[ \t]+[-\u2013\u2014](?=[ \t])|(?=[ \t]))[ \t]*(?P<rest>[^\W_][^\t@;|]*?))?[ \t]*"
)
"""A bullet, an address, and what follows it; no further address."""
_GAP = re.compile(r"[ \u00a0]{2,}")
_NO_DELIMITERS = frozenset(" \t._-+@'\"()[]{}<>\\,;|^~\u00a0")
"""Signs of addresses and of headers, and the usual delimiters."""


def is_entries(data: bytes) -> bool:
    """Whether each of the first lines of a text has an address after a bullet or before another text."""
    lines = [line for line in _lines(data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD]) if line.strip()]
    matches = map(_ENTRY.fullmatch, lines)
    return bool(lines) and all(match and (match["bullet"] or match["rest"]) for match in matches)


def entries(data: bytes) -> Iterator[tuple[int, Cells]]:
    """Yield the address of each line, and what follows it; a line of another form is refused."""
    lines = list(enumerate(_lines(data), 1))
    has_rest = any(match["rest"] for _, line in lines if (match := _ENTRY.fullmatch(line)))
    for number, line in lines:
        match = _ENTRY.fullmatch(line)
        if match and not _GAP.search(match["rest"] or ""):
            yield number, [match["user"].strip(), match["rest"] or ""] if has_rest else [match["user"].strip()]
        elif line.strip():
            text = f"{quoted(printable(line.strip()))} doesn't have the form of the other lines, an address and a text"
            yield number, (error(Code.CUT_ROW, f"{text}; write it like them, or delete it", row=number),)


def rare_delimiter(data: bytes, complete: Callable[[Sequence[str]], bool]) -> str:
    """Find the only sign that divides the first line into a header with all needed columns; "" if there is none."""
    line = _first_line(data)
    signs = {sign for sign in line if not sign.isalnum() and sign.isascii() and sign not in _NO_DELIMITERS}
    headers = {sign: [cell.strip() for cell in line.split(sign)] for sign in signs}
    fitting = [sign for sign, cells in headers.items() if all(map(_is_header_text, cells)) and complete(cells)]
    return fitting[0] if len(fitting) == 1 else ""


def _is_header_text(cell: str) -> bool:
    """Whether a cell begins and ends as headers do, so that no part of a longer delimiter is left in it."""
    return cell[:1].isalnum() and (cell[-1:].isalnum() or cell[-1:] in ")]*")


def aligned_starts(data: bytes, complete: Callable[[Sequence[str]], bool]) -> list[int]:
    """Find where the columns start if the first line is a header whose names two or more blanks divide; else empty."""
    line = _first_line(data)
    text = line.strip()
    cells = _GAP.split(text)
    if len(cells) == 1 or "\t" in line or not complete(cells):
        return []
    offset = len(line) - len(line.lstrip())
    return [offset, *(offset + gap.end() for gap in _GAP.finditer(text))]


def aligned_rows(data: bytes, starts: Sequence[int]) -> Iterator[tuple[int, Cells]]:
    """Yield the rows of columns that blanks align; a row whose cells don't start below the header is refused.

    Args:
        data: the text in UTF-8.
        starts: where the columns start, see `aligned_starts`.
    """
    for number, line in enumerate(_lines(data), 1):
        if not line.strip():
            continue
        cells = [line[start:end].rstrip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        has_text_before = bool(line[: starts[0]].strip())
        has_blank_between = all(line[start - 1 : start].isspace() or len(line) < start for start in starts if start)
        starts_below_header = not any(cell[:1].isspace() or _GAP.search(cell) or "\t" in cell for cell in cells)
        if has_text_before or not has_blank_between or not starts_below_header:
            text = f"the cells of {quoted(printable(line.strip()))} are not below the header"
            yield number, (error(Code.CUT_ROW, f"{text}; export the list as CSV, with a delimiter", row=number),)
        else:
            yield number, cells


def _first_line(data: bytes) -> str:
    """The first line that isn't blank; "" if there is none."""
    return next((line for line in _lines(data[:HEAD]) if line.strip()), "")


def _lines(data: bytes) -> list[str]:
    return _LINE_END.split(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"))
