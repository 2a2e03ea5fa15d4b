"""A plan in the terminal: what it is, whether it may be applied, and what it would change."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.plan_rows import (
    SIGNS,
    ChangeRow,
    FindingRow,
    change_rows,
    finding_rows,
    guard_rows,
    held_rows,
)
from rolesync.report.content.plan_summary import (
    SHORT_DIGEST,
    headline,
    level_counts,
    next_step,
    passes,
    requests_rows,
    summary,
    totals,
)
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, plural, row_text
from rolesync.report.terminal.drift import drift_view
from rolesync.report.terminal.widgets import STYLES, banner, column, heading, lines, note, pairs, table, word, words

_BANNERS = {"blocked": "red", "ready": "green", "empty": "blue"}


def plan_view(plan: Plan, *, limit: int | None, command: str = "rolesync apply PLAN") -> RenderableType:
    """Show a plan.

    Args:
        plan: the plan, blocked or not.
        limit: at most so many rows of each list; None for all. Rows beyond it are not even built.
        command: what applies this plan; "" where that happens at once.
    """
    title, sentence = headline(plan)
    return Group(
        pairs(summary(plan)),
        *_roles(plan),
        *_guards(plan),
        Text(),
        banner(title, sentence, _BANNERS[plan.status]),
        *_changes(plan, limit),
        *_held(plan, limit),
        *drift_view(plan.drift, limit),
        *_findings(plan),
        Text(),
        pairs(
            [
                *requests_rows(plan.requests),
                ("digest", f"{escape_for_display(plan.digest[:SHORT_DIGEST])}, in full:"),
                ("", escape_for_display(plan.digest, CELL_LIMIT)),
            ],
        ),
        *_next(plan, command),
    )


def _roles(plan: Plan) -> Iterator[RenderableType]:
    yield heading("Holders of the managed roles")
    yield table(
        [column("role"), *(column(title, right=True, whole=True) for title in ("before", "add", "remove", "after"))],
        (
            (
                escape_for_display(role.role, CELL_LIMIT),
                f"{role.before:,}",
                words(f"+{role.additions:,}", STYLES["add"] if role.additions else ""),
                words(f"-{role.removals:,}", STYLES["remove"] if role.removals else ""),
                f"{role.after:,}",
            )
            for role in plan.roles
        ),
    )


def _guards(plan: Plan) -> Iterator[RenderableType]:
    guards = guard_rows(plan)
    yield heading("Guards")
    for guard in guards:
        if guard.status != VerdictStatus.PASS:
            line = Text.assemble(words(guard.status.upper(), STYLES[guard.status]), "  ", words(guard.text, "bold"))
            yield note(line)
            yield note(guard.message, indent=4)
    if passed := passes(guards):
        yield note(passed)


def _changes(plan: Plan, limit: int | None) -> Iterator[RenderableType]:
    if not len(plan.changes):
        return
    yield heading(f"Changes: {totals(plan)}")
    yield table(
        [
            column("action", whole=True),
            column("person"),
            column("role"),
            column("reason"),
            column("row", right=True, whole=True),
        ],
        (
            (_signed(row), lines(row.person, row.impact), row.role, row.sentence, row_text(row.row))
            for row in _removals_first(plan, limit)
        ),
    )
    yield from _rest(len(plan.changes), limit, "change")


def _removals_first(plan: Plan, limit: int | None) -> Iterator[ChangeRow]:
    shown = 0
    for row in change_rows(plan, Action.REMOVE, most=limit):
        shown += 1
        yield row
    yield from change_rows(plan, Action.ADD, most=None if limit is None else limit - shown)


def _signed(row: ChangeRow) -> Text:
    return words(f"{SIGNS.get(row.action, '?')} {row.action}", STYLES.get(row.action, ""))


def _held(plan: Plan, limit: int | None) -> Iterator[RenderableType]:
    if not len(plan.held):
        return
    yield heading(f"Held, so not done: {plural(len(plan.held), 'row')}")
    yield table(
        [
            column("would", whole=True),
            column("person"),
            column("role"),
            column("why not"),
            column("row", right=True, whole=True),
        ],
        (
            (
                row.action,
                lines(row.person, row.impact),
                row.role,
                row.detail or row.reason.replace("_", " "),
                row_text(row.row),
            )
            for row in held_rows(plan, most=limit)
        ),
    )
    yield from _rest(len(plan.held), limit, "held row")


def _findings(plan: Plan) -> Iterator[RenderableType]:
    if not plan.findings:
        return
    yield heading(f"Findings in the list: {level_counts(plan.findings)}")
    numbers = Counter((finding.level.value, finding.code) for finding in plan.findings)
    first: dict[tuple[str, str], FindingRow] = {}
    for finding in plan.findings:
        if (finding.level.value, finding.code) not in first:
            first[finding.level.value, finding.code] = next(finding_rows([finding]))
    yield table(
        [column("level", whole=True), column("number", right=True, whole=True), column("the first of them")],
        (
            (word(level), f"{numbers[level, code]:,}", f"{row.row and f'row {row.row}: '}{row.message}")
            for (level, code), row in first.items()
        ),
    )


def _rest(total: int, limit: int | None, noun: str) -> Iterator[RenderableType]:
    if limit is not None and total > limit:
        yield note(f"… and {plural(total - limit, f'more {noun}')}; add `--all` to see all of them.")


def _next(plan: Plan, command: str) -> Iterator[RenderableType]:
    sentence, words_of_it = next_step(plan, command)
    yield heading(sentence)
    if words_of_it:
        yield note(" \\\n  ".join(words_of_it))
