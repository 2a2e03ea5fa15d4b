"""What stands out in a plan: roles and domains that lose most of their holders, and users who lose much by it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.vocabulary import Action, Completeness
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.plan_tables import left_without_role
from rolesync.report.content.roles_before_after import PROBABLY_LOST, role_steps
from rolesync.report.content.table import NO_ROLE
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, plural, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rolesync.model.plans import Plan

LARGE_SHARE = 0.5
"""Share of a role's holders; a plan that removes so many of them may rest on the wrong list."""

LARGE_MEDIA = 1_000_000_000
"""Bytes that a user owns."""

_UNIT = "GB"  # the unit that `size_text` uses for such sizes

MOST_NAMED = 5
"""Domains that the summary names; the table groups by domain and shows all of them."""


class Outlier(NamedTuple):
    """A sentence about some changes, the search that finds them, and their action."""

    text: str
    search: str
    action: str = Action.REMOVE.value


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
    """Describe what a reviewer must not overlook."""
    standing_out = [
        Outlier(
            f"{count.removals:,} of {count.before:,} holders of {escape_for_display(count.role, CELL_LIMIT)} "
            f"({count.removals / count.before:.0%}) lose the role",
            "",
        )
        for count in plan.roles
        if count.before > 1 and count.removals >= LARGE_SHARE * count.before
    ]
    emptied = emptied_domains(plan)
    standing_out += [_describe(*domain) for domain in emptied[:MOST_NAMED]]
    if len(emptied) > MOST_NAMED:
        more = plural(len(emptied) - MOST_NAMED, "more domain loses", "more domains lose")
        standing_out.append(Outlier(f"{more} all holders of a role: group by domain", ""))
    if without := left_without_role(plan):
        standing_out.append(
            Outlier(f"{plural(without, 'user is', 'users are')} left without any role", f'"→ {NO_ROLE}"')
        )
    if costly := sum(any(sign == "?" for sign, *_ in steps) for steps in role_steps(plan).values()):
        text = f"{plural(costly, 'user')} would probably lose another role"
        standing_out.append(Outlier(text, f'"{PROBABLY_LOST.strip()}"', Action.ADD.value))
    return [*standing_out, *_by_media(plan)]


def _by_media(plan: Plan) -> Iterator[Outlier]:
    """Describe the users with a removal who own much, and those of whom that isn't known."""
    if plan.impact is None:
        return
    losing = plan.changes["user_id"][plan.changes["action"] == Action.REMOVE.value]
    impact = plan.impact[plan.impact["user_id"].isin(losing)]
    sizes, known = impact["size"], impact["known"]
    if large := int((sizes >= LARGE_MEDIA).sum()):
        owns = plural(large, "user with a removal owns", "users with a removal own")
        fits = sizes.max() < 1000 * LARGE_MEDIA  # else the search finds some of them only
        yield Outlier(f"{owns} {size_text(LARGE_MEDIA)} of media or more", f'"{_UNIT}"' if fits else "")
    if unknown := int((known == Completeness.NOTHING.value).sum()):
        yield Outlier(f"The media of {plural(unknown, 'user')} with a removal are unknown", '"media unknown"')
    if partly := int((known == Completeness.AT_LEAST.value).sum()):
        yield Outlier(f"The media of {plural(partly, 'user')} with a removal are known only in part", '"at least"')


def _describe(role: str, domain: str, before: int) -> Outlier:
    name, at = escape_for_display(role, CELL_LIMIT), escape_for_display(domain, CELL_LIMIT)
    holders = f"the only {name} of {at} loses" if before == 1 else f"all {before:,} holders of {name} at {at} lose"
    return Outlier(f"{holders[0].upper()}{holders[1:]} the role", f'"@{at}>"')
