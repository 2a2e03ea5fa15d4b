"""The joined file, which gives the addresses of the keys (such as a school's ids) in the other files.

Only rows whose key is used count, so an unreadable address in any other row does no harm.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from rolesync.migrate.layout import SourceLayout
from rolesync.migrate.ledger import CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.unclear_words import describe_dropped, describe_login, describe_unclear
from rolesync.model.findings import CellError, Code, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.identity import read_email
from rolesync.reader.known_exports import RowVerdict
from rolesync.tables.grid import find_non_text, is_blank, padded
from rolesync.tables.table import Table


class UserDroppedError(Exception):
    """The joined file says that the user is not there; the text is the reason, for messages."""


class _Entry(NamedTuple):
    """A row of the joined file.

    Attributes:
        ledger: its cells.
        place: the column of its address; None without one.
        name: the user's name.
        dropped: why the user is not there; "" for a row that counts.
        problem: why it can't be read; "" for a readable row.
        unclear: the code and the reason of each cell that leaves open whether the row counts.
    """

    ledger: RowLedger
    place: int | None
    name: str
    dropped: str
    problem: str
    unclear: dict[int, tuple[CellReason, str]]

    @property
    def email(self) -> str:
        """Its address, not read yet."""
        return "" if self.place is None else self.ledger.cells[self.place].strip()


class JoinTable:
    """The users of the joined file, by key.

    Args:
        layout: the columns of keys, addresses and names, and which rows count.
        place: the source of the table.
        table: its rows.
        first_address: whether the first of several addresses in a cell counts.
    """

    def __init__(self, layout: SourceLayout, place: Place, table: Table, *, first_address: bool = False) -> None:
        self._layout, self._place, self._first_address = layout, place, first_address
        self._guess, self._merged = table.guess, table.merged
        self._entries: dict[str, list[_Entry]] = {}
        self._rows: list[RowLedger] = []
        self._ledger = TableLedger(place, layout.header, named_only=layout.named_only)
        self._ledger.add_header(table)
        for number, cells in table.rows:
            if isinstance(cells, tuple):
                self._ledger.add_unreadable(number, cells)
            elif not is_blank(cells):
                self._add_row(number, padded(cells, len(layout.header)))

    @property
    def header(self) -> tuple[str, ...]:
        """Its header."""
        return self._layout.header

    def _add_row(self, number: int, cells: list[str]) -> None:
        layout = self._layout
        key = cells[layout.key] if layout.key is not None else ""
        candidates = [place for place in layout.emails if cells[place].strip()]
        candidates += [place for place in layout.logins if "@" in cells[place]]
        name = " ".join(filter(None, (cells[place].strip() for place in layout.names)))
        dropped, unclear = "", dict[int, tuple[CellReason, str]]()
        for place, condition in layout.keep:
            verdict = condition.judge(cells[place])
            if verdict is RowVerdict.DROPPED:
                dropped = describe_dropped(cells[place], layout.header[place], condition)
            elif verdict is not RowVerdict.COUNTS:
                unclear[place] = describe_unclear(cells[place], layout.header[place], condition)
        row = RowLedger(number, cells)
        self._rows.append(row)
        if key.strip():
            entry = _Entry(row, next(iter(candidates), None), name, dropped, self._unreadable(number, cells), unclear)
            self._entries.setdefault(_normalise_key(key), []).append(entry)

    def _unreadable(self, number: int, cells: list[str]) -> str:
        """Why a row can't be read; "" for a readable row."""
        if not is_blank(cells[len(self._layout.header) :]):
            return "it has more cells than the header"
        findings = find_non_text(number, cells, self._layout.header, self._layout.deciding, self._guess)
        return next((finding.message for finding in findings if finding.level is Level.ERROR), "")

    def find(self, cell: str, on_note: OnNote) -> tuple[str, str]:
        """Find the address and the name of a key's user. A user may have several rows, and any that counts will do.

        Raises:
            UserDroppedError: no row of the user counts.
            CellError: the key is missing, has several addresses, or its row is unclear or can't be read.
        """
        entries = self._entries.get(_normalise_key(cell), [])
        file, row = self._place.file, self._place.row
        if not entries:
            raise CellError(CellReason.KEY_UNKNOWN, f"{quoted(cell)} is not in {file}, so its user is unknown")
        counting = [entry for entry in entries if not entry.dropped]
        if not counting:
            self._account(entries, CellOutcome.IGNORED, CellReason.ROW_DROPPED, entries[0].dropped)
            raise UserDroppedError(
                f"{quoted(cell)}: {row(entries[0].ledger.number)} doesn't count: {entries[0].dropped}"
            )
        usable = [entry for entry in counting if not (entry.problem or entry.unclear)]
        if not usable:
            self._refuse(cell, counting[0])
        usable = [entry for entry in usable if entry.email.strip()] or usable
        if len({entry.email.strip().casefold() for entry in usable}) > 1:
            rows = " and ".join(str(entry.ledger.number) for entry in usable[:2])
            raise CellError(CellReason.KEY_UNCLEAR, f"{quoted(cell)} has different addresses in {file} (rows {rows})")
        entry = usable[0]
        where = f"{quoted(cell)}: {row(entry.ledger.number)}"
        several = self._first_address and "\n" in entry.email
        try:
            email = read_email(entry.email.splitlines()[0] if several else entry.email, on_note)
        except CellError as problem:
            raise CellError(problem.code, f"{where}: {problem.message}") from problem
        if not email:
            raise CellError(Code.IDENTITY_MISSING, f"{where} has no address")
        for place in (self._layout.key, entry.place, *self._layout.names):
            if place is not None:
                entry.ledger.set_outcome(place, CellOutcome.ASSIGNMENT, CellReason.USED)
        if entry.place in self._layout.logins:
            text = describe_login(entry.email, self._layout.header[entry.place])
            entry.ledger.set_outcome(entry.place, CellOutcome.NORMALISED, CellReason.LOGIN_USED, text)
        return email, entry.name

    def _refuse(self, cell: str, entry: _Entry) -> NoReturn:
        """Refuse the key of an unreadable or unclear row; of an unclear one, the ledger names the cell."""
        row = self._place.row(entry.ledger.number)
        if entry.problem:
            raise CellError(CellReason.KEY_UNKNOWN, f"{quoted(cell)}: {row} doesn't count: {entry.problem}")
        for place, (code, text) in entry.unclear.items():
            entry.ledger.set_outcome(place, CellOutcome.REFUSED, code, text)
        raise CellError(CellReason.ROW_REFUSED, f"{quoted(cell)}: it is unclear whether {row} counts")

    def _account(self, entries: Iterable[_Entry], outcome: CellOutcome, code: CellReason, detail: str) -> None:
        for entry in entries:
            for place in range(len(entry.ledger.cells)):
                entry.ledger.set_outcome(place, outcome, code, detail)

    def finish(self) -> TableLedger:
        """Return the ledger of all rows, after every used key was looked up."""
        for row in self._rows:
            if not row.outcomes:
                for place in range(len(row.cells)):
                    text = "no row of the other files refers to this row"
                    row.set_outcome(place, CellOutcome.IGNORED, CellReason.NOT_REFERRED_TO, text)
            self._ledger.cells.extend(row.accounted_cells())
            self._ledger.refused_blanks.extend(row.refused_blanks())
        self._ledger.count_merged_once(self._merged)
        return self._ledger


def _normalise_key(text: str) -> str:
    """Normalise a key for comparison: the distinguished names of a directory differ in case and in blanks."""
    parts = re.split(r"\s*,\s*", text.strip())
    return ",".join(parts).casefold() if all("=" in part for part in parts) else text.strip()
