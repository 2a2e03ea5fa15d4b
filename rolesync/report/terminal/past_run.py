"""A past run in the terminal, as the record tells it."""

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.run_report import RunReport
from rolesync.report.content.plan_rows import SIGNS
from rolesync.report.content.run_summary import run_facts, run_headline, run_sections
from rolesync.report.content.text import SENTENCE_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import STYLES, banner, column, heading, note, pairs, table, words

_STYLES = {"complete": "green", "planned": "blue", "empty": "blue"}
_NUMBERS = {"row", "holders"}


def run_report_view(told: RunReport, *, limit: int | None) -> RenderableType:
    """Show a run; at most `limit` rows of each list, None for all."""
    word, sentence = run_headline(told)
    parts: list[RenderableType] = [
        pairs(run_facts(told)),
        Text(),
        banner(word, escape_for_display(sentence, SENTENCE_LIMIT), _STYLES.get(told.summary.status, "red")),
    ]
    for section in run_sections(told):
        rows = section.rows[:limit]
        columns = [column(title, right=title in _NUMBERS) for title in section.columns]
        parts += [heading(section.title), table(columns, ((_coloured(first), *rest) for first, *rest in rows))]
        if len(rows) < len(section.rows):
            parts.append(note(f"… and {len(section.rows) - len(rows):,} more; add `--all` to see all of them."))
    return Group(*parts)


def _coloured(text: str) -> Text:
    """Give a change its colour, as in `+ add Admin`; anything else has none."""
    sign, _, rest = text.partition(" ")
    action = rest.partition(" ")[0]
    return words(text, STYLES.get(action, "") if SIGNS.get(action) == sign else "")
