"""What a person sees of a migration in a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from rolesync.migrate.ledger import Cell, CellOutcome, TableLedger, column_name
from rolesync.migrate.migrate import Migration
from rolesync.migrate.suggestions import Suggestion
from rolesync.report.content.text import escape_for_display, person, plural
from rolesync.report.terminal.widgets import banner, column, heading, note, pairs, table, words

SHOWN = 20  # refused cells and people without an account that are shown unless all are asked for


def migration_view(
    made: Migration, suggestions: Sequence[Suggestion] | None, written: Sequence[str], *, show_all: bool = False
) -> RenderableType:
    """Show what came of the sources, what became of their cells, and what is to be looked at.

    Args:
        made: the migration.
        suggestions: people who aren't in Studio; None where nobody was looked up.
        written: sentences about the files that were written.
        show_all: everything, however long.
    """
    most = None if show_all else SHOWN
    return Group(*_parts(made, suggestions, written, most))


def _parts(
    made: Migration, suggestions: Sequence[Suggestion] | None, written: Sequence[str], most: int | None
) -> Iterator[RenderableType]:
    fates = made.ledger.count_outcomes()
    refused = list(made.ledger.refused())
    if refused:
        rows = len({(source.place, cell.row) for source, cell in refused})
        sentence = f"{plural(len(refused), 'cell')} can't be read, so {plural(rows, 'row')} give nothing"
        yield banner("INCOMPLETE", sentence, "red")
    elif not made.assignments:
        yield banner("EMPTY", "nobody gets a managed role", "yellow")
    else:
        yield banner("COMPLETE", "every cell is accounted for", "green")
    roles = Counter(role for role, _ in {(one.role, one.user_id or one.email) for one in made.assignments})
    yield pairs(
        [(escape_for_display(role), plural(number, "person", "people")) for role, number in sorted(roles.items())]
    )
    if made.recipe.preset:
        yield note(f"{made.recipe.title} gives {made.recipe.gives}; it {made.recipe.lacks}.")
    yield heading("Cells")
    yield pairs([(fate.value, f"{number:,}") for fate, number in fates.items()] + [("all", f"{len(made.ledger):,}")])
    reasons = [total for total in made.ledger.totals() if total.outcome is not CellOutcome.ASSIGNMENT]
    if reasons:
        yield heading("Why")
        yield table(
            [column("end", whole=True), column("why"), column("cells", right=True), column("first"), column("says")],
            (
                (
                    one.outcome.value,
                    one.code.replace("_", " "),
                    f"{one.cells:,}",
                    escape_for_display(one.example, 60),
                    escape_for_display(one.detail, 200),
                )
                for one in reasons
            ),
        )
    yield from _refused(refused, most)
    if made.findings:
        yield heading("Noticed")
        for place, finding in made.findings[:most]:
            yield note(f"{escape_for_display(place.file, 60)}: {escape_for_display(finding.message, 300)}")
    if suggestions is not None:
        yield from _unknown(suggestions, most)
    for sentence in written:
        yield words(f"\n{sentence}")


def _refused(refused: Sequence[tuple[TableLedger, Cell]], most: int | None) -> Iterator[RenderableType]:
    if refused:
        yield heading("Refused")
        yield table(
            [column("where"), column("says")],
            (
                (
                    f"{escape_for_display(source.place.file, 60)} {column_name(cell.column)}{cell.row}",
                    escape_for_display(cell.detail, 300),
                )
                for source, cell in refused[:most]
            ),
        )
        if most is not None and len(refused) > most:
            yield note(f"{len(refused) - most:,} more: --all, or --account FILE", "dim")


def _unknown(suggestions: Sequence[Suggestion], most: int | None) -> Iterator[RenderableType]:
    yield heading(f"Not in Studio: {len(suggestions):,}")
    for one in suggestions[:most]:
        missing = person(one.missing.name, one.missing.email, one.missing.user_id)
        yield note(f"{missing}, {one.missing.place.row(one.missing.row)}")
        for candidate in one.candidates:
            known = person(candidate.name, candidate.email, candidate.user_id)
            yield note(f"perhaps {known}: {candidate.why}", "dim", indent=4)
    if most is not None and len(suggestions) > most:
        yield note(f"{len(suggestions) - most:,} more: --all", "dim")
    if any(one.candidates for one in suggestions):
        yield note("Suggestions are not applied: correct the source where one is right.", "dim")
