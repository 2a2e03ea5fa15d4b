"""An access review in the terminal: the holders of each role, those who are unclear or lost it, and what is known."""

from rich.console import Group, RenderableType

from rolesync.model.who import AccessReview
from rolesync.report.content.text import SENTENCE_LIMIT, escape_for_display
from rolesync.report.content.who import who_facts, who_headline, who_tables
from rolesync.report.terminal.widgets import banner, heading, pairs, table_view


def who_view(review: AccessReview, *, limit: int | None = None) -> RenderableType:
    """Show an access review, at most `limit` rows of each table; None for all."""
    word, sentence = who_headline(review)
    style = "red" if review.broken else "blue"
    return Group(
        banner(word, escape_for_display(sentence, SENTENCE_LIMIT), style),
        *(part for table in who_tables(review) for part in table_view(table, limit)),
        heading("What is known"),
        pairs(who_facts(review)),
    )
