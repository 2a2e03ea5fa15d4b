"""A plan in words: headline, facts as label and value, and the next step.

All texts are already escaped by `escape_for_display`; a form adds only its own escaping.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from rolesync.model.findings import Finding
from rolesync.model.lists import Fetched
from rolesync.model.live import ReadStep, Requests
from rolesync.model.plans import Approval, Drift, Plan, Policy, effect_text
from rolesync.model.reasons import WAITING
from rolesync.model.run_report import RunDrift
from rolesync.model.vocabulary import Action, Level, Mode, ReadMethod, VerdictStatus
from rolesync.report.content.impact import impact_total, without_excluded
from rolesync.report.content.plan_rows import GuardRow, guard_rows
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, held_words, list_text, plural

SHORT_DIGEST = 12
"""Characters of a digest that are enough to tell two plans apart by eye."""

_MODES = {
    Mode.SYNC: "sync: adds missing roles, removes managed roles that the list does not give",
    Mode.ADDITIVE: "additive: adds missing roles, never removes a role",
}


NOUNS = {Action.REMOVE: "removal", Action.ADD: "addition"}
"""What a change of each action is called, in the order in which changes are shown."""


class Headline(NamedTuple):
    """A plan or a run in one word and one or two sentences."""

    word: str
    sentence: str


def headline(plan: Plan) -> Headline:
    """Return whether this plan may be applied, and what it would change."""
    if plan.blocked:
        first, *other_guards = (guard for guard in guard_rows(plan) if guard.status == VerdictStatus.BLOCK)
        block = "guard blocks" if len(other_guards) == 1 else "guards block"
        more = f" {len(other_guards):,} more {block} it." if other_guards else ""
        return Headline("BLOCKED", f"{first.sentence}.{more} Nothing was written.")
    if plan.status == "empty" and plan.source.undoes:
        return Headline(
            "NOTHING TO DO", "No effect of the run is left to undo, or its undo is held. Nothing was written."
        )
    if plan.status == "empty":
        if waiting := removals_waiting(plan):
            sentence = f"Every difference is held, {plural(waiting, 'removal')} among them"
        elif len(plan.held):
            sentence = f"{plural(len(plan.held), 'row')} held, and no other difference from the list"
        else:
            sentence = "Studio already matches the list"
        return Headline("NOTHING TO DO", f"{sentence}. Nothing was written.")
    waiting = removals_waiting(plan)
    held = f"; {plural(waiting, 'removal')} held" if waiting else ""
    return Headline("READY", f"{totals(plan)}{held}. Nothing was written yet.")


def totals(plan: Plan) -> str:
    """Count the removals and the additions, as in `2 removals, 1 addition`."""
    return ", ".join(plural(number_of(plan, action), noun) for action, noun in NOUNS.items())


def number_of(plan: Plan, action: Action) -> int:
    """Count the changes of one kind."""
    return int((plan.changes["action"] == action.value).sum())


def removals_waiting(plan: Plan) -> int:
    """Count the held removals of which the list is clear: only their time has not come."""
    return int(plan.held["reason"].isin(WAITING).sum())


def _fetched_text(fetched: Fetched) -> str:
    age = f"last modified {format_time(fetched.last_modified)}" if fetched.last_modified else "of unknown age"
    note = "; an earlier copy, because the list can't be fetched" if fetched.failure else ""
    return f"{format_time(fetched.fetched_at)}, {age}{note}"


def summary(plan: Plan) -> list[tuple[str, str]]:
    """List the facts that identify a plan, as label and value."""
    source = plan.source
    content = f"{plural(source.rows, 'row')}, sha256 {escape_for_display(source.sha256[:SHORT_DIGEST])}"
    return [
        ("account", escape_for_display(plan.account, CELL_LIMIT)),
        ("undoes", f"run {escape_for_display(source.undoes, CELL_LIMIT)}")
        if source.undoes
        else ("list", f"{list_text(source.path)} ({content})"),
        *([("list fetched", _fetched_text(source.fetched))] if source.fetched else []),
        *([] if source.undoes else [("mode", _mode(plan.policy))]),
        (
            "created",
            format_time(plan.created_at)
            + (f" by {escape_for_display(plan.planned_by, CELL_LIMIT)}" if plan.planned_by else ""),
        ),
        *([("approved", approval_text(plan.approval))] if plan.approval else []),
        ("held", held_text(plan)),
        ("drift", drift_text(plan.drift)),
        *([] if plan.impact is None else [("impact", impact_total(without_excluded(plan.impact, plan.held)))]),
    ]


def held_text(plan: Plan) -> str:
    """Count the held rows by reason, as in `3 rows: 2 not in Studio, 1 in the grace period`."""
    reasons = Counter(plan.held["reason"].tolist())
    reason_counts = ", ".join(f"{number:,} {held_words(reason)}" for reason, number in reasons.items())
    return f"{plural(len(plan.held), 'row')}: {reason_counts}" if reason_counts else "nothing"


def approval_text(approval: Approval) -> str:
    """Describe an approval: by whom, when, the effect that the reviewer confirmed, and the decisions."""
    released = f", {plural(len(approval.released), 'held removal')} released" if approval.released else ""
    reviewed = escape_for_display(approval.reviewed_digest[:SHORT_DIGEST])
    decisions = f"{plural(approval.excluded, 'change')} excluded{released}"
    return f"{short_approval_text(approval)}; {decisions}; reviewed plan {reviewed}"


def short_approval_text(approval: Approval) -> str:
    """Describe an approval: by whom, when, and the effect that the reviewer confirmed."""
    is_same_person = approval.operator.casefold() in {"", approval.reviewer.casefold()}
    by = escape_for_display(approval.reviewer, CELL_LIMIT) + (
        "" if is_same_person else f" ({escape_for_display(approval.operator, CELL_LIMIT)})"
    )
    effect = escape_for_display(effect_text(approval.confirmed_effect), CELL_LIMIT)
    return f"by {by}, {format_time(approval.approved_at)}, effect: {effect}"


def _mode(policy: Policy) -> str:
    if policy.mode is Mode.SYNC and policy.hold_removals:
        return f"{_MODES[policy.mode]}; removals are held (hold_removals)"
    if policy.mode is Mode.SYNC and policy.grace_runs:
        return f"{_MODES[policy.mode]} in {plural(policy.grace_runs, 'earlier run')} in a row (grace_runs)"
    return _MODES[policy.mode]


def passes(guards: Iterable[GuardRow]) -> str:
    """Name the guards that passed, each once, with its roles; empty if none did."""
    roles: dict[str, list[str]] = {}
    for guard in guards:
        if guard.status == VerdictStatus.PASS:
            roles.setdefault(guard.rule, []).extend([guard.role] if guard.role else [])
    names = [f"{rule} ({', '.join(named)})" if named else rule for rule, named in roles.items()]
    return f"{plural(len(names), 'guard')}: {', '.join(names)}" if names else ""


def drift_text(drift: Drift | RunDrift) -> str:
    """Count the changes made outside rolesync, and since which run."""
    if not drift.since:
        return "unknown: no holders of an earlier run to compare with"
    number = plural(len(drift.changes), "change") if len(drift.changes) else "nothing"
    return f"{number} since run {escape_for_display(drift.since, CELL_LIMIT)}"


def level_counts(findings: Iterable[Finding]) -> str:
    """Count the findings by level, as in `1 error, 2 warnings, 0 info`."""
    numbers = Counter(finding.level for finding in findings)
    errors, warnings = plural(numbers[Level.ERROR], "error"), plural(numbers[Level.WARNING], "warning")
    held = f"{numbers[Level.HELD]:,} held, " if numbers[Level.HELD] else ""
    return f"{errors}, {held}{warnings}, {numbers[Level.INFO]:,} info"


def requests_rows(requests: Requests) -> list[tuple[str, str]]:
    """List the requests of the read and its steps, as label and value."""
    steps = "; ".join(map(_step_text, requests.steps))
    return [
        ("requests", requests_text(requests)),
        *([("read", escape_for_display(steps, SENTENCE_LIMIT))] if steps else []),
    ]


def _step_text(step: ReadStep) -> str:
    role, users = escape_for_display(step.role, CELL_LIMIT), f"{step.people:,} found"
    if step.how is ReadMethod.MEDIA:
        return f"media of {plural(step.people, 'user')}, {step.requests:,} of {plural(step.of, 'page')}"
    if step.how is ReadMethod.ONE_BY_ONE:
        return f"{plural(step.requests, 'single search', 'single searches')}, {users}"
    if step.how is ReadMethod.SCAN:
        return f"{role} scanned, {step.requests:,} of {plural(step.of, 'page')}, {users}"
    return f"{role} complete, {plural(step.of, 'page')}, {plural(step.people, 'holder')}"


def requests_text(requests: Requests) -> str:
    """Count the requests by kind, and give the theoretical minimum where it was computed."""
    kinds = ", ".join(f"{escape_for_display(kind, CELL_LIMIT)} {number:,}" for kind, number in requests.by_kind.items())
    minimum = requests.theoretical_minimum
    least = f"; minimum for the roles read: {minimum:,}" if minimum else ""
    return f"{requests.total:,}{f' ({kinds})' if kinds else ''}{least}"


@dataclass(frozen=True)
class NextCommands:
    """The commands that may come next; "" for one that doesn't.

    Attributes:
        apply: applies the plan, or overrides its guards.
        save: saves the plan, which is not in a file yet; `apply` applies that file.
        review: gets the approval that the settings ask for.
        replan: makes a new plan, because this one is out of date.
        outdated: why it is out of date, as a sentence.
        words: what else to do, as a text that the operator gave; then no command is shown.
    """

    apply: str = "rolesync apply PLAN"
    save: str = ""
    review: str = ""
    replan: str = ""
    outdated: str = ""
    words: str = ""


UNNAMED_PLAN = NextCommands()
"""For a plan whose file is not known."""


def next_step(plan: Plan, commands: NextCommands | str = UNNAMED_PLAN) -> tuple[str, tuple[str, ...]]:
    """Return the one thing to do with a plan: a sentence, and the command as one text a line; "" and () for nothing.

    `commands` may be the command that applies the plan alone.
    """
    commands = NextCommands(apply=commands) if isinstance(commands, str) else commands
    if commands.words:
        return escape_for_display(commands.words, SENTENCE_LIMIT), ()
    if plan.status == "empty":
        return "There is nothing to apply.", ()
    if commands.outdated:
        return f"{commands.outdated} Make a new plan:", (escape_for_display(commands.replan),)
    if plan.blocked:
        return _next_if_blocked(plan, commands)
    if commands.save:
        sentence, command = "Nothing was saved. To review and apply these changes, save the plan:", commands.save
    elif commands.review:
        sentence, command = "The settings ask for an approval. Have the plan reviewed:", commands.review
    else:
        to_check = number_of(plan, Action.REMOVE) and plan.approval is None
        check = "Check each removal, then apply" if to_check else "Apply"
        sentence, command = f"{check} exactly this plan:", commands.apply
    return (sentence, (escape_for_display(command),)) if command else ("", ())


def _next_if_blocked(plan: Plan, commands: NextCommands) -> tuple[str, tuple[str, ...]]:
    final = [escape_for_display(verdict.rule, CELL_LIMIT) for verdict in plan.blocked if not verdict.overridable]
    if final:
        return f"No override applies to {', '.join(dict.fromkeys(final))}. {_correction(plan, is_final=True)}.", ()
    if not commands.apply:
        return f"{_correction(plan)}.", ()
    if commands.review and not commands.save:
        return f"{_correction(plan)}. If every change is intended, have the plan reviewed:", (
            escape_for_display(commands.review),
        )
    save = f"{escape_for_display(commands.save)}; " if commands.save else ""
    plan_now = "save the plan, and override its guards" if save else "override the guards for this plan"
    override = f"--override {escape_for_display(plan.digest, CELL_LIMIT)}"
    sentence = f"{_correction(plan)}. If every change is intended, {plan_now}:"
    return sentence, (f"{save}{escape_for_display(commands.apply)}", override)


def _correction(plan: Plan, *, is_final: bool = False) -> str:
    """Return what to do about a blocked plan, where `is_final` if no override applies; an undo has no list."""
    if plan.source.undoes and is_final:
        return "Exclude these changes in a review, or correct the setting and plan again"
    if plan.source.undoes:
        return "Check each change of the undo"
    hold = ", or plan with --hold-removals" if plan.passes_without_removals else ""
    return f"Correct the cause and plan again{hold}"


def format_time(time: datetime) -> str:
    """Format a time in UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
