"""Guards on the list: its errors, its age, and its length."""

from collections.abc import Sequence
from dataclasses import replace

from rolesync.model.findings import Code, Finding, name_some
from rolesync.model.history import GuardBaseline
from rolesync.model.lists import Source
from rolesync.model.plans import Policy, Verdict
from rolesync.model.vocabulary import Level, Mode, VerdictStatus
from rolesync.planner.verdicts import ANY_SHARE, advise, format_age, format_share, limited

FETCHED_MAX_AGE_HOURS = 48.0
"""Maximum age of a fetched list where the settings give none."""

_AHEAD_HOURS = 0.25  # a file that was changed further in the future means that a clock is wrong


def with_age_limit(policy: Policy, source: Source) -> Policy:
    """Return the policy for a list: the age of a fetched list is limited, even if the settings don't."""
    if source.fetched and policy.max_age_hours is None:
        return replace(policy, max_age_hours=FETCHED_MAX_AGE_HOURS)
    return policy


def input_refused(findings: Sequence[Finding]) -> Verdict:
    """Block a list with errors; warn of one with held rows."""
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    held = [finding for finding in findings if finding.level is Level.HELD]
    rows = sorted({finding.row for finding in errors or held if finding.row is not None})
    where = f" (row {name_some(map(str, rows))})" if rows else ""
    if errors:
        status = VerdictStatus.BLOCK
        message = f"errors in the list: {len(errors):,}{where}, none allowed: correct them and plan again"
    elif held:
        status = VerdictStatus.WARN
        message = f"unreadable rows in the list{where}: they are held, and so is every removal"
        if any(finding.code == Code.NOT_FETCHED for finding in held):
            message = "an earlier copy of the list stands in for the list of now: every removal is held"
    else:
        status, message = VerdictStatus.PASS, "the list has no errors"
    return Verdict("input_refused", status, message, limit=0, value=len(errors), overridable=False)


def max_age_hours(age: float | None, policy: Policy, *, is_fetched: bool = False) -> Verdict:
    """Block a list whose file is older than allowed; `age` is in hours, None if unknown.

    A list that was fetched may be any copy, so that an unknown age blocks it, too.
    """
    rule, limit = "max_age_hours", policy.max_age_hours
    measured = "the age of the list is unknown" if age is None else f"the list is {format_age(age, limit)} old"
    if limit is None:
        return Verdict(rule, VerdictStatus.PASS, f"{measured}, any age is allowed", value=age)
    measured = f"{measured}, at most {limit:,g} allowed"
    if age is None and is_fetched:
        advice = advise(rule, "let its server name the time of the last change, or name it with --list-as-of")
        return Verdict(rule, VerdictStatus.BLOCK, f"{measured}: {advice}", limit=limit)
    if age is None:
        return Verdict(rule, VerdictStatus.WARN, f"{measured}: check that it is the current list", limit=limit)
    is_ahead, check = age < -_AHEAD_HOURS, "check that the program which writes it still runs"
    if is_ahead:
        measured = f"the list was changed {format_age(-age)} in the future, so its age is unknown"
        check = "check the clocks of this machine and of the machine that writes the list"
    blocked = is_ahead or age > limit
    return limited(rule, "", blocked=blocked, measured=measured, advice=advise(rule, check), limit=limit, value=age)


def max_shrink_share(baseline: GuardBaseline, policy: Policy, removals: int) -> Verdict:
    """Block a list much shorter than the list last applied; `removals` is their number in the plan."""
    rule, limit = "max_shrink_share", policy.max_shrink_share
    shared_roles = [role for role in baseline.listed if role in baseline.applied]  # other roles are not comparable
    applied, listed = (sum(numbers[role] for role in shared_roles) for numbers in (baseline.applied, baseline.listed))
    if not applied:
        message = "no list of these roles was applied before, so there is nothing to compare with"
        return Verdict(rule, VerdictStatus.PASS, message, limit=limit)
    share = max(0.0, (applied - listed) / applied)
    allowed = ANY_SHARE if limit >= 1 else f"at most {format_share(limit)} fewer allowed"
    measured = (
        f"assignments of managed roles in the list: {listed:,}, in the list last applied: {applied:,} "
        f"({format_share(share)} fewer), {allowed}"
    )
    beyond = share > limit
    if beyond and applied - listed == 1 and limit > 0:  # as a single removal
        measured, beyond = f"{measured}; one fewer is allowed", False
    if beyond and not removals and (policy.mode is Mode.ADDITIVE or policy.hold_removals):
        message = f"{measured}; no user is removed, so the plan is not blocked: check that the list is complete"
        return Verdict(rule, VerdictStatus.WARN, message, limit=limit, value=share)
    advice = advise(rule, "check that it is complete")
    return limited(rule, "", blocked=beyond, measured=measured, advice=advice, limit=limit, value=share)
