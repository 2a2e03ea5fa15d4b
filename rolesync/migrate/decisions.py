"""The words of a migration about which the user must decide, once for each column instead of once for each row."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from rolesync.migrate.ledger import Cell, CellLedger, CellOutcome, CellReason, Place, TableLedger
from rolesync.model.findings import NAMED, Code, name_some, quoted, quoted_or_blank
from rolesync.reader.column_words import ColumnKind, header_meaning
from rolesync.reader.dates import is_date

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
        counting: the words that options must name so that the other rows of the column count as before: usually the
            first word whose rows count, otherwise all such words. "" is a blank cell, which is the last.
        blank_counts: whether rows with a blank cell count; they no longer do once an option names words without it.
        named_only: whether, once an option names words, no other word of the column counts.
    """

    place: Place
    column: str
    words: tuple[OpenWord, ...]
    counting: tuple[str, ...]
    blank_counts: bool
    named_only: bool

    @property
    def words_to_count(self) -> tuple[OpenWord, ...]:
        """The words to count: where no row counts without them, the most frequent; never days, which are not words."""
        return self.words if self.counting or self._holds_days else self.words[:1]

    @property
    def options_to_count(self) -> list[str]:
        """The options by which the rows with `words_to_count` count; for many words, all rows do."""
        words = [word.word for word in self.words_to_count]
        if self.named_only or self._holds_moments or self._holds_days or not _can_be_kept(words):
            return ["--ignore-column", self.column]
        return self._keep([*words, *([""] if self.blank_counts else [])])

    @property
    def _holds_moments(self) -> bool:
        """Whether the column holds times and no words, which show nothing about whether the user counts."""
        return not self.counting and all(_MOMENT.match(word.word) for word in self.words)

    @property
    def _holds_days(self) -> bool:
        """Whether no row counts, and all words are days: one of them is no better than the others."""
        return not self.counting and all(is_date(word.word) for word in self.words)

    @property
    def options_to_leave_out(self) -> list[str]:
        """The options by which the rows don't count; empty if none would be left, or too many words must be named."""
        if self._holds_moments:
            return ["--ignore-column", self.column]
        return self._keep(self.counting) if _can_be_kept(self.counting) else []

    @property
    def options_for_words_alone(self) -> list[str]:
        """The options by which rows with a blank cell don't count either, if a blank shows nothing about the user."""
        if not self.asks_about_blanks:
            return self.options_to_leave_out
        return self._keep([word for word in self.counting if word])

    @property
    def asks_about_blanks(self) -> bool:
        """Whether rows with a blank cell count, although the column should be filled for each user."""
        meaning = header_meaning(self.column)
        says_of_each = meaning is not None and meaning.kind in _SAYING_OF_EACH
        return says_of_each and self.blank_counts and any(self.counting) and bool(self.options_to_leave_out)

    def _keep(self, words: Iterable[str]) -> list[str]:
        return [text for word in words for text in ("--keep", f"{self.column}={word}")]


def _can_be_kept(words: Collection[str]) -> bool:
    """Whether options can name these words: they are few, and `--keep` ends a column at the last `=`."""
    return len(words) <= NAMED and not any("=" in word for word in words)


def find_decisions(ledger: CellLedger) -> list[Decision]:
    """Find the columns about which the user must decide."""
    decisions: list[Decision] = []
    blanks: set[str] = set()  # columns whose blank cells count, in any table
    for table in ledger.tables:
        open_cells = [cell for cell in (*table.cells, *table.refused_blanks) if _is_open(cell)]
        for column in sorted({cell.column for cell in open_cells}):
            header, named_only = table.header[column].strip(), column in table.named_only
            words = _open_words(cell for cell in open_cells if cell.column == column)
            counting, blank_counts = _counting_words(table, column)
            blanks |= {header} if blank_counts else set()
            if named_only:  # an option is about all tables
                places = [(other, at) for other in ledger.tables for at in _places(other, header)]
                counting = [word for other, at in places for word in _counting_words(other, at)[0]]
            counting = list(dict.fromkeys(counting)) if named_only else counting[:1]
            decisions.append(Decision(table.place, header, words, tuple(counting), blank_counts, named_only))
    return [
        decision._replace(blank_counts=True, counting=(*decision.counting, ""))
        if decision.column in blanks
        else decision
        for decision in decisions
    ]


