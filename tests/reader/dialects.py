"""Draws lists, and files that hold them in every dialect of CSV and every kind of workbook."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.reader.corpus import MANAGED
from tests.tables.books import Rows, ods, xls, xlsx

ROLES = (*MANAGED, "Reader", "\u00c9diteur", 'The "boss"', "Lecteur; invit\u00e9")
LOCAL_PARTS = (
    *("ann", "o'brien", "bob+studio", "na", "null", "k.mensah", "-x"),
    *("j\u00fcrgen", "\u0430\u043d\u043d\u0430"),
)
HEADERS = {
    "email": ("email", "E-Mail", "EMAIL_ADDRESS", " e-mail\u00a0"),
    "user_id": ("user_id", "User ID", "USER-ID"),
    "role": ("role", "Role ", "ROLE"),
    "note": ("note", "Bemerkung", "Remarque (priv\u00e9e)", ""),
}
# Other tests cover notes that look like a comment or a formula and, in text, notes with delimiters and line ends, which
# look like swallowed rows.
NOTE = st.text(st.sampled_from("abc\u00e9\u4e2d ,;|\t\"'\n"), max_size=8).map(lambda text: f"n{text}")
NOTE_IN_TEXT = NOTE.filter(lambda text: "\n" not in text or not set(",;|\t") & set(text))


class Row(NamedTuple):
    """A row of a list; `email` is "" or `user_id` 0 if the row doesn't name it."""

    email: str
    user_id: int
    role: str
    note: str

    @property
    def pair(self) -> tuple[str | int, str]:
        return self.user_id or self.email, self.role


class DrawnList(NamedTuple):
    """A list: its rows in order, and the cells of its table, header first."""

    rows: tuple[Row, ...]
    table: tuple[tuple[str | int, ...], ...]

    @property
    def pairs(self) -> list[tuple[str | int, str]]:
        return [row.pair for row in self.rows]


@st.composite
def dialect_lists(draw: st.DrawFn, notes: st.SearchStrategy[str]) -> DrawnList:
    """Draw users, their roles, and the order and headers of columns."""
    people = draw(st.lists(st.sampled_from(LOCAL_PARTS), min_size=1, max_size=6, unique=True))
    rows = []
    for number, local in enumerate(people):
        email, user_id = f"{local}@x.edu", (1, 101, 7_654_321, 2**53 - 1, 40, 50, 60, 70, 80)[number]
        for role in draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True)):
            named = draw(st.sampled_from(["email", "user_id", "both"]))
            note = draw(notes)
            rows.append(Row("" if named == "user_id" else email, 0 if named == "email" else user_id, role, note))
    columns = draw(st.permutations(["email", "user_id", "role", "note"]))
    header = tuple(draw(st.sampled_from(HEADERS[column])) for column in columns)
    written = [
        Row(_decorated(draw, row.email), row.user_id, row.role, row.note) if row.email else row
        for row in draw(st.permutations(rows))
    ]
    table = [header, *(tuple(getattr(row, column) or "" for column in columns) for row in written)]
    folded = [row._replace(email=row.email.strip().lower()) for row in written]
    return DrawnList(tuple(folded), tuple(table))


def _decorated(draw: st.DrawFn, email: str) -> str:
    cased = email.upper() if draw(st.booleans()) else email
    return draw(st.sampled_from(["{}", " {}", "{}\u00a0", "{} "])).format(cased)


@st.composite
def texts(draw: st.DrawFn, table: Sequence[Sequence[str | int]]) -> bytes:
    """Draw a dialect of CSV and write the table in it."""
    delimiter = draw(st.sampled_from(",;\t|"))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    blank = draw(st.sampled_from([[], [""] * len(table[0])]))
    text = ""
    for row in table:
        text += _record(row, delimiter, quoting) + end
        if draw(st.integers(0, 4)) == 0:
            text += _record(blank, delimiter, quoting) + end
    text = text if draw(st.booleans()) else text.removesuffix(end)
    if draw(st.booleans()):
        text = f"sep={delimiter}{end}{text}"
    mark, encoding = draw(
        st.sampled_from([(0, "utf-8"), (1, "utf-8"), (2, "utf-8"), (1, "utf-16-le"), (1, "utf-16-be")])
    )
    return ("\ufeff" * mark + text).encode(encoding)


def _record(cells: Sequence[str | int], delimiter: str, quoting: Any) -> str:  # typeshed's type is private
    """Format a record; with both line ends, because otherwise the module leaves the other in a cell unquoted."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n")


def zipped(data: bytes) -> bytes:
    """Put a file into a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/list.csv", data)
    return buffer.getvalue()


def gzipped(data: bytes) -> bytes:
    """Compress a file."""
    return gzip.compress(data, mtime=0)


PACKINGS: Sequence[Callable[[bytes], bytes]] = (bytes, gzipped, zipped)


@st.composite
def books(draw: st.DrawFn, table: Sequence[Sequence[str | int]]) -> bytes:
    """Draw a kind of workbook and write the table anywhere on its sheet, with ids as numbers or as text."""
    as_text = draw(st.booleans())
    rows: list[list[Any]] = [[str(cell) if as_text else cell for cell in row] for row in table]
    left, above = draw(st.integers(0, 2)), draw(st.integers(0, 3))
    placed: list[list[Any]] = [[] for _ in range(above)] + [[*[""] * left, *row] for row in rows]
    # A file distinguishes an empty text from an empty cell; a user sees no difference.
    kinds: list[Callable[[Mapping[str, Rows]], bytes]] = [xlsx, xls, ods]
    sheets: dict[str, Rows] = {"Sheet": placed}
    return draw(st.sampled_from(kinds))({**sheets, "Empty": []} if draw(st.booleans()) else sheets)
