"""Whether a plan may be applied: every limit held against the very changes that would be sent.

Each guard always gives its verdict, so that a reviewer sees what was looked at and not only what failed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pandas as pd

from rolesync.model.findings import Finding
from rolesync.model.frames import LIVE, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Policy, RoleCount, Verdict
from rolesync.model.vocabulary import Action, Level, Mode, VerdictStatus
from rolesync.planner.named_users import is_holder, users_named

_NAMED = 5  # how many people or rows a message names before it only counts
_NOT_HELD_UP = "; nobody is removed, so it is not held up"
_AHEAD_HOURS = 0.25  # how far in the future a file may seem to be changed before the clocks are in doubt

ON_REMOVALS = frozenset(
    {"max_shrink_share", "owner", "protected_users", "max_removals", "max_removals_share", "min_holders"}
)
"""The rules that never block a plan without removals, so that holding all removals passes them."""


def judge(
    changes: Changes, live: Live, policy: Policy, findings: Sequence[Finding], history: GuardBaseline
) -> tuple[Verdict, ...]:
    """Hold every limit of the policy against the changes.

    Args:
        changes: what would be done.
        live: what Studio says, to find the owner.
        policy: the limits. Shares are from 0 to 1.
        findings: what the reader noticed in the list.
        history: how old the list is and how long it and the one last applied are.

    Returns:
        Three verdicts on the list (its errors, its age, how much it shrank), one on the owner, one on the protected
        users, for each managed role one on the number of removals, one on their share of its holders, and one on the
        holders left; and one on changes that come again and again.
    """
    removals = changes.changes[changes.changes["action"] == Action.REMOVE.value]
    verdicts = [
        _input_refused(findings),
        _max_age_hours(history.age_hours, policy),
        _max_shrink_share(history, policy, len(removals)),
        _owner(removals, live, policy),
        _protected_users(removals, policy),
    ]
    for count in changes.roles:
        verdicts += [_max_removals(count, policy), _max_removals_share(count, policy), _min_holders(count, policy)]
    return (*verdicts, _repeat_runs(changes.changes, policy, history))


def judge_after_review(
    made: Sequence[Verdict], before: pd.DataFrame, changes: Changes, policy: Policy
) -> tuple[Verdict, ...]:
    """Judge a plan again of which a reviewer has taken out changes, or let held removals through; without Studio.

    Args:
        made: the verdicts on the plan as it was made. What they say of its list and of earlier runs stays.
        before: its changes then (CHANGES); they tell which roles the people in it held.
        changes: what is left.
        policy: the limits.

    Returns:
        The verdicts in the same order.
    """
    removals = changes.changes[changes.changes["action"] == Action.REMOVE.value]
    people = before.drop_duplicates("user_id")
    known = Live(
        frame(LIVE, {**{name: people[name] for name in ("user_id", "email", "name")}, "roles": people["before"]}), ()
    )
    fresh = [_owner(removals, known, policy), _protected_users(removals, policy)]
    for count in changes.roles:
        fresh += [_max_removals(count, policy), _max_removals_share(count, policy), _min_holders(count, policy)]
    by_name = {(verdict.rule, verdict.role): verdict for verdict in fresh}
    again = [_decided(old, by_name.pop((old.rule, old.role), old), len(removals)) for old in made]
    return (*again, *by_name.values())


def _decided(old: Verdict, new: Verdict, removals: int) -> Verdict:
    """Choose what a guard says now: `new`, but what it said before where only Studio or the record could tell."""
    if old.rule == "owner" and VerdictStatus.BLOCK not in {old.status, new.status}:
        return old
    if (
        old.rule == "max_shrink_share" and removals and old.status is VerdictStatus.WARN
    ):  # beyond, but nobody lost a role
        advice = _advice(old.rule, "check that it is complete")
        return replace(old, status=VerdictStatus.BLOCK, message=f"{old.message.partition(_NOT_HELD_UP)[0]}: {advice}")
    return new


def _input_refused(findings: Sequence[Finding]) -> Verdict:
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    held = [finding for finding in findings if finding.level is Level.HELD]
    rows = sorted({finding.row for finding in errors or held if finding.row is not None})
    where = f" (row {_some(map(str, rows))})" if rows else ""
    if errors:
        status = VerdictStatus.BLOCK
        message = f"errors in the list: {len(errors)}{where}, none allowed: correct them and plan again"
    elif held:
        status = VerdictStatus.WARN
        message = f"rows of the list can't be read{where}: they are held, and so is every removal"
    else:
        status, message = VerdictStatus.PASS, "the list has no errors"
    return Verdict("input_refused", status, message, limit=0, value=len(errors), overridable=False)


def _max_age_hours(age: float | None, policy: Policy) -> Verdict:
    rule, limit = "max_age_hours", policy.max_age_hours
    old = "it is not known how old the list is" if age is None else f"the list is {age:,.1f} hours old"
    if limit is None:
        return Verdict(rule, VerdictStatus.PASS, f"{old}, any age is allowed", value=age)
    said = f"{old}, at most {limit:,g} allowed"
    if age is None:
        return Verdict(rule, VerdictStatus.WARN, f"{said}: check that it is today's", limit=limit)
    if age < -_AHEAD_HOURS:
        message = f"the list seems to be changed {-age:,.1f} hours from now, so its age says nothing: check the clocks"
        return Verdict(rule, VerdictStatus.WARN, message, limit=limit, value=age)
    advice = _advice(rule, "check that whatever writes it still runs")
    return _limited(rule, "", blocked=age > limit, said=said, advice=advice, limit=limit, value=age)


def _max_shrink_share(history: GuardBaseline, policy: Policy, removals: int) -> Verdict:
    rule, limit = "max_shrink_share", policy.max_shrink_share
    both = [role for role in history.listed if role in history.applied]  # a role managed since says nothing
    before, now = (sum(numbers[role] for role in both) for numbers in (history.applied, history.listed))
    if not before:
        message = "no list of these roles was applied before, so there is none to compare this one with"
        return Verdict(rule, VerdictStatus.PASS, message, limit=limit)
    share = max(0.0, (before - now) / before)
    said = (
        f"assignments of managed roles in the list: {now:,}, in the one last applied: {before:,} "
        f"({share:.2%} fewer), at most {limit:.2%} fewer allowed"
    )
    beyond = share > limit
    if beyond and before - now == 1 and limit > 0:  # as one removal may always be
        said, beyond = f"{said}; a single one is allowed", False
    if beyond and not removals and (policy.mode is Mode.ADDITIVE or policy.hold_removals):
        message = f"{said}{_NOT_HELD_UP}: check that the list is complete"
        return Verdict(rule, VerdictStatus.WARN, message, limit=limit, value=share)
    advice = _advice(rule, "check that it is complete")
    return _limited(rule, "", blocked=beyond, said=said, advice=advice, limit=limit, value=share)


def _owner(removals: pd.DataFrame, live: Live, policy: Policy) -> Verdict:
    lost = users_named(removals, [policy.owner])
    if not policy.owner.strip():
        status = VerdictStatus.WARN
        message = "nothing tells who owns the token, so its owner could lose a managed role: set owner"
    elif len(lost):
        status = VerdictStatus.BLOCK
        message = (
            f"the token's owner would lose {_some(_losses(lost))}, which is never allowed: "
            "list the owner for the role, or correct the setting owner"
        )
    elif not is_holder(live.users, policy.owner, policy.managed_roles):
        status = VerdictStatus.WARN
        message = (
            f"the owner {policy.owner} holds no managed role in Studio, so the setting may name the wrong person: "
            "check owner"
        )
    else:
        status, message = VerdictStatus.PASS, f"the token's owner {policy.owner} loses no managed role"
    return Verdict("owner", status, message, limit=0, value=len(lost), overridable=False)


def _protected_users(removals: pd.DataFrame, policy: Policy) -> Verdict:
    lost = users_named(removals, policy.protected_users)
    if len(lost):
        status = VerdictStatus.BLOCK
        message = (
            f"roles that protected users would lose: {len(lost):,}, none allowed ({_some(_losses(lost))}): "
            "list them for these roles, or take them out of protected_users"
        )
    else:
        status, total = VerdictStatus.PASS, len(policy.protected_users)
        message = f"protected users: {total:,}, none of them loses a managed role" if total else "no user is protected"
    return Verdict("protected_users", status, message, limit=0, value=len(lost), overridable=False)


def _repeat_runs(changes: pd.DataFrame, policy: Policy, history: GuardBaseline) -> Verdict:
    """Point out what earlier runs have sent in vain; it holds up nothing."""
    rule, limit = "repeat_runs", policy.repeat_runs
    again = changes.iloc[:0]
    if history.repeated:
        columns = (changes[name].tolist() for name in ("user_id", "action", "role"))
        again = changes[[change in history.repeated for change in zip(*columns, strict=True)]]
    if not len(again):
        message = (
            f"no change was sent by each of the last {limit} runs, too" if limit else "repetition is not looked for"
        )
        return Verdict(rule, VerdictStatus.PASS, message, limit=limit or None, value=0)
    done = [history.repeated[change] for change in zip(again["user_id"], again["action"], again["role"], strict=True)]
    causes = []
    if any(done):
        causes.append(
            f"{_some(_steps(again[done]))}: done each time, and taken back since by somebody else, or by Canvas, which "
            "gives its account admins the role again when they open Studio: list them, or change it there"
        )
    if not all(done):
        refused = again[[not one for one in done]]
        causes.append(f"{_some(_steps(refused))}: Studio didn't do it; see `rolesync explain`, and correct the list")
    said = f"changes that each of the last {limit} runs has sent, too: {len(again):,} ({'; '.join(causes)})"
    return Verdict(rule, VerdictStatus.WARN, said, limit=limit, value=len(again))


def _max_removals(count: RoleCount, policy: Policy) -> Verdict:
    limit = policy.max_removals
    return _limited(
        "max_removals",
        count.role,
        blocked=count.removals > limit,
        said=f"removals of {count.role}: {count.removals:,}, at most {limit:,} allowed",
        advice=_advice("max_removals"),
        limit=limit,
        value=count.removals,
    )


def _max_removals_share(count: RoleCount, policy: Policy) -> Verdict:
    limit = policy.max_removals_share
    share = count.removals / count.before if count.before else 0.0
    single = count.removals == 1 and limit > 0  # else nobody could ever leave a role that few hold
    number = f"{count.removals:,} of {count.before:,} holders ({share:.2%})"
    said = f"removals of {count.role}: {number}, at most {limit:.2%} allowed"
    if single and share > limit:
        said += "; a single removal is allowed"
    return _limited(
        "max_removals_share",
        count.role,
        blocked=share > limit and not single,
        said=said,
        advice=_advice("max_removals_share"),
        limit=limit,
        value=share,
    )


def _min_holders(count: RoleCount, policy: Policy) -> Verdict:
    limit = policy.min_holders
    said = f"holders of {count.role} afterwards: {count.after:,}, at least {limit:,} required"
    if count.after < limit and not count.removals:
        message = f"{said}; this plan takes it from nobody, so it is not held up: check that the list is complete"
        return Verdict("min_holders", VerdictStatus.WARN, message, count.role, limit, count.after)
    return _limited(
        "min_holders",
        count.role,
        blocked=count.after < limit,
        said=said,
        advice=_advice("min_holders"),
        limit=limit,
        value=count.after,
    )


def _limited(  # noqa: PLR0913  # a verdict has that many parts
    rule: str, role: str, *, blocked: bool, said: str, advice: str, limit: float, value: float
) -> Verdict:
    if blocked:
        return Verdict(rule, VerdictStatus.BLOCK, f"{said}: {advice}", role, limit, value)
    return Verdict(rule, VerdictStatus.PASS, said, role, limit, value)


def _advice(setting: str, check: str = "check the list") -> str:
    return f"{check}; if it is right, change {setting} or override this one plan by its digest"


def _steps(changes: pd.DataFrame) -> Iterator[str]:
    shown = changes[["user_id", "email", "action", "role"]].itertuples(index=False, name=None)
    return (f"{action} {role} of {email or 'the user'} ({user_id})" for user_id, email, action, role in shown)


def _losses(removals: pd.DataFrame) -> Iterator[str]:
    shown = removals[["user_id", "email", "role"]].itertuples(index=False, name=None)
    return (f"{role} of {email or 'the user'} ({user_id})" for user_id, email, role in shown)


def _some(names: Iterable[str]) -> str:
    every = list(names)
    rest = f" and {len(every) - _NAMED:,} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + rest
