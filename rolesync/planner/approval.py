"""A reviewer's decisions on a plan, and the approved plan.

Reviews in a workbook and on a page both end here. The reviewer excludes changes, each with a reason, releases held
removals, and approves the rest. The approved plan has its own digest. The guards judge it again, and may block it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from rolesync.differ.removal_holds import with_held
from rolesync.errors import PlanRefusedError, UsageError
from rolesync.model.frames import CHANGES, frame
from rolesync.model.plans import Approval, Changes, Plan, Released, effect_text, recount
from rolesync.model.reasons import WAITING, HeldReason
from rolesync.model.vocabulary import Level
from rolesync.planner.digest import digest
from rolesync.planner.guards import judge_after_review
from rolesync.planner.order import order

Key = tuple[int, str]
"""The key of a change of a plan: user id and role."""

LONGEST_NAME = 200  # maximum characters of a reviewer's name
LONGEST_REASON = 1_000  # maximum characters of a reason


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of a reviewer that differ from the plan.

    `excluded` are changes that must not be sent, with their reasons. `released` are held removals that must be sent,
    with their reasons or "".
    """

    excluded: Mapping[Key, str] = field(default_factory=dict)
    released: Mapping[Key, str] = field(default_factory=dict)


def releasable(plan: Plan) -> frozenset[Key]:
    """The held removals that a reviewer may release.

    There is none while the list has unreadable rows, because such a row may name the user who would lose the role.
    """
    if any(finding.level is Level.HELD for finding in plan.findings):
        return frozenset()
    return frozenset(_keys(plan.releasable_removals))


def decide(plan: Plan, decisions: Decisions) -> Plan:
    """Make the decided plan: excluded changes become held, released removals become changes, and guards judge again.

    Raises:
        PlanRefusedError: the plan is already approved. Or a decision doesn't fit the plan, has no reason, or has a
            reason that is too long.
    """
    if plan.approval:
        raise PlanRefusedError(
            f"the plan was already approved by {plan.approval.reviewer}; nothing was approved",
            hint="review the plan before its approval, or make a new plan",
        )
    _check(plan, decisions)
    if not (decisions.excluded or decisions.released):
        return plan
    excluded, remaining = _split(plan.changes, decisions.excluded)
    released, waiting = _split(plan.releasable_removals, decisions.released)
    changes = order(frame(CHANGES, {name: [*remaining[name].tolist(), *released[name].tolist()] for name in CHANGES}))
    is_released = [
        reason in WAITING and key in decisions.released
        for key, reason in zip(_keys(plan.held), plan.held["reason"].tolist(), strict=True)
    ]
    held = plan.held[~np.array(is_released, np.bool_)].reset_index(drop=True)
    if len(excluded):
        reasons = [(HeldReason.EXCLUDED.value, decisions.excluded[key].strip()) for key in _keys(excluded)]
        held = with_held(held, excluded, reasons, plan.policy.managed_roles)
    roles = recount(plan.roles, changes)
    reviewed = pd.concat([plan.changes, plan.releasable_removals])
    verdicts = judge_after_review(plan.verdicts, reviewed, Changes(changes, held, roles, waiting), plan.policy)
    excluded_names = zip(excluded["user_id"].tolist(), excluded["name"].tolist(), strict=True)
    names = {**plan.names, **{user_id: name for user_id, name in excluded_names if name}}
    decided = replace(
        plan, names=names, changes=changes, held=held, releasable_removals=waiting, roles=roles, verdicts=verdicts
    )
    return replace(decided, digest=digest(decided))


def approve(  # noqa: PLR0913  # an approval has that many parts
    plan: Plan, decisions: Decisions, *, reviewer: str, operator: str, confirmed_effect: str, now: datetime
) -> Plan:
    """Make the approved plan.

    Args:
        plan: the original plan.
        decisions: the decisions of the reviewer.
        reviewer: the name of the person who is responsible.
        operator: the user who runs the review.
        confirmed_effect: the effect as the reviewer typed it, as in `remove 12, add 40`. Case, blanks and
            thousands separators don't matter.
        now: the time, with time zone.

    Raises:
        UsageError: the name is empty, too long or unprintable.
        PlanRefusedError: as `decide`, or the confirmed effect is not that of the plan.
    """
    name = " ".join(reviewer.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f"the reviewer's name {reviewer[:60]!r} is not valid",
            hint=f"enter your name with 1 to {LONGEST_NAME} printable characters",
        )
    decided = decide(plan, decisions)
    if _normalise_effect(confirmed_effect) != decided.effect:
        effect = effect_text(decided.effect)
        raise PlanRefusedError(
            f"the decided plan would {effect}, and not {confirmed_effect[:60]!r}; nothing was approved",
            hint=f"check the plan again, and confirm it with: {effect}",
        )
    approval = Approval(
        reviewer=name,
        operator=operator,
        approved_at=now.astimezone(UTC),
        confirmed_effect=decided.effect,
        reviewed_digest=plan.digest,
        excluded=len(decisions.excluded),
        released=tuple(Released(*key, reason.strip()) for key, reason in sorted(decisions.released.items())),
    )
    approved = replace(decided, approval=approval)
    return replace(approved, digest=digest(approved))


def _normalise_effect(typed: str) -> str:
    """Return a typed effect as `Plan.effect` has it."""
    ungrouped = re.sub(r"\d{1,3}(?:,\d{3})+(?!\d)", lambda number: number[0].replace(",", ""), typed.casefold())
    return " ".join(ungrouped.replace(",", ", ").split())


def _check(plan: Plan, decisions: Decisions) -> None:
    """Refuse decisions that don't fit the plan. The message names all of them."""
    problems = [
        *_unknown(decisions.excluded, set(_keys(plan.changes)), "not a change of this plan"),
        *_unknown(decisions.released, releasable(plan), "not a held removal of this plan that may be released"),
        *(
            f"user {key[0]}, {key[1]} is excluded without a reason"
            for key, reason in decisions.excluded.items()
            if not reason.strip()
        ),
        *(
            f"the reason for user {key[0]}, {key[1]} has more than {LONGEST_REASON:,} characters"
            for key, reason in [*decisions.excluded.items(), *decisions.released.items()]
            if len(reason) > LONGEST_REASON
        ),
    ]
    if problems:
        raise PlanRefusedError(
            f"{'; '.join(problems)}; nothing was approved", hint="correct these decisions, and approve the plan again"
        )


def _unknown(keys: Iterable[Key], known_keys: Collection[Key], problem: str) -> Iterator[str]:
    return (f"user {user_id}, {role} is {problem}" for user_id, role in keys if (user_id, role) not in known_keys)


def _split(table: pd.DataFrame, keys: Collection[Key]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split CHANGES into the rows with these keys and the other rows, both in order."""
    mask = np.array([key in keys for key in _keys(table)], np.bool_)
    return table[mask].reset_index(drop=True), table[~mask].reset_index(drop=True)


def _keys(table: pd.DataFrame) -> Iterator[Key]:
    return zip(table["user_id"].tolist(), table["role"].tolist(), strict=True)
