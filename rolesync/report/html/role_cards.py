"""The cards of the roles on a plan's page: the holders of a role before and after, as numbers and as two bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.report.content.text import CELL_LIMIT, escape_for_display

if TYPE_CHECKING:
    from rolesync.model.plans import RoleCount

PICTURE = 1000
"""Units of a bar's whole length."""

_VISIBLE = 6
"""Units of the shortest bar, so that one user among very many stays visible."""


def role_card(role: RoleCount) -> dict[str, int | str]:
    """Return the values of a role's card."""
    return {
        "role": escape_for_display(role.role, CELL_LIMIT),
        "before": role.before,
        "after": role.after,
        "removals": role.removals,
        "additions": role.additions,
        "share": f"{role.removals / role.before:.0%}" if role.removals and role.before else "",
        **_bar(role),
    }


def _bar(role: RoleCount) -> dict[str, int | str]:
    """Measure the parts of a role's two bars, in units; the longer bar has the whole length."""
    whole = max(role.before, role.after, 1)

    def units(holders: int) -> int:
        return max(_VISIBLE, round(holders * PICTURE / whole)) if holders > 0 else 0

    kept = units(role.before - role.removals)
    if kept:
        kept = min(kept, PICTURE - _VISIBLE * bool(role.removals or role.additions))
    most = PICTURE - kept
    label = f"Before {role.before:,}, after {role.after:,}"
    return {
        "label": label,
        "kept": kept,
        "removed": min(units(role.removals), most),
        "added": min(units(role.additions), most),
    }
