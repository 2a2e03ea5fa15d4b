"""A reviewer's decisions on a plan, and the approved plan that they make of it.

Whatever shows a plan to a reviewer, a workbook or a page, ends here: changes are taken out, each with a reason, held
removals are let through by name, and somebody answers for the rest. An approved plan is a plan like any other, under a
digest of its own; guards judge what is left of it, and what still blocks it blocks it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from rolesync.differ.holds import with_held
from rolesync.errors import PlanRefusedError, UsageError
from rolesync.model.frames import CHANGES, frame
from rolesync.model.plans import Approval, Changes, Plan, Released, recount
from rolesync.model.reasons import WAITING, HeldReason
from rolesync.model.vocabulary import Level
from rolesync.planner.digest import digest
from rolesync.planner.guards import judge_after_review
from rolesync.planner.order import order

Key = tuple[int, str]
"""What names a change of a plan: user id and role."""

LONGEST_NAME = 200  # characters of a reviewer's name
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a reviewer decided otherwise than planned; all else goes ahead as the plan says.

    `excluded` are changes that are not to be made, each with its reason; `released` held removals that are to be made
    nevertheless, each with a reason or "".
    """

    excluded: Mapping[Key, str] = field(default_factory=dict)
    released: Mapping[Key, str] = field(default_factory=dict)


def releasable(plan: Plan) -> frozenset[Key]:
    """Name the held removals that a reviewer may let through.

    There are none while rows of the list can't be read: any of them may name whoever would lose a role.
    """
    if any(finding.level is Level.HELD for finding in plan.findings):
        return frozenset()
    return frozenset(_keys(plan.releasable_removals))


def decide(plan: Plan, decisions: Decisions) -> Plan:
    """Make the plan that is left: excluded changes are held, released removals are changes, and guards judge again.

    Raises:
        PlanRefusedError: the plan is approved already, or a decision is about nothing in it, has no reason or can't be.
    """
    if plan.approval:
        raise PlanRefusedError(
            f"the plan was approved by {plan.approval.reviewer} already; nothing was approved",
            hint="review the plan that it was made from, or make a new one",
        )
    _check(plan, decisions)
    if not (decisions.excluded or decisions.released):
        return plan
    out, kept = _split(plan.changes, decisions.excluded)
    let, waiting = _split(plan.releasable_removals, decisions.released)
    changes = order(frame(CHANGES, {name: [*kept[name].tolist(), *let[name].tolist()] for name in CHANGES}))
    keys = zip(plan.held["user_id"].tolist(), plan.held["role"].tolist(), strict=True)
    reasons = plan.held["reason"].tolist()
    stays = [reason not in WAITING or key not in decisions.released for key, reason in zip(keys, reasons, strict=True)]
    held = plan.held[np.array(stays, np.bool_)].reset_index(drop=True)
    if len(out):
        why = [(HeldReason.EXCLUDED.value, decisions.excluded[key].strip()) for key in _keys(out)]
        held = with_held(held, out, why, plan.policy.managed_roles)
    roles = recount(plan.roles, changes)
    left = Changes(changes, held, roles, waiting)
    seen = pd.concat([plan.changes, plan.releasable_removals])
    verdicts = judge_after_review(plan.verdicts, seen, left, plan.policy)
    decided = replace(plan, changes=changes, held=held, releasable_removals=waiting, roles=roles, verdicts=verdicts)
    return replace(decided, digest=digest(decided))


def approve(  # noqa: PLR0913  # an approval has that many parts
    plan: Plan, decisions: Decisions, *, reviewer: str, operator: str, seen: str, at: datetime
) -> Plan:
    """Make the approved plan.

    Args:
        plan: as it was made.
        decisions: what the reviewer decided.
        reviewer: who answers for it.
        operator: the user who runs the review.
        seen: what the reviewer says that the plan does, as in `remove 12, add 40`; case and blanks don't matter.
        at: now, with time zone.

    Raises:
        UsageError: the name can't be one.
        PlanRefusedError: as `decide`, or what was seen is not what the plan does.
    """
    name = " ".join(reviewer.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f"the reviewer's name {reviewer[:60]!r} can't be one", hint=f"name yourself, in 1 to {LONGEST_NAME} letters"
        )
    decided = decide(plan, decisions)
    if " ".join(seen.casefold().replace(",", ", ").split()) != decided.effect:
        raise PlanRefusedError(
            f"the plan, as decided, would {decided.effect}, and not {seen[:60]!r}; nothing was approved",
            hint="look at it again, and say what it does in these words",
        )
    approval = Approval(
        reviewer=name,
        operator=operator,
        approved_at=at.astimezone(UTC),
        confirmed_effect=decided.effect,
        reviewed_digest=plan.digest,
        excluded=len(decisions.excluded),
        released=tuple(Released(*key, why.strip()) for key, why in sorted(decisions.released.items())),
    )
    approved = replace(decided, approval=approval)
    return replace(approved, digest=digest(approved))


def _check(plan: Plan, decisions: Decisions) -> None:
    """Refuse decisions that can't be carried out, all of them at once."""
    problems = [
        *_strange(decisions.excluded, set(_keys(plan.changes)), "no change of this plan"),
        *_strange(decisions.released, releasable(plan), "no held removal of this plan that may be let through"),
        *(
            f"user {key[0]}, {key[1]} is excluded without a reason"
            for key, why in decisions.excluded.items()
            if not why.strip()
        ),
        *(
            f"the reason for user {key[0]}, {key[1]} has more than {LONGEST_REASON:,} characters"
            for key, why in [*decisions.excluded.items(), *decisions.released.items()]
            if len(why) > LONGEST_REASON
        ),
    ]
    if problems:
        raise PlanRefusedError(f"{'; '.join(problems)}; nothing was approved", hint="decide again on the plan as it is")


def _strange(chosen: Iterable[Key], known: Collection[Key], what: str) -> Iterator[str]:
    return (f"user {user_id}, {role} is {what}" for user_id, role in chosen if (user_id, role) not in known)


def _split(table: pd.DataFrame, chosen: Collection[Key]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of CHANGES that are chosen, and the others, both in order."""
    mask = np.array([key in chosen for key in _keys(table)], np.bool_)
    return table[mask].reset_index(drop=True), table[~mask].reset_index(drop=True)


def _keys(table: pd.DataFrame) -> Iterator[Key]:
    return zip(table["user_id"].tolist(), table["role"].tolist(), strict=True)
