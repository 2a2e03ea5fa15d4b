"""Guards in sentences: what each allows, and what a plan would do."""

from collections.abc import Callable, Mapping

from rolesync.model.plans import Plan, Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.verdicts import format_age, format_hours
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, format_guard_value, plural

_BY_NUMBERS = {"max_removals", "max_removals_share", "min_holders", "max_shrink_share", "max_age_hours"}
"""Rules whose sentence says all of their message but the advice at its end."""

_OVERRIDE = " or override this plan by its digest"  # the next step shows it once for all guards
_RIVAL = ", of these "  # marks a message with facts that the sentences here lack


def guard_sentence(plan: Plan, verdict: Verdict) -> str:
    """Describe a guard in a sentence, as in `At most 25% of the holders of Admin may be removed: 40 of 50 would be`.

    A rule of a later version is described by its code, limit and number.
    """
    sentence = _SENTENCES.get(verdict.rule)
    if sentence:
        return escape_for_display(sentence(plan, verdict), SENTENCE_LIMIT)
    rule, role = (escape_for_display(text, CELL_LIMIT) for text in (verdict.rule, verdict.role))
    limit, value = (format_guard_value(verdict.rule, number) for number in (verdict.limit, verdict.value))
    numbers = f": limit {limit}, this plan {value}" if (limit, value) != ("-", "-") else ""
    return f"{rule}{f' ({role})' if role else ''}{numbers}"


def guard_advice(verdict: Verdict) -> str:
    """Return what the sentence of a guard leaves open: who is concerned, and what to do."""
    message = verdict.message
    if verdict.rule in _BY_NUMBERS and verdict.status is VerdictStatus.BLOCK and _RIVAL not in message:
        message = message.rpartition(": ")[2]
    return escape_for_display(message.replace(_OVERRIDE, "").removesuffix(","), SENTENCE_LIMIT)


def _max_removals(_plan: Plan, verdict: Verdict) -> str:
    number = plural(int(verdict.limit or 0), "user")
    return f"At most {number} may lose {verdict.role}: {_number(verdict.value)} would"


def _max_removals_share(plan: Plan, verdict: Verdict) -> str:
    share = format_guard_value(verdict.rule, verdict.limit)
    is_unlimited = verdict.limit is not None and verdict.limit >= 1
    before = next((count.before for count in plan.roles if count.role == verdict.role), 0)
    number = f"{round((verdict.value or 0) * before):,} of {before:,}"
    allowed = "Any number" if is_unlimited else f"At most {share}"
    return f"{allowed} of the holders of {verdict.role} may be removed: {number} would be"


def _min_holders(_plan: Plan, verdict: Verdict) -> str:
    holders = plural(int(verdict.limit or 0), "holder")
    return f"At least {holders} of {verdict.role} must remain: {_number(verdict.value)} would"


def _max_shrink_share(_plan: Plan, verdict: Verdict) -> str:
    share = format_guard_value(verdict.rule, verdict.limit)
    end = "" if verdict.value is None else f": it is {format_guard_value(verdict.rule, verdict.value)} shorter"
    if verdict.limit is not None and verdict.limit >= 1:
        return f"The list may be shorter than the list last applied by any share{end}"
    return f"The list may be at most {share} shorter than the list last applied{end}"


def _max_age_hours(_plan: Plan, verdict: Verdict) -> str:
    if verdict.limit is None:
        return "The list may have any age"
    age = "its age is unknown"
    if verdict.value is not None and verdict.value < 0 and verdict.status is VerdictStatus.BLOCK:
        age = f"it was changed {format_age(-verdict.value)} in the future"
    elif verdict.value is not None:
        age = f"it is {format_age(verdict.value, verdict.limit)} old"
    return f"The list may be at most {format_hours(verdict.limit)} old: {age}"


def _number(value: float | None) -> str:
    return format_guard_value("", value)


_SENTENCES: Mapping[str, Callable[[Plan, Verdict], str]] = {
    "input_refused": lambda _plan, _verdict: "The list must have no errors",
    "max_age_hours": _max_age_hours,
    "max_shrink_share": _max_shrink_share,
    "live_vanished": lambda _plan, _verdict: "Studio must still show the users who held the roles",
    "owner": lambda _plan, _verdict: "The token's owner may lose no managed role",
    "protected_users": lambda _plan, _verdict: "Protected users may lose no managed role",
    "rival_roles": lambda _plan, _verdict: "No addition should cost its user another role",
    "max_removals": _max_removals,
    "max_removals_share": _max_removals_share,
    "min_holders": _min_holders,
    "repeat_runs": lambda _plan, _verdict: "No change should be sent again and again",
    "clock_skew": lambda _plan, _verdict: "This machine's clock should be Studio's",
}
