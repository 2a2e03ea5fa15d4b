"""Builds a plan: the changes in the order in which they are sent, with their digest."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, HELD, require
from rolesync.model.lists import Source
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy, Verdict
from rolesync.planner.digest import digest
from rolesync.planner.order import order
from rolesync.planner.reviewer_facts import count_domains, names_of_held


def make_plan(  # noqa: PLR0913  # a plan has that many parts
    *,
    account: str,
    created_at: datetime,
    source: Source,
    policy: Policy,
    changes: Changes,
    verdicts: Iterable[Verdict],
    findings: Iterable[Finding],
    requests: Requests,
    live: Live | None = None,
    planned_by: str = "",
) -> Plan:
    """Build a plan: order the changes, and compute the digest.

    `live` are the users that were read, for the facts that only a reviewer needs.

    Raises:
        ValueError: `created_at` has no time zone.
    """
    if created_at.tzinfo is None:
        raise ValueError("created_at has no time zone")
    plan = Plan(
        account=account,
        created_at=created_at.astimezone(UTC),
        source=source,
        policy=policy,
        roles=changes.roles,
        verdicts=tuple(verdicts),
        changes=order(require(changes.changes, CHANGES)),
        held=require(changes.held, HELD).reset_index(drop=True),
        findings=tuple(findings),
        requests=requests,
        digest="",
        releasable_removals=order(require(changes.releasable_removals, CHANGES)),
        planned_by=planned_by,
        periods=changes.periods,
        names=names_of_held(changes, live) if live else {},
        domains=count_domains(changes, live) if live else (),
    )
    return replace(plan, digest=digest(plan))
