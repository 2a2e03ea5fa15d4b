"""A list in the terminal: whether it can be used, its assignments, and its findings."""

from collections.abc import Collection, Iterator

from rich.console import Group, RenderableType

from rolesync.model.desired import Desired
from rolesync.report.content.plan_summary import SHORT_DIGEST
from rolesync.report.content.plan_tables import findings_table
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, list_text, plural
from rolesync.report.terminal.widgets import banner, column, heading, pairs, table, table_view

_BANNERS = {
    "ok": ("OK", "The list can be used.", "green"),
    "warn": ("WARNINGS", "The list can be used. Check the findings first.", "yellow"),
    "reject": ("REJECTED", "The list can't be used. Correct each error, then validate again.", "red"),
}


def desired_view(desired: Desired, managed_roles: Collection[str], *, limit: int | None = None) -> RenderableType:
    """Show a list.

    Args:
        desired: the list.
        managed_roles: the roles that a plan may change.
        limit: at most this many findings; None for all, each on its own.
    """
    source = desired.source
    return Group(
        banner(*_BANNERS[desired.status]),
        *_findings(desired, limit),
        *_roles(desired, managed_roles),
        heading("About this list"),
        pairs(
            [
                ("list", list_text(source.path)),
                ("rows", f"{source.rows:,} with {plural(len(desired.listed), 'assignment')}"),
                ("sha256", escape_for_display(source.sha256[:SHORT_DIGEST])),
            ],
        ),
    )


def _roles(desired: Desired, managed_roles: Collection[str]) -> Iterator[RenderableType]:
    numbers = {str(role): int(number) for role, number in desired.listed.role.value_counts().items()}
    roles = [*managed_roles, *sorted(role for role, number in numbers.items() if number and role not in managed_roles)]
    yield heading("Assignments")
    yield table(
        [column("role"), column("users", right=True, whole=True), column("")],
        (
            (
                escape_for_display(role, CELL_LIMIT),
                f"{numbers.get(role, 0):,}",
                "managed" if role in managed_roles else "not managed, never changed",
            )
            for role in roles
        ),
    )


def _findings(desired: Desired, limit: int | None) -> Iterator[RenderableType]:
    if not desired.findings:
        yield heading("Findings in the list: none")
    yield from table_view(findings_table(desired.findings, each=limit is None), limit)
