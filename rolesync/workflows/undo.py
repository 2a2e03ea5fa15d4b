"""May this run be taken back, and what did it do? Answered from its records alone, by a refusal or by its effects."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rolesync.errors import UnsettledRunError, UsageError
from rolesync.history.effects import effects, moved, open_requests
from rolesync.model.history import Effect
from rolesync.model.lists import Source
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import Mode


def undoable(records: Sequence[Mapping[str, Any]], roles: Sequence[str]) -> list[Effect]:
    """Tell what a run did, what Studio did besides included, if all of it is known and may be touched.

    Args:
        records: all of the run.
        roles: the managed ones.

    Raises:
        UnsettledRunError: nobody knows yet what some of its requests did.
        UsageError: it changed roles that are not managed now.
    """
    run = records[0]["run"]
    if open_requests(records):
        raise UnsettledRunError(
            f"run {run}: nobody knows yet what some of its requests did, so they can't be taken back",
            hint="run sync or apply first: it asks Studio what became of them",
        )
    unmanaged = sorted({one.role for one in effects(records)} - set(roles))
    if unmanaged:
        raise UsageError(
            f"run {run} changed {', '.join(unmanaged)}, which the settings don't manage",
            hint="set managed_roles as it was for that run",
        )
    return moved(records)


def source_of(records: Sequence[Mapping[str, Any]]) -> Source:
    """Name a run as what a plan is made from, bound to its records as they stand."""
    run = records[0]["run"]
    return Source(f"undo of run {run}", records[-1]["hash"], 0, undoes=run)


def undoing(policy: Policy) -> Policy:
    """Make the policy for taking a run back: no list has an age, and where nobody is ever removed, nobody is now."""
    held = policy.hold_removals or policy.mode is Mode.ADDITIVE
    return replace(policy, hold_removals=held, grace_runs=0, max_age_hours=None)
