"""The words of a migration about which the user must decide, once for each column instead of once for each row."""

import re
from collections.abc import Iterable, Sequence, Set as AbstractSet
from typing import NamedTuple

from rolesync.migrate.ledger import Cell, CellLedger, CellOutcome, CellReason, Place
from rolesync.model.findings import NAMED, Code, name_some, quoted, quoted_or_blank
from rolesync.reader.column_words import ColumnKind, header_meaning

_OPEN = (CellReason.DECISION_NEEDED, CellReason.WORD_UNKNOWN, Code.ACTION_UNKNOWN)
"""Why such a cell is refused."""

_NOT_COUNTING = (*_OPEN, CellReason.HEADER, CellReason.TITLE, CellReason.ROW_DROPPED, CellReason.EXAMPLE_ROW)
_SAYING_OF_EACH = {ColumnKind.ACTION, ColumnKind.STATUS, ColumnKind.ACTIVE}
_FIRST_ROWS = 3
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII)


class OpenWord(NamedTuple):
    """A word that leaves open whether its rows count, with their number and the first of them."""

    word: str
    rows: int
    first: tuple[int, ...]


class Decision(NamedTuple):
    """A column whose words leave open whether rows count.

    Attributes:
        place: its table.
        column: its header.
        words: the words, the most frequent first.
        counting: a word of the column whose rows count, "" if it is a blank cell; None if there is none.
        blank_counts: whether rows with a blank cell count; they no longer do once an option names words without it.
    """

    place: Place
    column: str
    words: tuple[OpenWord, ...]
    counting: str | None
    blank_counts: bool

    @property
    def words_to_count(self) -> tuple[OpenWord, ...]:
        """The words to count: where no row counts without them, the most frequent."""
        return self.words[:1] if self.counting is None else self.words

    @property
    def options_to_count(self) -> list[str]:
        """The options by which the rows with `words_to_count` count; for many words, all rows do."""
        words = self.words_to_count
        if (
            self._holds_moments or len(words) > NAMED or any("=" in word.word for word in words)
        ):  # `--keep` ends a column at the last `=`
            return ["--ignore-column", self.column]
        return [text for word in words for text in ("--keep", f"{self.column}={word.word}")] + self._options_for_blanks

    @property
    def _holds_moments(self) -> bool:
        """Whether the column holds times and no words: its rows differ, and say nothing about the user."""
        return self.counting is None and all(_MOMENT.match(word.word) for word in self.words)

    @property
    def options_to_leave_out(self) -> list[str]:
        """The options by which the rows don't count; empty if none would be left."""
        if self._holds_moments:
            return ["--ignore-column", self.column]
        if self.counting is None or "=" in self.counting:
            return []
        return ["--keep", f"{self.column}={self.counting}"] + (self._options_for_blanks if self.counting else [])

    @property
    def options_for_words_alone(self) -> list[str]:
        """The options by which rows with a blank cell don't count, either, where that says nothing about the user."""
        options = self.options_to_leave_out
        return options[:2] if self.asks_about_blanks else options

    @property
    def asks_about_blanks(self) -> bool:
        """Whether rows with a blank cell count, in a column that says of each user whether the user counts."""
        meaning = header_meaning(self.column)
        says_of_each = meaning is not None and meaning.kind in _SAYING_OF_EACH
        return says_of_each and self.blank_counts and bool(self.counting) and bool(self.options_to_leave_out)

    @property
    def _options_for_blanks(self) -> list[str]:
        return ["--keep", f"{self.column}="] if self.blank_counts else []


def find_decisions(ledger: CellLedger) -> list[Decision]:
    """Find the columns about which the user must decide."""
    decisions: list[Decision] = []
    blanks: set[str] = set()  # columns whose blank cells count, in any table
    for table in ledger.tables:
        cells_of: dict[int, list[Cell]] = {
            cell.column: [] for cell in (*table.cells, *table.refused_blanks) if _is_open(cell)
        }
        for cell in (*table.cells, *table.refused_blanks):
            if cell.column in cells_of:
                cells_of[cell.column].append(cell)
        read = {cell.row for cell in table.cells if cell.outcome is not CellOutcome.IGNORED}
        for column, cells in sorted(cells_of.items()):
            words = _open_words(cell for cell in cells if _is_open(cell))
            header, blank_counts = table.header[column].strip(), not read <= {cell.row for cell in cells}
            blanks |= {header} if blank_counts else set()
            counting = _counting_word(cells, read) or ("" if blank_counts else None)
            decisions.append(Decision(table.place, header, words, counting, blank_counts))
    return [decision._replace(blank_counts=decision.column in blanks) for decision in decisions]


