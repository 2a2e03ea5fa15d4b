"""The words of a migration about which the user must decide, once for each column instead of once for each row."""

import re
from collections.abc import Iterable, Sequence, Set as AbstractSet
from typing import NamedTuple

from rolesync.migrate.ledger import Cell, CellLedger, CellOutcome, CellReason, Place
from rolesync.model.findings import NAMED, Code, name_some, quoted

_OPEN = (CellReason.DECISION_NEEDED, CellReason.WORD_UNKNOWN, Code.ACTION_UNKNOWN)
"""Why such a cell is refused."""

_NOT_COUNTING = (*_OPEN, CellReason.HEADER, CellReason.TITLE, CellReason.ROW_DROPPED, CellReason.EXAMPLE_ROW)
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
    """

    place: Place
    column: str
    words: tuple[OpenWord, ...]
    counting: str | None

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
        return [text for word in words for text in ("--keep", f"{self.column}={word.word}")]

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
        return ["--keep", f"{self.column}={self.counting}"]


def find_decisions(ledger: CellLedger) -> list[Decision]:
    """Find the columns about which the user must decide."""
    decisions: list[Decision] = []
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
            counting = _counting_word(cells, read)
            decisions.append(Decision(table.place, table.header[column].strip(), words, counting))
    return decisions


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
    commands = [(f"count rows with {counted}", add_options(command, counting))] if counting else []
    if leaving_out and all(decision.options_to_leave_out for decision in decisions):
        commands.insert(0, (f"leave out rows with {words}", add_options(command, leaving_out)))
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
    return name_some(quoted(word.word) if word.word else "a blank cell" for word in words)


def _counting_word(cells: Sequence[Cell], read: AbstractSet[int]) -> str | None:
    """A word of a column whose rows count, "" if it is a blank cell; None if there is none.

    Args:
        cells: the cells of the column with text, and those blank ones that refuse their rows.
        read: the rows that are not ignored.
    """
    word = next((cell.text.strip() for cell in cells if cell.text.strip() and cell.code not in _NOT_COUNTING), None)
    return "" if word is None and not read <= {cell.row for cell in cells} else word


def _is_open(cell: Cell) -> bool:
    return cell.outcome is CellOutcome.REFUSED and cell.code in _OPEN


def _open_words(cells: Iterable[Cell]) -> tuple[OpenWord, ...]:
    rows: dict[str, list[int]] = {}
    for cell in cells:
        rows.setdefault(cell.text.strip(), []).append(cell.row)
    words = [OpenWord(word, len(numbers), tuple(numbers[:_FIRST_ROWS])) for word, numbers in rows.items()]
    return tuple(sorted(words, key=lambda word: -word.rows))
