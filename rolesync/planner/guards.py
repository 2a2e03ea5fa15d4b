"""Guards: each compares one limit with the changes that would be sent, and blocks the plan beyond it.

Each guard always gives a verdict, so that a reviewer sees every check and not only the failed ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from rolesync.model.findings import Finding, name_some
from rolesync.model.frames import LIVE, frame, rows_with
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Policy, RoleCount, Verdict
from rolesync.model.reasons import Reason
from rolesync.model.vocabulary import RIVAL_ROLES, Action, VerdictStatus
from rolesync.planner.list_guards import input_refused, max_age_hours, max_shrink_share
from rolesync.planner.live_guards import clock_skew, live_vanished
from rolesync.planner.named_users import entries_without_user, is_holder, users_named
from rolesync.planner.rival_roles import rival_losses, rival_roles
from rolesync.planner.verdicts import ANY_SHARE, advise, format_share, limited


def judge(
    changes: Changes, live: Live, policy: Policy, findings: Sequence[Finding], history: GuardBaseline
) -> tuple[Verdict, ...]:
    """Compare the changes with every limit of the policy.

    Args:
        changes: the changes of the plan.
        live: the users in Studio, to find the owner.
        policy: the limits. Shares are from 0 to 1.
        findings: the findings of the reader.
        history: the age of the list, the lengths of this list and the list last applied, the holders after the last
            run, and repeated changes.

    Returns:
        Verdicts on the list (errors, age, shrinking), the read of Studio, the owner, the protected users, and the roles
        that additions would cost. For each managed role, verdicts on the number of removals, their share of the
        holders, and the remaining holders. The last verdicts are on repeated changes, and
        on the clock.
    """
    removals = changes.changes[rows_with(changes.changes["action"], {Action.REMOVE.value})]
    rivals = rival_losses(changes.changes)
    losses = pd.concat([removals, rivals], ignore_index=True)
    verdicts = [
        input_refused(findings),
        max_age_hours(history.age_hours, policy, is_fetched=history.is_fetched),
        max_shrink_share(history, policy, len(removals)),
        live_vanished(live, history),
        *_named_users(losses, live, changes, policy),
        rival_roles(rivals, changes.changes),
    ]
    verdicts += _role_limits(changes, rivals, policy)
    return (*verdicts, _repeat_runs(changes.changes, policy, history), clock_skew(live))


def judge_after_review(
    verdicts: Sequence[Verdict], before: pd.DataFrame, changes: Changes, policy: Policy
) -> tuple[Verdict, ...]:
    """Judge a plan again after a reviewer excluded changes or released removals; without Studio.

    Args:
        verdicts: the verdicts on the original plan. Those on its list and on earlier runs stay.
        before: the original changes (CHANGES), which show the roles that their users held.
        changes: the decided changes.
        policy: the limits.

    Returns:
        The new verdicts, in the same order.
    """
    removals = changes.changes[rows_with(changes.changes["action"], {Action.REMOVE.value})]
    users = before.drop_duplicates("user_id")
    columns = {**{name: users[name] for name in ("user_id", "email", "name")}, "roles": users["before"]}
    live = Live(frame(LIVE, columns), ())
    rivals = rival_losses(changes.changes)
    losses = pd.concat([removals, rivals], ignore_index=True)
    fresh = [*_named_users(losses, live, changes, policy), rival_roles(rivals, changes.changes)]
    fresh += _role_limits(changes, rivals, policy)
    by_name = {(verdict.rule, verdict.role): verdict for verdict in fresh}
    updated = [_after_review(old, by_name.pop((old.rule, old.role), old), len(removals)) for old in verdicts]
    return (*updated, *by_name.values())


def _after_review(old: Verdict, new: Verdict, removals: int) -> Verdict:
    """Choose the new verdict, or the old one where only Studio or the record could change it."""
    if old.rule in {"owner", "protected_users"} and VerdictStatus.BLOCK not in {old.status, new.status}:
        return old
    if old.rule == "max_shrink_share" and removals and old.status is VerdictStatus.WARN:  # it warned without removals
        measured, _, _ = old.message.rpartition("; ")
        advice = advise(old.rule, "check that it is complete")
        return replace(old, status=VerdictStatus.BLOCK, message=f"{measured}: {advice}")
    return new


def _is_undo(changes: Changes) -> bool:
    return bool(rows_with(changes.changes["reason"], {Reason.UNDO.value}).any())


def _named_users(removals: pd.DataFrame, live: Live, changes: Changes, policy: Policy) -> tuple[Verdict, Verdict]:
    """Judge what the users would lose whom the settings name; an undo has no list that could give them the role."""
    owner_step, users_step = "list the owner for the role", "list them for these roles"
    if _is_undo(changes):
        owner_step = users_step = "exclude these changes in a review (`rolesync review PLAN`)"
    return _owner(removals, live, policy, owner_step), _protected_users(removals, live, policy, users_step)


def _owner(removals: pd.DataFrame, live: Live, policy: Policy, step: str) -> Verdict:
    lost = users_named(removals, [policy.owner])
    if not policy.owner.strip():
        status = VerdictStatus.WARN
        message = "the owner of the token is unknown, and could lose a managed role: set owner"
    elif len(lost):
        status = VerdictStatus.BLOCK
        message = (
            f"the token's owner would lose {name_some(_losses(lost))}, which is never allowed: "
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
    return Verdict("owner", status, message, limit=0, value=len(lost), overridable=False)


def _protected_users(removals: pd.DataFrame, live: Live, policy: Policy, step: str) -> Verdict:
    lost = users_named(removals, policy.protected_users)
    if len(lost):
        status = VerdictStatus.BLOCK
        message = (
            f"roles that protected users would lose: {len(lost):,}, none allowed ({name_some(_losses(lost))}): "
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
    return Verdict("protected_users", status, message, limit=0, value=len(lost), overridable=False)


def _repeat_runs(changes: pd.DataFrame, policy: Policy, history: GuardBaseline) -> Verdict:
    """Warn about changes that earlier runs sent in vain. This guard never blocks."""
    rule, limit = "repeat_runs", policy.repeat_runs
    repeated = changes.iloc[:0]
    if history.repeated:
        columns = (changes[name].tolist() for name in ("user_id", "action", "role"))
        repeated = changes[[change in history.repeated for change in zip(*columns, strict=True)]]
    if not len(repeated):
        message = f"no change was also sent by each of the last {limit} runs" if limit else "repetition is not checked"
        return Verdict(rule, VerdictStatus.PASS, message, limit=limit or None, value=0)
    keys = zip(repeated["user_id"], repeated["action"], repeated["role"], strict=True)
    done = np.array([history.repeated[key] for key in keys], np.bool_)
    causes = []
    if done.any():
        causes.append(
            f"{name_some(_steps(repeated[done]))}: done each time, and reversed since by other hands, or by Canvas, "
            "which gives account admins the role again when they open Studio: list them, or change it in Canvas"
        )
    if not done.all():
        steps = name_some(_steps(repeated[~done]))
        causes.append(f"{steps}: Studio didn't apply the change; see `rolesync explain`, and correct the list")
    number = "change was" if len(repeated) == 1 else f"{len(repeated):,} changes were"
    message = f"the same {number} sent by each of the last {limit} runs ({'; '.join(causes)})"
    return Verdict(rule, VerdictStatus.WARN, message, limit=limit, value=len(repeated))


def _role_limits(changes: Changes, rivals: pd.DataFrame, policy: Policy) -> list[Verdict]:
    """Compare the removals of each role, and the losses that additions of its rival role would cause, with the limits.

    Args:
        changes: the changes of the plan; its counts are without these losses.
        rivals: the losses, as removals (CHANGES).
        policy: the limits.
    """
    verdicts = []
    is_undo = _is_undo(changes)
    for planned in changes.roles:
        losses = int((rivals["role"] == planned.role).sum())
        count = replace(planned, removals=planned.removals + losses)
        note = f", of these {losses:,} because of additions of {RIVAL_ROLES[planned.role]}" if losses else ""
        verdicts += [
            _max_removals(count, note, policy, is_undo=is_undo),
            _max_removals_share(count, note, policy, is_undo=is_undo),
            _min_holders(count, policy, is_undo=is_undo),
        ]
    return verdicts


def _max_removals(count: RoleCount, note: str, policy: Policy, *, is_undo: bool) -> Verdict:
    limit = policy.max_removals
    return limited(
        "max_removals",
        count.role,
        blocked=count.removals > limit,
        measured=f"removals of {count.role}: {count.removals:,}{note}, at most {limit:,} allowed",
        advice=advise("max_removals", is_undo=is_undo),
        limit=limit,
        value=count.removals,
    )


def _max_removals_share(count: RoleCount, note: str, policy: Policy, *, is_undo: bool) -> Verdict:
    limit = policy.max_removals_share
    share = count.removals / count.before if count.before else 0.0
    single = count.removals == 1 and limit > 0  # else no user could ever leave a role with few holders
    number = f"{count.removals:,} of {count.before:,} holders ({format_share(share)}){note}"
    allowed = ANY_SHARE if limit >= 1 else f"at most {format_share(limit)} allowed"
    measured = f"removals of {count.role}: {number}, {allowed}"
    if single and share > limit:
        measured += "; a single removal is allowed"
    return limited(
        "max_removals_share",
        count.role,
        blocked=share > limit and not single,
        measured=measured,
        advice=advise("max_removals_share", is_undo=is_undo),
        limit=limit,
        value=share,
    )


def _min_holders(count: RoleCount, policy: Policy, *, is_undo: bool) -> Verdict:
    limit = policy.min_holders
    measured = f"holders of {count.role} afterwards: {count.after:,}, at least {limit:,} required"
    if count.after < limit and not count.removals:
        check = "" if is_undo else ": check that the list is complete"
        message = f"{measured}; the plan removes none, so it is not blocked{check}"
        return Verdict("min_holders", VerdictStatus.WARN, message, count.role, limit, count.after)
    return limited(
        "min_holders",
        count.role,
        blocked=count.after < limit,
        measured=measured,
        advice=advise("min_holders", is_undo=is_undo),
        limit=limit,
        value=count.after,
    )


def _steps(changes: pd.DataFrame) -> Iterator[str]:
    rows = changes[["user_id", "email", "action", "role"]].itertuples(index=False, name=None)
    return (f"{action} {role} of {email or 'the user'} ({user_id})" for user_id, email, action, role in rows)


def _losses(removals: pd.DataFrame) -> Iterator[str]:
    rows = removals[["user_id", "email", "role"]].itertuples(index=False, name=None)
    return (f"{role} of {email or 'the user'} ({user_id})" for user_id, email, role in rows)