def decision_commands(command: Sequence[str], decisions: Sequence[Decision]) -> list[tuple[str, list[str]]]:
    """The commands that decide, each with its purpose; the first one gives the fewest users a role.

    Args:
        command: the words of the command that was refused.
        decisions: the columns about which the user must decide.
    """
    counting = [text for decision in decisions for text in decision.options_to_count]
    leaving_out = [text for decision in decisions for text in decision.options_to_leave_out]
    words = _named(word for decision in decisions for word in decision.words)
    counted = _named(word for decision in decisions for word in decision.words_to_count)
    columns = " and ".join(dict.fromkeys(quoted(entry.column) for entry in decisions if entry.asks_about_blanks))
    count_blanks = f", and count rows with a blank cell in {columns}" if columns else ""
    commands = [(f"count rows with {counted}{count_blanks}", add_options(command, counting))] if counting else []
    if leaving_out and all(decision.options_to_leave_out for decision in decisions):
        commands.insert(0, (f"leave out rows with {words}{count_blanks}", add_options(command, leaving_out)))
        if columns:
            options = [text for decision in decisions for text in decision.options_for_words_alone]
            purpose = f"leave out rows with {words}, and rows with a blank cell in {columns}"
            commands.insert(0, (purpose, add_options(command, options)))
    return commands


def commands_to_go_on(command: Sequence[str], ledger: CellLedger) -> list[tuple[str, list[str]]]:
    """The commands that decide about words and about a guessed encoding, each with its purpose; empty without either.

    Args:
        command: the words of the command that was refused.
        ledger: its cells.
    """
    decided = decision_commands(command, find_decisions(ledger))
    guesses = {table.guess for table in ledger.tables if any(_depends_on_guess(cell) for cell in table.cells)} - {""}
    if len(guesses) != 1:
        return decided
    encoding = guesses.pop()
    options = ["--encoding", encoding]
    purpose = f"read the file as {encoding}, if the texts above are then right"
    if not decided:
        return [(purpose, add_options(command, options))]
    return [(f"{text}, and {purpose}", add_options(words, options)) for text, words in decided]


def _depends_on_guess(cell: Cell) -> bool:
    return cell.outcome is CellOutcome.REFUSED and cell.code == Code.NOT_UTF8


def add_options(command: Sequence[str], options: Sequence[str]) -> list[str]:
    """Add options to a command, before the files that follow `--`."""
    place = command.index("--") if "--" in command else len(command)
    return [*command[:place], *options, *command[place:]]


def _named(words: Iterable[OpenWord]) -> str:
    return name_some(quoted_or_blank(word.word) for word in words)


def _counting_word(cells: Iterable[Cell], read: AbstractSet[int]) -> str | None:
    """A word of a column whose rows count; None if there is none.

    Args:
        cells: the cells of the column with text, and those blank ones that refuse their rows.
        read: the rows that are not ignored.
    """
    words = (cell.text.strip() for cell in cells if cell.code not in _NOT_COUNTING and cell.row in read)
    return next(filter(None, words), None)


def _is_open(cell: Cell) -> bool:
    return cell.outcome is CellOutcome.REFUSED and cell.code in _OPEN


def _open_words(cells: Iterable[Cell]) -> tuple[OpenWord, ...]:
    rows: dict[str, list[int]] = {}
    for cell in cells:
        rows.setdefault(cell.text.strip(), []).append(cell.row)
    words = [OpenWord(word, len(numbers), tuple(numbers[:_FIRST_ROWS])) for word, numbers in rows.items()]
    return tuple(sorted(words, key=lambda word: -word.rows))
