"""One list, written in every way that programs and people write lists, says the same."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings, strategies as st

from rolesync.model.vocabulary import Level
from rolesync.reader.read import read_desired
from tests.reader.corpus import MANAGED, TODAY
from tests.tables.books import Rows, ods, xls, xlsx

DRAW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

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
# No signs that make a note look like a comment or a formula, nor, in text, both delimiters and line ends, which may
# look like rows that quotes have hidden: those have tests of their own.
NOTE = st.text(st.sampled_from("abc\u00e9\u4e2d ,;|\t\"'\n"), max_size=8).map(lambda text: f"n{text}")
NOTE_IN_TEXT = NOTE.filter(lambda text: "\n" not in text or not set(",;|\t") & set(text))


class Row(NamedTuple):
    """One row of a list; `email` is "" or `user_id` 0 where the row doesn't say it."""

    email: str
    user_id: int
    role: str
    note: str

    @property
    def pair(self) -> tuple[str | int, str]:
        return self.user_id or self.email, self.role


class Drawn(NamedTuple):
    """A list as rows of cells, the header first."""

    rows: tuple[Row, ...]
    table: tuple[tuple[str | int, ...], ...]

    @property
    def pairs(self) -> list[tuple[str | int, str]]:
        return [row.pair for row in self.rows]


@st.composite
def lists(draw: st.DrawFn, notes: st.SearchStrategy[str]) -> Drawn:
    """Draw who gets which role, and the order and spelling of columns."""
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
        Row(_dressed(draw, row.email), row.user_id, row.role, row.note) if row.email else row
        for row in draw(st.permutations(rows))
    ]
    table = [header, *(tuple(getattr(row, column) or "" for column in columns) for row in written)]
    folded = [row._replace(email=row.email.strip().lower()) for row in written]
    return Drawn(tuple(folded), tuple(table))


def _dressed(draw: st.DrawFn, email: str) -> str:
    cased = email.upper() if draw(st.booleans()) else email
    return draw(st.sampled_from(["{}", " {}", "{}\u00a0", "{} "])).format(cased)


@st.composite
def texts(draw: st.DrawFn, table: Sequence[Sequence[str | int]]) -> bytes:
    """Draw a dialect of CSV, and write the table in it."""
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


def _record(cells: Sequence[str | int], delimiter: str, quoting: Any) -> str:  # typeshed's name for it is private
    """Spell one record; by both ends, or the module leaves the other one in a cell unquoted."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/list.csv", data)
    return out.getvalue()


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


PACKED: Sequence[Callable[[bytes], bytes]] = (bytes, _gzipped, _zipped)


@st.composite
def books(draw: st.DrawFn, table: Sequence[Sequence[str | int]]) -> bytes:
    """Draw a kind of workbook, and write the table in it: ids as numbers or text, anywhere on the sheet."""
    as_text = draw(st.booleans())
    rows: list[list[Any]] = [[str(cell) if as_text else cell for cell in row] for row in table]
    left, above = draw(st.integers(0, 2)), draw(st.integers(0, 3))
    placed: list[list[Any]] = [[] for _ in range(above)] + [[*[""] * left, *row] for row in rows]
    # An empty text and an empty cell are two things in a file, and the same to whoever looks at it.
    kinds: list[Callable[[Mapping[str, Rows]], bytes]] = [xlsx, xls, ods]
    sheets: dict[str, Rows] = {"Sheet": placed}
    return draw(st.sampled_from(kinds))({**sheets, "Empty": []} if draw(st.booleans()) else sheets)


def _read_back(folder: Path, drawn: Drawn, data: bytes) -> None:
    path = folder / "list"
    path.write_bytes(data)
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY)
    assert [finding for finding in desired.findings if finding.level is Level.ERROR] == []
    assert {finding.code for finding in desired.findings} <= {"unmanaged_role", "email_lookalike"}
    table = desired.assignments
    people = zip(table["user_id"].tolist(), table["email"].tolist(), table["role"].tolist(), strict=True)
    assert [(user_id or email, role) for user_id, email, role in people] == drawn.pairs
    assert desired.source.rows == len(drawn.rows)


@DRAW
@given(st.data())
def test_in_every_dialect_of_text(tmp_path: Path, data: st.DataObject) -> None:
    drawn = data.draw(lists(NOTE_IN_TEXT))
    pack = data.draw(st.sampled_from(PACKED))
    _read_back(tmp_path, drawn, pack(data.draw(texts(drawn.table))))


@DRAW
@given(st.data())
def test_in_every_kind_of_workbook(tmp_path: Path, data: st.DataObject) -> None:
    drawn = data.draw(lists(NOTE))
    _read_back(tmp_path, drawn, data.draw(books(drawn.table)))
