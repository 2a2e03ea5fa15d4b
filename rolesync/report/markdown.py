"""A plan, or a run, as Markdown, for pull requests and tickets.

All text that may come from elsewhere stands in code spans: nothing inside them is read as markup, HTML, a link, a
mention or an issue number. The two characters that could end a span or a table cell are shown as escapes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rolesync.model.plans import Plan
from rolesync.model.run_report import RunReport
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.plan_rows import (
    ChangeRow,
    GuardRow,
    HeldRow,
    change_rows,
    drift_rows,
    finding_rows,
    guard_rows,
    held_rows,
)
from rolesync.report.content.plan_summary import headline, level_counts, next_step, number_of, requests_rows, summary
from rolesync.report.content.run_summary import run_facts, run_headline, run_sections
from rolesync.report.content.text import SENTENCE_LIMIT, escape_for_display, plural, row_text

LIMIT = 65_000
"""Characters of the whole, somewhat below the 65,536 that code hosts take in one comment."""

_CODE_LIMIT = 300
"""Characters of one code span; escapes are counted, so that a hostile text can't crowd out the others."""

_SETTINGS_LIMIT = 20
"""At most so many roles and guards; they are settings, and the room is for people."""

_GUARDS = ("guard", "verdict", "what it says")

_RESERVE = 400
"""Characters kept free for each section's own frame: its title, its table's head and its note."""


class _Section(NamedTuple):
    title: str
    size: int
    columns: tuple[str, ...]
    rows: Iterable[tuple[str, ...]]


def plan_markdown(plan: Plan) -> str:
    """Render a plan as GitHub-flavoured Markdown of fewer than `LIMIT` characters.

    Removals come first and take the room they need; a note in each section says how much no longer fits.
    """
    sections = [section for section in _sections(plan) if section.size]
    return _fitted(list(_head(plan)), sections, "rolesync show PLAN --csv FILE")


def run_markdown(told: RunReport) -> str:
    """Render a past run likewise."""
    word, sentence = run_headline(told)
    facts = ((f"**{label}**", _code(value, SENTENCE_LIMIT)) for label, value in run_facts(told))
    title = word if word.replace(" ", "").isalpha() else _code(word)
    head = [f"## rolesync run: {title}\n\n{_code(sentence)}\n", _table(("", ""), facts)]
    sections = [
        _Section(one.title, len(one.rows), one.columns, (tuple(map(_code, row)) for row in one.rows))
        for one in run_sections(told)
    ]
    return _fitted(head, sections, "rolesync show RUN --csv FILE")


def _fitted(parts: list[str], sections: Sequence[_Section], whole: str) -> str:
    """Add as much of each section as there is room for; `whole` is the command that writes all of them."""
    room = LIMIT - sum(len(part) + 1 for part in parts)
    for later, section in zip(reversed(range(len(sections))), sections, strict=True):
        part = _details(section, room - _RESERVE * (later + 1), whole)
        parts.append(part)
        room -= len(part) + 1
    return "\n".join(parts)


def _head(plan: Plan) -> Iterator[str]:
    title, sentence = headline(plan)
    yield f"## rolesync plan: {title}\n\n{_code(sentence)}\n"
    facts = [*summary(plan), *requests_rows(plan.requests), ("digest", escape_for_display(plan.digest))]
    yield _table(("", ""), ((f"**{label}**", _code(value)) for label, value in facts))
    roles = plan.roles[:_SETTINGS_LIMIT]
    yield _table(
        ("managed role", "before", "add", "remove", "after"),
        (
            (
                _code(escape_for_display(role.role)),
                f"{role.before:,}",
                f"+{role.additions:,}",
                f"-{role.removals:,}",
                f"{role.after:,}",
            )
            for role in roles
        ),
    )
    guards = guard_rows(plan)
    passed = [guard for guard in guards[:_SETTINGS_LIMIT] if guard.status == VerdictStatus.PASS]
    if others := [guard for guard in guards[:_SETTINGS_LIMIT] if guard.status != VerdictStatus.PASS]:
        yield _table(_GUARDS, map(_guard, others))
    if passed:
        frame = f"<details><summary>{plural(len(passed), 'guard')} passed</summary>\n"
        yield "\n".join([frame, _table(_GUARDS, map(_guard, passed)), "</details>\n"])
    left_out = (plural(len(plan.roles) - len(roles), "role"), plural(max(0, len(guards) - _SETTINGS_LIMIT), "guard"))
    if max(len(plan.roles), len(guards)) > _SETTINGS_LIMIT:
        yield f"Left out here: {' and '.join(left_out)}.\n"
    sentence, command = next_step(plan)
    yield f"{_code(sentence, SENTENCE_LIMIT)}\n"
    if command:
        yield "```\n" + " \\\n  ".join(command) + "\n```\n"


def _guard(guard: GuardRow) -> tuple[str, str, str]:
    return _code(guard.text), f"**{guard.status.upper()}**", _code(guard.message, SENTENCE_LIMIT)


def _sections(plan: Plan) -> Iterator[_Section]:
    for action, noun in ((Action.REMOVE, "removal"), (Action.ADD, "addition")):
        size = number_of(plan, action)
        rows = change_rows(plan, action)
        yield _Section(
            plural(size, noun),
            size,
            ("person", "role", "why", "row"),
            ((_who(row), _code(row.role), _code(row.sentence), row_text(row.row)) for row in rows),
        )
    yield _Section(
        f"{len(plan.held):,} held, so not done",
        len(plan.held),
        ("person", "would", "role", "why not", "row"),
        (
            (_who(row), _code(row.action), _code(row.role), _code(row.detail or row.reason), row_text(row.row))
            for row in held_rows(plan)
        ),
    )
    yield _Section(
        f"Changed outside rolesync: {len(plan.drift.changes):,}",
        len(plan.drift.changes),
        ("person", "was", "role"),
        ((_code(row.person), _code(row.action), _code(row.role)) for row in drift_rows(plan.drift)),
    )
    yield _Section(
        f"Findings in the list: {level_counts(plan.findings)}",
        len(plan.findings),
        ("level", "row", "column", "message"),
        (
            (row.level, row.row, _code(row.column), _code(row.message, SENTENCE_LIMIT))
            for row in finding_rows(plan.findings)
        ),
    )


def _who(row: ChangeRow | HeldRow) -> str:
    return f"{_code(row.person)}<br>{_code(row.impact)}" if row.impact else _code(row.person)


def _details(section: _Section, room: int, whole: str) -> str:
    lines: list[str] = []
    for line in map(_line, section.rows):
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    left_out = section.size - len(lines)
    frame = [f"<details><summary>{section.title}</summary>\n", *_table_head(section.columns), *lines]
    if left_out:
        frame.append(f"\n{plural(left_out, 'row')} left out here for lack of room; `{whole}` has all.")
    return "\n".join([*frame, "\n</details>\n"])


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join([*_table_head(columns), *map(_line, rows), ""])


def _table_head(columns: tuple[str, ...]) -> tuple[str, str]:
    return _line(columns), _line(("---",) * len(columns))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str, limit: int = _CODE_LIMIT) -> str:
    shown = text.replace("`", r"\x60").replace("|", r"\x7c").strip()
    if not shown:
        return ""
    return f"`{shown[:limit]}…`" if len(shown) > limit else f"`{shown}`"
