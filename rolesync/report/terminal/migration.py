"""A migration in the terminal: the result, the cells by outcome, and what needs a look."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from rolesync.migrate.ledger import Cell, CellOutcome, Place, TableLedger
from rolesync.migrate.migrate import Migration
from rolesync.migrate.similar_users import Suggestion
from rolesync.report.content.text import escape_for_display, format_user, plural
from rolesync.report.terminal.widgets import banner, column, command_line, heading, note, pairs, table, words

_FIRST_CELLS = 3  # cells with the same reason that are named
SHOWN = 20  # refused cells and unknown users that are shown without --all


def migration_view(
    migration: Migration,
    suggestions: Sequence[Suggestion] | None,
    written: Sequence[str],
    commands: Sequence[tuple[str, str]] = (),
    *,
    show_all: bool = False,
) -> RenderableType:
    """Show the result of a migration, its cells by outcome, and what needs a look.

    Args:
        migration: the migration.
        suggestions: users who are not in Studio; None if no user was looked up.
        written: sentences about the files that were written.
        commands: what to do next, each with its purpose.
        show_all: show every row.
    """
    limit = None if show_all else SHOWN
    return Group(*_parts(migration, suggestions, written, limit), *_next_commands(commands))


def _next_commands(commands: Sequence[tuple[str, str]]) -> Iterator[RenderableType]:
    for purpose, command in commands:
        yield words(f"\nTo {purpose}:")
        yield command_line(escape_for_display(command))


def _parts(
    migration: Migration, suggestions: Sequence[Suggestion] | None, written: Sequence[str], limit: int | None
) -> Iterator[RenderableType]:
    outcomes = migration.ledger.count_outcomes()
    refused = list(migration.ledger.refused())
    if refused:
        rows = len({(source.place, cell.row) for source, cell in refused})
        sentence = f"{plural(len(refused), 'cell')} refused, so {plural(rows, 'row')} left out"
        yield banner("INCOMPLETE", sentence, "red")
    elif not migration.assignments:
        yield banner("EMPTY", "no user gets a managed role", "yellow")
    else:
        yield banner("COMPLETE", "every cell is accounted for", "green")
    roles = Counter(role for role, _ in {(row.role, row.user_id or row.email) for row in migration.assignments})
    yield pairs([(escape_for_display(role), plural(number, "user")) for role, number in sorted(roles.items())])
    if migration.recipe.preset:
        recipe = migration.recipe
        yield note(f"Read as {recipe.preset}. {recipe.title} gives {recipe.gives}; it {recipe.lacks}.")
        if not recipe.confirmed:
            yield note("Not all headers and words of this export are confirmed: check the result.", "yellow")
    yield heading("Cells")
    numbers = {outcome.value: number for outcome, number in outcomes.items()} | {"all": len(migration.ledger)}
    yield pairs((outcome, f"{number:,}") for outcome, number in numbers.items())
    reasons = [total for total in migration.ledger.totals() if total.outcome is not CellOutcome.ASSIGNMENT]
    if reasons:
        yield heading("Reasons")
        yield table(
            [
                column("outcome", whole=True),
                column("code"),
                column("cells", right=True),
                column("first"),
                column("reason"),
            ],
            (
                (
                    total.outcome.value,
                    total.code.replace("_", " "),
                    f"{total.cells:,}",
                    escape_for_display(total.example, 60),
                    escape_for_display(total.detail, 200),
                )
                for total in reasons
            ),
        )
    yield from _refused(refused, limit)
    if migration.findings:
        yield heading("Findings")
        for place, finding in migration.findings[:limit]:
            yield note(f"{escape_for_display(place.file, 60)}: {escape_for_display(finding.message, 300)}")
    if suggestions is not None:
        yield from _unknown(suggestions, limit)
    for sentence in written:
        yield words(f"\n{sentence}")


def _refused(refused: Sequence[tuple[TableLedger, Cell]], limit: int | None) -> Iterator[RenderableType]:
    """The refused cells; those with the same reason once, with their number and the first of them."""
    if not refused:
        return
    reasons: dict[tuple[Place, str], list[Cell]] = {}
    for source, cell in refused:
        reasons.setdefault((source.place, cell.detail), []).append(cell)
    yield heading("Refused")
    yield table(
        [column("cell"), column("reason")],
        (
            (f"{escape_for_display(place.file, 60)} {_addresses(cells)}", escape_for_display(detail, 400))
            for (place, detail), cells in list(reasons.items())[:limit]
        ),
    )
    if limit is not None and len(reasons) > limit:
        left_out = sum(len(cells) for cells in list(reasons.values())[limit:])
        yield note(f"… and {plural(left_out, 'more cell')}; `--all` or `--account FILE` shows all.", "dim")


def _addresses(cells: Sequence[Cell]) -> str:
    suffix = f" and {len(cells) - _FIRST_CELLS:,} more" if len(cells) > _FIRST_CELLS else ""
    return ", ".join(cell.address for cell in cells[:_FIRST_CELLS]) + suffix


def _unknown(suggestions: Sequence[Suggestion], limit: int | None) -> Iterator[RenderableType]:
    yield heading(f"Not in Studio: {len(suggestions):,}")
    for suggestion in suggestions[:limit]:
        missing = format_user(suggestion.missing.name, suggestion.missing.email, suggestion.missing.user_id)
        yield note(f"{missing}, {suggestion.missing.place.row(suggestion.missing.row)}")
        for candidate in suggestion.candidates:
            user = format_user(candidate.name, candidate.email, candidate.user_id)
            yield note(f"perhaps {user}: {candidate.why}", "dim", indent=4)
    if limit is not None and len(suggestions) > limit:
        yield note(f"… and {plural(len(suggestions) - limit, 'more user')}; `--all` shows all.", "dim")
    if any(suggestion.candidates for suggestion in suggestions):
        yield note("Suggestions are not applied. Where one is right, correct the source.", "dim")
