"""A past run in the terminal, as the record tells it."""

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.recorded import Told
from rolesync.report.terminal.pieces import banner, column, heading, note, pairs, table
from rolesync.report.text import SENTENCE_LIMIT, safe
from rolesync.report.told import told_facts, told_headline, told_sections

_STYLES = {"complete": "green", "planned": "blue", "empty": "blue"}


def told_view(told: Told, *, limit: int | None) -> RenderableType:
    """Show a run; at most `limit` rows of each list, None for all."""
    word, sentence = told_headline(told)
    parts: list[RenderableType] = [
        pairs(told_facts(told)),
        Text(),
        banner(word, safe(sentence, SENTENCE_LIMIT), _STYLES.get(told.summary.status, "red")),
    ]
    for section in told_sections(told):
        rows = section.rows[:limit]
        parts += [heading(section.title), table(list(map(column, section.columns)), rows)]
        if len(rows) < len(section.rows):
            parts.append(note(f"… and {len(section.rows) - len(rows):,} more; add `--all` to see all of them."))
    return Group(*parts)
