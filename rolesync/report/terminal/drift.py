"""What others have changed, in the terminal: the same for a plan and for a run."""

from collections.abc import Iterator

from rich.console import RenderableType

from rolesync.model.plans import Drift
from rolesync.report.content.plan_rows import SIGNS, drift_rows
from rolesync.report.content.plan_summary import drift_text
from rolesync.report.content.text import plural
from rolesync.report.terminal.widgets import STYLES, column, heading, note, table, words


def drift_view(drift: Drift, limit: int | None) -> Iterator[RenderableType]:
    """Show who has gained or lost a managed role outside rolesync, at most `limit` of them, if anybody has."""
    total = len(drift.changes)
    if not total:
        return
    yield heading(f"Changed outside rolesync: {drift_text(drift)}")
    yield table(
        [column("was", whole=True), column("person"), column("role")],
        (
            (words(f"{SIGNS.get(row.action, '?')} {row.action}", STYLES.get(row.action, "")), row.person, row.role)
            for row in drift_rows(drift, most=limit)
        ),
    )
    if limit is not None and total > limit:
        yield note(f"… and {plural(total - limit, 'more change')}; add `--all` to see all of them.")