def _places(table: TableLedger, header: str) -> list[int]:
    return [at for at, text in enumerate(table.header) if text.strip() == header]


def decision_commands(command: Sequence[str], decisions: Sequence[Decision]) -> list[tuple[str, list[str]]]:
    """The commands that decide, each with its purpose; the first one gives the fewest users a role.

    Args:
        command: the words of the command that was refused.
        decisions: the columns about which the user must decide.
    """
    counting = [text for decision in decisions for text in decision.options_to_count]
    leaving_out = [text for decision in decisions for text in decision.options_to_leave_out]
    words = _named(word for decision in decisions for word in decision.words)
    counted_words = _named(word for decision in decisions for word in decision.words_to_count)
    columns = " and ".join(dict.fromkeys(quoted(entry.column) for entry in decisions if entry.asks_about_blanks))
    count_blanks = f", and count rows with a blank cell in {columns}" if columns else ""
    commands = [(f"count rows with {counted_words}{count_blanks}", add_options(command, counting))] if counting else []
    if not all(decision.options_to_leave_out for decision in decisions):
        if all(decision.counting for decision in decisions):
            purpose = f"leave out rows with {words}, and the rows of all other refused cells (exits 5)"
            commands.insert(0, (purpose, add_options(command, ["--partial"])))
    elif leaving_out:
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
    encoding = needed_encoding(ledger)
    if not encoding:
        return decided
    options, purpose = ["--encoding", encoding], describe_encoding(encoding)
    if not decided:
        return [(purpose, add_options(command, options))]
    return [(f"{text}, and {purpose}", add_options(words, options)) for text, words in decided]


def needed_encoding(ledger: CellLedger) -> str:
    """The guessed encoding on which a refused cell depends; "" if there is none, or several."""
    guesses = {table.guess for table in ledger.tables if any(_depends_on_guess(cell) for cell in table.cells)} - {""}
    return guesses.pop() if len(guesses) == 1 else ""


def describe_encoding(encoding: str) -> str:
    """What naming the encoding does, for the purpose of a command."""
    return f"read the file as {encoding}, if the texts above are then right"


def undecided_cells(ledger: CellLedger) -> list[Cell]:
    """The refused cells about which no command of `commands_to_go_on` decides."""
    return [cell for _, cell in ledger.refused() if not (_is_open(cell) or _depends_on_guess(cell))]


def _depends_on_guess(cell: Cell) -> bool:
    return cell.outcome is CellOutcome.REFUSED and cell.code == Code.NOT_UTF8


def add_options(command: Sequence[str], options: Sequence[str]) -> list[str]:
    """Add options to a command, before the files that follow `--`."""
    place = command.index("--") if "--" in command else len(command)
    return [*command[:place], *options, *command[place:]]


def _named(words: Iterable[OpenWord]) -> str:
    return name_some(quoted_or_blank(word.word) for word in words)


def _counting_words(table: TableLedger, column: int) -> tuple[list[str], bool]:
    """The words of a column whose rows count, and whether rows with a blank cell do."""
    read = {cell.row for cell in table.cells if cell.outcome is not CellOutcome.IGNORED}
    cells = [cell for cell in (*table.cells, *table.refused_blanks) if cell.column == column]
    words = (cell.text.strip() for cell in cells if cell.code not in _NOT_COUNTING and cell.row in read)
    return list(dict.fromkeys(filter(None, words))), not read <= {cell.row for cell in cells}


def _is_open(cell: Cell) -> bool:
    return cell.outcome is CellOutcome.REFUSED and cell.code in _OPEN


def _open_words(cells: Iterable[Cell]) -> tuple[OpenWord, ...]:
    rows: dict[str, list[int]] = {}
    for cell in cells:
        rows.setdefault(cell.text.strip(), []).append(cell.row)
    words = [OpenWord(word, len(numbers), tuple(numbers[:_FIRST_ROWS])) for word, numbers in rows.items()]
    return tuple(sorted(words, key=lambda word: -word.rows))
