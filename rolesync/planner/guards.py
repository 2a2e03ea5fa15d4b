"""All guards of a plan: each compares one limit with the changes that would be sent, and blocks the plan beyond it.

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
from rolesync.model.plans import Changes, Policy, Verdict
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.planner.list_guards import input_refused, max_age_hours, max_shrink_share
from rolesync.planner.live_guards import clock_skew, live_vanished
from rolesync.planner.removal_guards import role_limits
from rolesync.planner.rival_roles import rival_losses, rival_roles
from rolesync.planner.user_guards import named_user_guards
from rolesync.planner.verdicts import advise


def judge(
    changes: Changes, live: Live, policy: Policy, findings: Sequence[Finding], baseline: GuardBaseline
) -> tuple[Verdict, ...]:
    """Compare the changes with every limit of the policy.

    Args:
        changes: the changes of the plan.
        live: the users in Studio, to find the owner.
        policy: the limits. Shares are from 0 to 1.
        findings: the findings of the reader.
        baseline: the age of the list, the lengths of this list and the list last applied, the holders after the last
            run, and repeated changes.

    Returns:
        Verdicts on the list (errors, age, shrinking), the read of Studio, the owner, the protected users, and the roles
        that additions would cost. For each managed role, verdicts on the number of removals, their share of the
        holders, and the remaining holders. The last verdicts are on repeated changes, and on the clock.
    """
    removals = changes.changes[rows_with(changes.changes["action"], {Action.REMOVE.value})]
    rivals = rival_losses(changes.changes)
    losses = pd.concat([removals, rivals], ignore_index=True)
    verdicts = [
        input_refused(findings),
        max_age_hours(baseline.age_hours, policy, is_fetched=baseline.is_fetched),
        max_shrink_share(baseline, policy, len(removals)),
        live_vanished(live, baseline),
        *named_user_guards(losses, live, changes, policy),
        rival_roles(rivals, changes.changes),
    ]
    verdicts += role_limits(changes, rivals, policy)
    return (*verdicts, _repeat_runs(changes.changes, policy, baseline), clock_skew(live))


def judge_after_review(
    verdicts: Sequence[Verdict], original: pd.DataFrame, changes: Changes, policy: Policy
) -> tuple[Verdict, ...]:
    """Judge a plan again after a reviewer excluded changes or released removals; without Studio.

    Args:
        verdicts: the verdicts on the original plan. Those on its list and on earlier runs stay.
        original: the original changes (CHANGES), which show the roles that their users held.
        changes: the decided changes.
        policy: the limits.

    Returns:
        The new verdicts, in the same order.
    """
    removals = changes.changes[rows_with(changes.changes["action"], {Action.REMOVE.value})]
    users = original.drop_duplicates("user_id")
    columns = {**{name: users[name] for name in ("user_id", "email", "name")}, "roles": users["before"]}
    live = Live(frame(LIVE, columns), ())
    rivals = rival_losses(changes.changes)
    losses = pd.concat([removals, rivals], ignore_index=True)
    fresh = [*named_user_guards(losses, live, changes, policy), rival_roles(rivals, changes.changes)]
    fresh += role_limits(changes, rivals, policy)
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


def _repeat_runs(changes: pd.DataFrame, policy: Policy, baseline: GuardBaseline) -> Verdict:
    """Warn about changes that earlier runs sent in vain. This guard never blocks."""
    rule, limit = "repeat_runs", policy.repeat_runs
    repeated = changes.iloc[:0]
    if baseline.repeated:
        columns = (changes[name].tolist() for name in ("user_id", "action", "role"))
        repeated = changes[[change in baseline.repeated for change in zip(*columns, strict=True)]]
    if not len(repeated):
        message = f"no change was also sent by each of the last {limit} runs" if limit else "repetition is not checked"
        return Verdict(rule, VerdictStatus.PASS, message, limit=limit or None, value=0)
    keys = zip(repeated["user_id"], repeated["action"], repeated["role"], strict=True)
    done = np.array([baseline.repeated[key] for key in keys], np.bool_)
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


def _steps(changes: pd.DataFrame) -> Iterator[str]:
    rows = changes[["user_id", "email", "action", "role"]].itertuples(index=False, name=None)
    return (f"{action} {role} of {email or 'the user'} ({user_id})" for user_id, email, action, role in rows)
