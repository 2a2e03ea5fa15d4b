"""The words of a migration about which the user must decide, once for each column instead of once for each row."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rolesync.migrate.ledger import Cell, CellLedger, CellOutcome, CellReason, Place
from rolesync.model.findings import Code, name_some, quoted

_OPEN = (CellReason.DECISION_NEEDED, CellReason.WORD_UNKNOWN, Code.ACTION_UNKNOWN)
"""Why such a cell is refused."""

_NOT_COUNTING = (*_OPEN, CellReason.HEADER, CellReason.TITLE, CellReason.ROW_DROPPED, CellReason.EXAMPLE_ROW)
_FIRST_ROWS = 3


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
        counting: a word of the column whose rows count; "" if there is none.
    """

    place: Place
    column: str
    words: tuple[OpenWord, ...]
    counting: str

    @property
    def options_to_count(self) -> list[str]:
        """The options by which the rows count; where no row counts without them, those with the most frequent word."""
        words = self.words if self.counting else self.words[:1]
        return [text for word in words for text in ("--keep", f"{self.column}={word.word}")]

    @property
    def options_to_leave_out(self) -> list[str]:
        """The options by which the rows don't count; empty if none would be left."""
        return ["--keep", f"{self.column}={self.counting}"] if self.counting else []


def find_decisions(ledger: CellLedger) -> list[Decision]:
    """Find the columns about which the user must decide."""
    decisions: list[Decision] = []
    for table in ledger.tables:
        columns: dict[int, list[Cell]] = {cell.column: [] for cell in table.cells if _is_open(cell)}
        for cell in table.cells:
            if cell.column in columns:
                columns[cell.column].append(cell)
        for column, cells in sorted(columns.items()):
            counting = next((cell.text.strip() for cell in cells if cell.code not in _NOT_COUNTING), "")
            words = _open_words(cell for cell in cells if _is_open(cell))
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
    words = name_some(quoted(word.word) for decision in decisions for word in decision.words)
    commands = [(f"count rows with {words}", add_options(command, counting))] if counting else []
    if leaving_out and all(decision.counting for decision in decisions):
        commands.insert(0, (f"leave out rows with {words}", add_options(command, leaving_out)))
    return commands


def add_options(command: Sequence[str], options: Sequence[str]) -> list[str]:
    """Add options to a command, before the files that follow `--`."""
    place = command.index("--") if "--" in command else len(command)
    return [*command[:place], *options, *command[place:]]


def _is_open(cell: Cell) -> bool:
    return cell.outcome is CellOutcome.REFUSED and cell.code in _OPEN


def _open_words(cells: Iterable[Cell]) -> tuple[OpenWord, ...]:
    rows: dict[str, list[int]] = {}
    for cell in cells:
        rows.setdefault(cell.text.strip(), []).append(cell.row)
    words = [OpenWord(word, len(numbers), tuple(numbers[:_FIRST_ROWS])) for word, numbers in rows.items()]
    return tuple(sorted(words, key=lambda word: -word.rows))
