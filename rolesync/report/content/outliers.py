"""What stands out in a plan: domains that lose every holder of a role, and users who are left without any role."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.vocabulary import Action
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.plan_tables import left_without_role
from rolesync.report.content.table import NO_ROLE
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolesync.model.plans import Plan

MOST_NAMED = 5
"""Domains that the summary names; the table groups by domain and shows all of them."""


class Outlier(NamedTuple):
    """A sentence about some removals, and the search that finds them."""

    text: str
    search: str


def emptied_domains(plan: Plan) -> list[tuple[str, str, int]]:
    """List the roles that a whole domain loses, as role, domain and holders before; the largest domains first."""
    moves: Mapping[str, Counter[tuple[str, str]]] = {action.value: Counter() for action in Action}
    for email, action, role in table_rows(plan.changes, ("email", "action", "role")):
        moves[action][role, email.rpartition("@")[2].lower()] += 1
    emptied = [
        (count.role, count.domain, count.before)
        for count in plan.domains
        if moves[Action.REMOVE][count.role, count.domain] >= count.before > 0
        and not moves[Action.ADD][count.role, count.domain]
    ]
    return sorted(emptied, key=lambda domain: (-domain[2], domain[1], domain[0]))


def outliers(plan: Plan) -> list[Outlier]:
    """Describe what a reviewer must not overlook among the removals."""
    emptied = emptied_domains(plan)
    standing_out = [_describe(*domain) for domain in emptied[:MOST_NAMED]]
    if len(emptied) > MOST_NAMED:
        more = plural(len(emptied) - MOST_NAMED, "more domain loses", "more domains lose")
        standing_out.append(Outlier(f"{more} all holders of a role: group by domain", ""))
    if without := left_without_role(plan):
        standing_out.append(
            Outlier(f"{plural(without, 'user is', 'users are')} left without any role", f'"→ {NO_ROLE}"')
        )
    return standing_out


def _describe(role: str, domain: str, before: int) -> Outlier:
    name, at = escape_for_display(role, CELL_LIMIT), escape_for_display(domain, CELL_LIMIT)
    holders = f"the only {name} of {at} loses" if before == 1 else f"all {before:,} holders of {name} at {at} lose"
    return Outlier(f"{holders[0].upper()}{holders[1:]} the role", f'"@{at}>"')
