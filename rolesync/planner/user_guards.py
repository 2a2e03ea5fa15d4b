"""Guards on users whom the settings name: neither the token's owner nor a protected user may lose a managed role."""

from collections.abc import Iterator

import pandas as pd

from rolesync.model.findings import name_some
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Policy, Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.named_users import entries_without_user, is_holder, users_named
from rolesync.planner.verdicts import is_undo_plan


def named_user_guards(removals: pd.DataFrame, live: Live, changes: Changes, policy: Policy) -> tuple[Verdict, Verdict]:
    """Judge what the users would lose whom the settings name; an undo has no list that could give them the role."""
    owner_step, users_step = "list the owner for the role", "list them for these roles"
    if is_undo_plan(changes):
        owner_step = users_step = "exclude these changes in a review (`rolesync review PLAN`)"
    return _owner(removals, live, policy, owner_step), _protected_users(removals, live, policy, users_step)


def _owner(removals: pd.DataFrame, live: Live, policy: Policy, step: str) -> Verdict:
    losses = users_named(removals, [policy.owner])
    if not policy.owner.strip():
        status = VerdictStatus.WARN
        message = "the owner of the token is unknown, and could lose a managed role: set owner"
    elif len(losses):
        status = VerdictStatus.BLOCK
        message = (
            f"the token's owner would lose {name_some(_losses(losses))}, which is never allowed: "
            f"{step}, or correct the setting owner"
        )
    elif not is_holder(live.users, policy.owner, policy.managed_roles):
        status = VerdictStatus.WARN
        message = (
            f"the owner {policy.owner} holds no managed role in Studio, so the setting may name the wrong user: "
            "check owner"
        )
    else:
        status, message = VerdictStatus.PASS, f"the token's owner {policy.owner} loses no managed role"
    return Verdict("owner", status, message, limit=0, value=len(losses), overridable=False)


def _protected_users(removals: pd.DataFrame, live: Live, policy: Policy, step: str) -> Verdict:
    losses = users_named(removals, policy.protected_users)
    if len(losses):
        status = VerdictStatus.BLOCK
        message = (
            f"roles that protected users would lose: {len(losses):,}, none allowed ({name_some(_losses(losses))}): "
            f"{step}, or remove the users from protected_users"
        )
    elif unknown := entries_without_user(live.users, policy.protected_users):
        status = VerdictStatus.WARN
        message = (
            f"protected_users names {name_some(unknown)}, but no holder of a managed role and no user of the list is "
            "meant by it: check for a typing error; `rolesync doctor` searches all of Studio"
        )
    else:
        status, total = VerdictStatus.PASS, len(policy.protected_users)
        message = f"protected_users: {total:,}, none of them loses a managed role" if total else "no user is protected"
    return Verdict("protected_users", status, message, limit=0, value=len(losses), overridable=False)


def _losses(removals: pd.DataFrame) -> Iterator[str]:
    rows = removals[["user_id", "email", "role"]].itertuples(index=False, name=None)
    return (f"{role} of {email or 'the user'} ({user_id})" for user_id, email, role in rows)
