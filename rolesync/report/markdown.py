"""A plan or a run as Markdown, for pull requests and tickets.

All text from elsewhere is in code spans, where nothing is read as markup, HTML, a link, a mention or an issue number.
The two characters that could end a span or a table cell are escaped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from rolesync.model.plans import Plan
from rolesync.model.run_report import RunReport
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.plan_summary import UNNAMED_PLAN, NextCommands, headline, next_step, requests_rows, summary
from rolesync.report.content.plan_tables import (
    changes_table,
    drift_table,
    findings_table,
    guards_table,
    held_table,
    roles_table,
)
from rolesync.report.content.run_summary import run_content
from rolesync.report.content.table import TAGS, Kind, Table, cell_text
from rolesync.report.content.text import SENTENCE_LIMIT, escape_for_display, plural

LIMIT = 65_000
"""Characters of the document, below the 65,536 that code hosts accept in a comment."""

_CODE_LIMIT = 300
"""Characters of one code span in a table, escapes included, so that a hostile text can't crowd out the others.

Sentences may have `SENTENCE_LIMIT`.
"""
_TICKS = re.compile("`+")

_HEAD_ROWS = 20
"""Most rows in the table of the roles, and as many guards; the space is for changes."""

_SHORTEST = 8
"""Characters of the shortest row, which bounds the number of rows to make."""

_RESERVE = 400
"""Characters reserved for the frame of each section: title, table head and note."""


def plan_markdown(plan: Plan, commands: NextCommands = UNNAMED_PLAN) -> str:
    """Render a plan, and what may come next, as GitHub-flavoured Markdown of fewer than `LIMIT` characters.

    Removals come first and take the space they need; a note in each section counts the rows left out.
    """
    tables = (
        changes_table(plan, Action.REMOVE),
        changes_table(plan, Action.ADD),
        held_table(plan),
        drift_table(plan.drift),
        findings_table(plan.findings),
    )
    non_empty = [table for table in tables if table.size]
    return _fitted(list(_head(plan, commands)), non_empty, "rolesync show PLAN --csv FILE", list(_last(plan)))


def run_markdown(report: RunReport) -> str:
    """Render a past run as Markdown, with the same limit."""
    content = run_content(report)
    word, sentence = content.headline
    facts = ((f"**{label}**", _code(value, SENTENCE_LIMIT)) for label, value in content.facts)
    title = word if word.replace(" ", "").isalpha() else _code(word)
    head = [f"## rolesync run: {title}\n\n{_code(sentence)}\n", _table(("", ""), facts)]
    return _fitted(head, content.tables, "rolesync show RUN --csv FILE")


def _fitted(parts: list[str], tables: Sequence[Table], command: str, last: Sequence[str] = ()) -> str:
    """Return a document of `parts`, as many rows of each table as fit, and the `last` parts.

    `command` writes all rows to a file.
    """
    room = LIMIT - sum(len(part) + 1 for part in (*parts, *last))
    for tables_after, table in zip(reversed(range(len(tables))), tables, strict=True):
        part = _details(table, room - _RESERVE * (tables_after + 1), command)
        parts.append(part)
        room -= len(part) + 1
    return "\n".join([*parts, *last])


def _head(plan: Plan, commands: NextCommands) -> Iterator[str]:
    """Yield what a reviewer needs first: the verdict, the next step, the roles, and the guards that did not pass."""
    title, sentence = headline(plan)
    yield f"## rolesync plan: {title}\n\n{_code(sentence)}\n"
    step, command = next_step(plan, commands)
    yield f"{_code(step, SENTENCE_LIMIT)}\n"
    if command:
        yield "```\n" + " \\\n  ".join(command) + "\n```\n"
    roles, guards = roles_table(plan), guards_table(plan)
    yield _table(_titles(roles), _rows(roles, _HEAD_ROWS))
    if not_passed := [guard for guard in guards.rows(_HEAD_ROWS) if guard.status != VerdictStatus.PASS]:
        yield _table(_titles(guards), _rows(replace(guards, rows=partial(islice, not_passed))))
    left_out = [plural(max(0, table.size - _HEAD_ROWS), noun) for table, noun in ((roles, "role"), (guards, "guard"))]
    if max(roles.size, guards.size) > _HEAD_ROWS:
        yield f"Left out here: {' and '.join(left_out)}.\n"


def _last(plan: Plan) -> Iterator[str]:
    """Yield what is folded away after the changes: the guards that passed, and the facts of the plan."""
    guards = guards_table(plan)
    if passed := [guard for guard in guards.rows(_HEAD_ROWS) if guard.status == VerdictStatus.PASS]:
        number = sum(guard.status == VerdictStatus.PASS for guard in guards.rows(None))  # also those left out
        inner = _table(_titles(guards), _rows(replace(guards, rows=partial(islice, passed))))
        yield _folded(f"{plural(number, 'guard')} passed", inner)
    facts = [*summary(plan), *requests_rows(plan.requests), ("digest", escape_for_display(plan.digest))]
    yield _folded("About this plan", _table(("", ""), ((f"**{label}**", _code(value)) for label, value in facts)))


def _folded(title: str, inner: str) -> str:
    """Fold a part away. GitHub and GitLab both keep these two elements, and need the blank lines."""
    return f"<details><summary>{title}</summary>\n\n{inner}\n</details>\n"


def _details(table: Table, room: int, command: str) -> str:
    """Render a table as a section to unfold: the rows that fit into `room` characters, and a note on the others."""
    lines: list[str] = []
    for line in map(_line, _rows(table, LIMIT // _SHORTEST)):
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    left_out = table.size - len(lines)
    frame = [f"<details><summary>{table.title}</summary>\n", *_table_head(_titles(table)), *lines]
    if left_out:
        frame.append(f"\n{plural(left_out, 'row')} left out here for lack of space; `{command}` writes all rows.")
    return "\n".join([*frame, "\n</details>\n"])


def _titles(table: Table) -> list[str]:
    return [column.title for column in table.narrow_columns]


def _rows(table: Table, limit: int | None = None) -> Iterator[list[str]]:
    return table.narrow_rows(_cell, lambda cell, note: f"{cell}<br>{note}" if note else cell, limit)


def _cell(kind: Kind, value: Any) -> str:  # noqa: ANN401  # by kind
    text = cell_text(kind, value)
    if kind is Kind.TAG and value in TAGS:
        return f"**{text}**"
    if kind in {Kind.NUMBER, Kind.COUNT}:
        return text
    return _code(text, SENTENCE_LIMIT if kind is Kind.SENTENCE else _CODE_LIMIT)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([*_table_head(columns), *map(_line, rows), ""])


def _table_head(columns: Sequence[str]) -> tuple[str, str]:
    return _line(columns), _line(("---",) * len(columns))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str, limit: int = _CODE_LIMIT) -> str:
    code = text.replace("|", r"\x7c").strip()
    if not code:
        return ""
    code = f"{code[:limit]}…" if len(code) > limit else code
    if "`" not in code:
        return f"`{code}`"
    fence = "`" * (max(map(len, _TICKS.findall(code))) + 1)  # code ends at as many backticks as it begins with
    return f"{fence} {code} {fence}"
